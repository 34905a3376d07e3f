import type { ActionContext } from '../action/action.ts';
import { isAbsent, RefusedError } from '../github/permission.ts';
import type { SectionOf } from '../record/section.ts';
import { identityOf, serverAttests } from './decide/identity.ts';
import {
  type AttestationDemand,
  type AttestationVerdict,
  type FoundAttestation,
  judgeAttestations,
} from './decide/judge-attestations.ts';
import { predicateOf } from './decide/predicate-of.ts';
import { PREDICATE_TYPE } from './predicate.ts';
import type { TrustSource } from './trusted-instances.ts';

export interface VerificationRequest {
  readonly section: SectionOf<'evaluation'>;
  readonly requireAttestation: AttestationDemand;
  readonly trustedRoot: TrustSource['file'];
  readonly token: string | undefined;
}

type VerificationContext = Pick<
  ActionContext,
  'origin' | 'environment' | 'logger' | 'temporaryDirectory' | 'signal'
>;

/** Asks GitHub for the attestations of the model that a section judges, and whether they say what it says. */
export async function verifyEvaluation(
  { section, requireAttestation: demand, trustedRoot, token }: VerificationRequest,
  context: VerificationContext,
): Promise<AttestationVerdict> {
  if (demand === 'false') return { kind: 'not-attested' };
  const { logger } = context;
  const claimed = (section.body?.attestation ?? null) !== null;
  const due = demand === 'true' || claimed;
  const where = whereOf(section, context);
  if ('reason' in where) {
    if (!due) return { kind: 'not-attested' };
    const remedy = 'With "require-attestation: false" nobody looks at attestations.';
    return { kind: 'refused', reason: where.reason, remedy };
  }
  const expected = predicateOf(section);
  const identity = identityOf(where.serverUrl, section);
  const found =
    expected === undefined ? [] : await find(expected.digests.model, where.repository, due, token, context);
  if (found === 'none') return { kind: 'not-attested' };
  const verdict = judgeAttestations({
    demand,
    claimed,
    expected,
    identity,
    found: found && (await verifyAll(found, trustedRoot, context)),
  });
  if (verdict.kind === 'verified') {
    logger.info(`  attestation: verified, signed by ${identity.runUri}`);
    for (const notice of verdict.notices) logger.warning(notice);
  } else if (verdict.kind === 'not-attested') {
    logger.debug('The evaluation is not attested.');
  }
  return verdict;
}

/** Where the attestations of a section would be kept, or why there can be none. */
function whereOf(
  { commit, run }: SectionOf<'evaluation'>,
  { origin }: VerificationContext,
): { readonly serverUrl: string; readonly repository: string } | { readonly reason: string } {
  const serverUrl = origin.serverUrl ?? 'https://github.com';
  const repository = commit.repository;
  if (repository === null || run.id === 'terminal') {
    return { reason: 'The evaluation was made in a terminal, where nothing attests it.' };
  }
  if (origin.repository !== null && origin.repository.toLowerCase() !== repository.toLowerCase()) {
    return { reason: `The evaluation is of ${repository}, and this repository is ${origin.repository}.` };
  }
  if (!serverAttests(serverUrl)) {
    return { reason: `${serverUrl} keeps no attestations: only github.com and ghe.com do.` };
  }
  return { serverUrl, repository };
}

/** `none` where nobody claimed one and no token is there to ask with; undefined where GitHub does not let us see. */
async function find(
  digest: string,
  repository: string,
  due: boolean,
  token: string | undefined,
  { environment, logger, signal }: VerificationContext,
): Promise<readonly unknown[] | 'none' | undefined> {
  const given = token ?? environment['GITHUB_TOKEN'];
  if (!due && (given ?? '').trim() === '') return 'none';
  const [{ createClient }, { listAttestations }] = await Promise.all([
    import('../github/client.ts'),
    import('../github/attestations.ts'),
  ]);
  try {
    const client = await createClient({ token: given, environment, logger });
    return await listAttestations(client, repository, digest, PREDICATE_TYPE, signal);
  } catch (error) {
    // GitHub says 404 of a digest that nothing attests, and where a plan has no attestations.
    if (isAbsent(error)) return [];
    if (!(error instanceof RefusedError)) throw error;
    logger.debug(error.message);
    return undefined;
  }
}

async function verifyAll(
  bundles: readonly unknown[],
  file: TrustSource['file'],
  { temporaryDirectory }: VerificationContext,
): Promise<FoundAttestation[]> {
  if (bundles.length === 0) return [];
  const [{ trustedInstances }, { verifyBundle }] = await Promise.all([
    import('./trusted-instances.ts'),
    import('./verify-bundle.ts'),
  ]);
  const instances = await trustedInstances({ file, temporaryDirectory });
  const found: FoundAttestation[] = [];
  for (const bundle of bundles) found.push(await verifyBundle(bundle, instances));
  return found;
}
