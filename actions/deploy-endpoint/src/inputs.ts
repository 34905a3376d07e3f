import type { CommonInputs } from '../../../shared/action/action.ts';
import type { InputReader } from '../../../shared/action/inputs.ts';
import { type AttestationInputs, readAttestationInputs } from '../../../shared/attestation/inputs.ts';
import { UsageError } from '../../../shared/errors.ts';

/** Every input of action.yml. */
export const INPUTS = [
  'model',
  'dataset',
  'registry',
  'endpoint',
  'target',
  'mode',
  'version',
  'port',
  'golden-rows',
  'tolerance',
  'ready-timeout-seconds',
  'keep-alive',
  'start',
  'stop',
  'ready-url',
  'require-gate',
  'require-attestation',
  'trusted-root',
  'from-key',
  'record-from',
  'onnxruntime-path',
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
  'url',
  'revision',
  'version',
  'rolled-back',
] as const;

/** A server that the user starts himself. Words hold `{model}` and `{port}`, which are replaced in each word. */
export interface CommandInputs {
  readonly start: readonly string[];
  /** Undefined: the process group that `start` made is ended. */
  readonly stop: readonly string[] | undefined;
  readonly readyUrl: string;
}

/** The contract of deploy-endpoint. Paths are absolute. */
export interface Inputs extends CommonInputs, AttestationInputs {
  /** The model; undefined means the run's only one. */
  readonly subject: string | undefined;
  readonly dataset: string | undefined;
  /** As the user wrote it, `directory:registry` or `github-release`. Mode `plan` needs none. */
  readonly registry: string | undefined;
  /** Undefined means the model's name. */
  readonly endpoint: string | undefined;
  readonly target: 'local' | 'command';
  readonly mode: 'deploy' | 'plan';
  /** Undefined means the version that this run published, else alias `candidate`. */
  readonly version: string | undefined;
  /** 0 takes a free one. Mode `plan` always does. */
  readonly port: number;
  /** A file of golden rows (JSON Lines). */
  readonly goldenRows: string | undefined;
  /** Floats agree where |observed - expected| <= tolerance * max(1, |expected|). */
  readonly tolerance: number;
  readonly readyTimeoutMs: number;
  /** The endpoint outlives the job. */
  readonly keepAlive: boolean;
  /** Only of target `command`. */
  readonly command: CommandInputs | undefined;
  readonly requireGate: boolean;
  readonly fromKey: string | undefined;
  readonly recordFrom: string | undefined;
  /** ONNX Runtime on this machine, for one that has no package registry. */
  readonly onnxruntimePath: string | undefined;
  /** Needed by the registry `github-release`. */
  readonly token: string | undefined;
}

const MAX_PORT = 65_535;
/** As long as a step of a hosted runner may reasonably wait for one server. */
const MAX_READY_SECONDS = 3600;
const VERSION_PATTERN = /^v[1-9][0-9]*$/;

export function readInputs(reader: InputReader): Inputs {
  const target = reader.oneOf('target', ['local', 'command']);
  const mode = reader.oneOf('mode', ['deploy', 'plan']);
  const registry = reader.text('registry');
  if (mode === 'deploy' && registry === undefined) {
    throw new UsageError('Input "registry" is required in mode deploy, and was not given.', {
      remedy:
        'Name the registry that publish-model publishes to, such as github-release; or set "mode" to plan.',
    });
  }
  return {
    subject: reader.subject('model'),
    dataset: reader.subject('dataset'),
    registry,
    endpoint: reader.subject('endpoint'),
    target,
    mode,
    version: readVersion(reader),
    port: requiredNumber(reader.integer('port', { min: 0, max: MAX_PORT }), 'port'),
    goldenRows: reader.path('golden-rows', { kind: 'file' }),
    tolerance: requiredNumber(reader.number('tolerance', { min: 0 }), 'tolerance'),
    readyTimeoutMs:
      1000 *
      requiredNumber(
        reader.number('ready-timeout-seconds', { min: 1, max: MAX_READY_SECONDS }),
        'ready-timeout-seconds',
      ),
    keepAlive: reader.boolean('keep-alive'),
    command: readCommand(reader, target, mode),
    requireGate: reader.boolean('require-gate'),
    ...readAttestationInputs(reader),
    fromKey: reader.key('from-key'),
    recordFrom: reader.text('record-from'),
    onnxruntimePath: reader.text('onnxruntime-path'),
    token: reader.text('token'),
    onInconclusive: reader.oneOf('on-inconclusive', ['warn', 'fail']),
  };
}

function requiredNumber(value: number | undefined, name: string): number {
  if (value !== undefined) return value;
  throw new UsageError(`Input "${name}" is empty.`, { remedy: 'Leave it out, or give a number.' });
}

function readVersion(reader: InputReader): string | undefined {
  const version = reader.text('version');
  if (version === undefined || VERSION_PATTERN.test(version)) return version;
  throw new UsageError(`Input "version" is "${version}".`, { remedy: 'Accepted: v1, v2 and so on.' });
}

function readCommand(
  reader: InputReader,
  target: 'local' | 'command',
  mode: 'deploy' | 'plan',
): CommandInputs | undefined {
  const start = reader.command('start');
  const stop = reader.command('stop');
  const readyUrl = reader.text('ready-url');
  if (target === 'local') {
    const given = start ? 'start' : stop ? 'stop' : readyUrl === undefined ? undefined : 'ready-url';
    if (given === undefined) return undefined;
    throw new UsageError(`Input "${given}" is given, and the target is local.`, {
      remedy: 'Set "target" to command, or leave it out.',
    });
  }
  if (start === undefined || readyUrl === undefined) {
    throw new UsageError(
      `Input "${start === undefined ? 'start' : 'ready-url'}" is required by the target command.`,
      {
        remedy: 'Give the command that starts the server, and the address that answers 2xx when it is ready.',
      },
    );
  }
  if (!URL.canParse(readyUrl.replaceAll('{port}', '1')) || !/^https?:/.test(readyUrl)) {
    throw new UsageError(`Input "ready-url" is "${readyUrl}".`, {
      remedy: 'Accepted: an http address, such as http://127.0.0.1:{port}/v2/health/ready.',
    });
  }
  if (mode === 'plan' && !(readyUrl.includes('{port}') && start.some((word) => word.includes('{port}')))) {
    throw new UsageError('Mode plan of the target command needs {port} in "start" and in "ready-url".', {
      remedy: 'Write {port} where the port belongs: a plan runs on a free one, beside what serves now.',
    });
  }
  return { start, stop, readyUrl };
}
