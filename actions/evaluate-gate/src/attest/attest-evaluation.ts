import type { ActionContext } from '../../../../shared/action/action.ts';
import { type Attestable, predicateOf } from '../../../../shared/attestation/decide/predicate-of.ts';
import { InfrastructureError, isExpected, messageOf, UsageError } from '../../../../shared/errors.ts';
import { canonicalDigest } from '../../../../shared/record/digest.ts';
import type { EvaluationBody } from '../../../../shared/record/evaluation-section.ts';
import { whyNotAttested } from './decide/why-not-attested.ts';
import { type SignStatement, signStatement } from './sign-statement.ts';

export const ATTEST_MODES = ['auto', 'true', 'false'] as const;
/** `auto`: where it is granted. `true`: or the step fails. */
export type AttestMode = (typeof ATTEST_MODES)[number];

export interface Attested {
  readonly attestation: EvaluationBody['attestation'];
  readonly notices: readonly string[];
}

const NOTHING: Attested = { attestation: null, notices: [] };

interface Request {
  readonly mode: AttestMode;
  readonly token: string | undefined;
  readonly judged: Pick<Attestable, 'subject' | 'dataset' | 'verdict'> & { readonly body: EvaluationBody };
}

type AttestContext = Pick<
  ActionContext,
  'environment' | 'origin' | 'commit' | 'run' | 'logger' | 'signal'
> & { readonly host: Pick<ActionContext['host'], 'kind'> };

/**
 * Attests what was judged, whatever the verdict, so that nobody takes a model that failed for one that nobody judged.
 * The verdict never depends on it: in mode `auto` what cannot be attested is told, and in mode `true` it is an error.
 */
export async function attestEvaluation(
  { mode, token, judged }: Request,
  context: AttestContext,
  sign: SignStatement = signStatement,
): Promise<Attested> {
  if (mode === 'false') return NOTHING;
  const { environment, host, origin, commit, run, logger, signal } = context;
  const given = (token ?? environment['GITHUB_TOKEN'] ?? '').trim();
  const granted = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
  const predicate = predicateOf({ ...judged, passed: judged.verdict === 'pass', commit, run });
  const obstacle =
    predicate === undefined
      ? { reason: 'No model digest was judged.', remedy: 'Gate the model of a training section.' }
      : whyNotAttested({
          onRunner: host.kind === 'github',
          serverUrl: origin.serverUrl,
          worker: origin.worker !== null,
          idToken: granted.every((name) => (environment[name] ?? '') !== ''),
          token: given !== '',
        });
  if (obstacle !== undefined || predicate === undefined) {
    if (mode === 'true' && obstacle !== undefined) {
      throw new UsageError(`Input "attest" is true, and nothing can be attested. ${obstacle.reason}`, {
        remedy: obstacle.remedy,
      });
    }
    logger.debug(`Not attested. ${obstacle?.reason ?? ''}`);
    return NOTHING;
  }

  try {
    const bundle = await sign(predicate);
    const [{ createClient }, { storeAttestation }] = await Promise.all([
      import('../../../../shared/github/client.ts'),
      import('../../../../shared/github/attestations.ts'),
    ]);
    const client = await createClient({ token: given, environment, logger });
    const repository = origin.repository ?? '';
    const id = await storeAttestation(client, repository, bundle, signal);
    const url = `${origin.serverUrl ?? ''}/${repository}/attestations/${id}`;
    logger.info(`attested: ${url}`);
    return { attestation: { id, url, bundleSha256: canonicalDigest(bundle) }, notices: [] };
  } catch (error) {
    signal.throwIfAborted();
    if (mode === 'true') {
      if (isExpected(error)) throw error;
      throw new InfrastructureError(`The evaluation could not be attested: ${messageOf(error)}`, {
        remedy: 'Run the job again, or set "attest" to auto.',
        cause: error,
      });
    }
    const remedy = isExpected(error) && error.remedy !== undefined ? ` ${error.remedy}` : '';
    return {
      attestation: null,
      notices: [`The evaluation is not attested: ${messageOf(error)}${remedy}`],
    };
  }
}
