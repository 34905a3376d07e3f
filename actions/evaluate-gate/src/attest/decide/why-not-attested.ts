import { serverAttests } from '../../../../../shared/attestation/decide/identity.ts';

export interface AttestCircumstances {
  readonly onRunner: boolean;
  readonly serverUrl: string | null;
  /** In a run that another one dispatched: its identity token names this run, and the section the other. */
  readonly worker: boolean;
  /** The runner offers identity tokens: `id-token: write` is granted. */
  readonly idToken: boolean;
  readonly token: boolean;
}

/** Why nothing can be attested here, and what would help; undefined where something can. */
export function whyNotAttested({
  onRunner,
  serverUrl,
  worker,
  idToken,
  token,
}: AttestCircumstances): { readonly reason: string; readonly remedy: string } | undefined {
  if (!onRunner) {
    return {
      reason: 'A terminal has no identity to attest with.',
      remedy: 'Attest in a workflow, or set "attest" to auto.',
    };
  }
  if (!serverAttests(serverUrl)) {
    return {
      reason: `${serverUrl ?? 'The server'} keeps no attestations: only github.com and ghe.com do.`,
      remedy: 'Set "attest" to auto or false.',
    };
  }
  if (worker) {
    return {
      reason: 'A dispatched worker has the identity of another run than the one that it reports to.',
      remedy: 'Run evaluate-gate in the run that dispatched the training.',
    };
  }
  if (!idToken) {
    return {
      reason: 'The job has no `id-token: write`.',
      remedy: 'Add `id-token: write` and `attestations: write` to the `permissions:` of the job.',
    };
  }
  if (!token) {
    return {
      reason: 'No token was given, so that the attestation cannot be stored.',
      remedy: 'Leave the input "token" at its default.',
    };
  }
  return undefined;
}
