import type { CommonInputs } from '../../../shared/action/action.ts';
import type { InputReader } from '../../../shared/action/inputs.ts';
import { type AttestationInputs, readAttestationInputs } from '../../../shared/attestation/inputs.ts';
import { UsageError } from '../../../shared/errors.ts';
import { isAliasName } from '../../../shared/registries/version-name.ts';

/** Every input of action.yml. */
export const INPUTS = [
  'model',
  'dataset',
  'registry',
  'mode',
  'require-gate',
  'require-attestation',
  'trusted-root',
  'alias',
  'card',
  'from-key',
  'record-from',
  'working-directory',
  'id',
  'matrix',
  'token',
  'comment',
  'status',
  'on-inconclusive',
] as const;

/** Every output of action.yml. */
export const OUTPUTS = [
  'verdict',
  'passed',
  'report-path',
  'version',
  'manifest-digest',
  'url',
  'registry',
] as const;

/** The contract of publish-model. Paths are absolute. */
export interface Inputs extends CommonInputs, AttestationInputs {
  /** The model to publish; undefined means the run's only one. */
  readonly subject: string | undefined;
  readonly dataset: string | undefined;
  /** As the user wrote it, `directory:registry` or `github-release`. */
  readonly registry: string;
  /** `plan` says what it would do and changes nothing. */
  readonly mode: 'publish' | 'plan';
  /** False lets a model through that no gate has passed, and the report says so. */
  readonly requireGate: boolean;
  /** The alias that is moved last. */
  readonly alias: string;
  /** A Markdown file that is appended to the card. */
  readonly card: string | undefined;
  readonly fromKey: string | undefined;
  readonly recordFrom: string | undefined;
  /** Needed by the registry `github-release`. */
  readonly token: string | undefined;
}

/** It names what serves. Moved without a deployment it would say what is not so, and be the gate's next baseline. */
const PRODUCTION = 'production';

export function readInputs(reader: InputReader): Inputs {
  const alias = reader.requiredText('alias');
  if (!isAliasName(alias)) {
    throw new UsageError(`Input "alias" is "${alias}".`, {
      remedy:
        'Accepted: up to 63 lower-case letters, digits and hyphens, a letter first, and not of the form v1.',
    });
  }
  if (alias === PRODUCTION) {
    throw new UsageError(`Input "alias" is "${alias}", which only a deployment moves.`, {
      remedy:
        'Accepted: any other alias, such as candidate. deploy-endpoint moves production, after the endpoint serves the version and has passed its smoke test.',
    });
  }
  return {
    subject: reader.subject('model'),
    dataset: reader.subject('dataset'),
    registry: reader.requiredText('registry'),
    mode: reader.oneOf('mode', ['publish', 'plan']),
    requireGate: reader.boolean('require-gate'),
    ...readAttestationInputs(reader),
    alias,
    card: reader.path('card', { kind: 'file' }),
    fromKey: reader.key('from-key'),
    recordFrom: reader.text('record-from'),
    token: reader.text('token'),
    onInconclusive: reader.oneOf('on-inconclusive', ['warn', 'fail']),
  };
}
