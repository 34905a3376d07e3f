import { z } from 'zod';
import { InfrastructureError } from '../errors.ts';
import { readAnswer } from './answer.ts';
import type { GitHubClient } from './client.ts';
import { repositoryName } from './repository.ts';

/** Later versions of the API answer with an address instead of the bundle (REST API, breaking changes of 2026-03-10). */
const VERSION = { 'x-github-api-version': '2022-11-28' };
const PAGE = 30;
/** Runs that judged one and the same model; who finds more has been flooded. */
const MAX_ATTESTATIONS = 300;

const createdSchema = z.object({ id: z.int() });
const listSchema = z.object({ attestations: z.array(z.object({ bundle: z.unknown() })).optional() });

/** Stores a Sigstore bundle with the repository (POST /repos/{owner}/{repo}/attestations); returns its id. */
export async function storeAttestation(
  client: GitHubClient,
  repository: string,
  bundle: Record<string, unknown>,
  signal: AbortSignal,
): Promise<string> {
  const { data } = await client.request('POST /repos/{owner}/{repo}/attestations', {
    ...repositoryName(repository),
    bundle,
    headers: VERSION,
    request: { signal },
  });
  return String(readAnswer(createdSchema, data, 'the attestation').id);
}

/** The bundles that GitHub keeps of one SHA-256 and predicate type, as they are: none of them is believed yet. */
export async function listAttestations(
  client: GitHubClient,
  repository: string,
  sha256: string,
  predicateType: string,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const bundles: unknown[] = [];
  let after: string | undefined;
  do {
    const { data, headers } = await client.request(
      'GET /repos/{owner}/{repo}/attestations/{subject_digest}',
      {
        ...repositoryName(repository),
        subject_digest: `sha256:${sha256}`,
        predicate_type: predicateType,
        per_page: PAGE,
        ...(after === undefined ? {} : { after }),
        headers: VERSION,
        request: { signal },
      },
    );
    const { attestations = [] } = readAnswer(listSchema, data, 'the attestations of the model');
    bundles.push(...attestations.map(({ bundle }) => bundle));
    after = cursorOf(headers.link);
    if (bundles.length > MAX_ATTESTATIONS) {
      throw new InfrastructureError(
        `GitHub keeps more than ${MAX_ATTESTATIONS} attestations of the model ${sha256.slice(0, 12)}.`,
        { remedy: 'Delete those that nobody needs (REST API, "Delete attestations in bulk").' },
      );
    }
  } while (after !== undefined);
  return bundles;
}

/** The cursor of the next page, from the Link header (docs: "Using pagination in the REST API"). */
function cursorOf(link: string | undefined): string | undefined {
  const next = /<([^>]+)>;\s*rel="next"/.exec(link ?? '')?.[1];
  return next !== undefined && URL.canParse(next)
    ? (new URL(next).searchParams.get('after') ?? undefined)
    : undefined;
}
