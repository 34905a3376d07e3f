import { canonicalDigest } from '../../../shared/record/digest.ts';
import type { TrainingBody } from '../../../shared/record/training-section.ts';

export const GROUPS = ['inputs', 'environment', 'metrics', 'model'] as const;

/** One thing in which two trainings are compared. */
export interface Row {
  readonly group: (typeof GROUPS)[number];
  readonly what: string;
  readonly recorded: string;
  readonly now: string;
  readonly state: 'same' | 'differs' | 'beyond tolerance' | 'unknown';
}

/** What a comparison is made of. */
export type Compared = Pick<
  TrainingBody,
  | 'command'
  | 'parameters'
  | 'seed'
  | 'environment'
  | 'hardware'
  | 'codeFingerprint'
  | 'dataFingerprint'
  | 'metrics'
  | 'modelDigest'
>;

const NONE = '–';
/** Digests are told by their beginning: whoever wants the whole of one has the record. */
const DIGEST_CHARACTERS = 12;

type Group = Row['group'];

function row(group: Group, what: string, recorded: string | null, now: string | null): Row {
  const state = recorded === now ? 'same' : recorded === null || now === null ? 'unknown' : 'differs';
  return { group, what, recorded: recorded ?? NONE, now: now ?? NONE, state };
}

const short = (digest: string | null): string | null => digest?.slice(0, DIGEST_CHARACTERS) ?? null;

/** What there is on one side only differs, where both sides tell what they have. */
function mapRows(
  group: Group,
  what: (name: string) => string,
  recorded: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): Row[] {
  return [...new Set([...recorded.keys(), ...now.keys()])].sort().map((name) => {
    const [before, after] = [recorded.get(name), now.get(name)];
    return {
      group,
      what: what(name),
      recorded: before ?? NONE,
      now: after ?? NONE,
      state: before === after ? 'same' : 'differs',
    };
  });
}

function inputRows(recorded: Compared, now: Compared): Row[] {
  const words = ({ command }: Compared): string => JSON.stringify(command);
  const given = ({ parameters, seed }: Compared): string =>
    short(canonicalDigest({ parameters, seed })) ?? NONE;
  const locks = ({ environment }: Compared): Map<string, string> =>
    new Map(environment.lockFiles.map(({ path, sha256 }) => [path, sha256.slice(0, DIGEST_CHARACTERS)]));
  return [
    row('inputs', 'command', words(recorded), words(now)),
    row('inputs', 'parameters and seed', given(recorded), given(now)),
    row('inputs', 'code', short(recorded.codeFingerprint), short(now.codeFingerprint)),
    row('inputs', 'data', short(recorded.dataFingerprint), short(now.dataFingerprint)),
    ...mapRows('inputs', (name) => `lock file ${name}`, locks(recorded), locks(now)),
  ];
}

function environmentRows(recorded: Compared, now: Compared): Row[] {
  const interpreter = ({ environment }: Compared): string | null =>
    environment.interpreter === null
      ? null
      : `${environment.interpreter.name} ${environment.interpreter.version}`;
  const packages = ({ environment }: Compared): Map<string, string> =>
    new Map(environment.packages.map(({ name, version }) => [name, version]));
  const gpus = ({ hardware }: Compared): string =>
    hardware.gpus
      .map(({ name }) => name)
      .sort()
      .join(', ') || 'none';
  const drivers = ({ hardware }: Compared): string =>
    [...new Set(hardware.gpus.map(({ driver }) => driver ?? 'unknown'))].sort().join(', ') || 'none';
  // One side that lists no packages could not tell them: it has not removed them all.
  const [before, after] = [packages(recorded), packages(now)];
  const packageRows =
    before.size === 0 || after.size === 0
      ? [row('environment', 'packages', told(before.size), told(after.size))]
      : mapRows('environment', (name) => `package ${name}`, before, after);
  return [
    row('environment', 'operating system', recorded.environment.os, now.environment.os),
    row('environment', 'interpreter', interpreter(recorded), interpreter(now)),
    row('environment', 'image', recorded.environment.image, now.environment.image),
    ...packageRows,
    ...mapRows(
      'environment',
      (name) => `variable ${name}`,
      new Map(Object.entries(recorded.environment.variables)),
      new Map(Object.entries(now.environment.variables)),
    ),
    row('environment', 'processor', recorded.hardware.cpuModel, now.hardware.cpuModel),
    row('environment', 'processor cores', String(recorded.hardware.cpus), String(now.hardware.cpus)),
    row('environment', 'GPUs', gpus(recorded), gpus(now)),
    row('environment', 'GPU driver', drivers(recorded), drivers(now)),
  ];
}

function told(packages: number): string | null {
  return packages === 0 ? null : `${packages} packages`;
}

/** How far two values lie apart, as a share of the larger one. */
export function relativeDifference(a: number, b: number): number {
  return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}

function metricRows(recorded: Compared, now: Compared, tolerance: number): Row[] {
  const names = [...new Set([...Object.keys(recorded.metrics), ...Object.keys(now.metrics)])].sort();
  return names.map((name) => {
    const [before, after] = [recorded.metrics[name], now.metrics[name]];
    const shown = { group: 'metrics' as const, what: name, recorded: text(before), now: text(after) };
    // A metric that only one of them measured agrees with nothing; one that is new takes nothing away.
    if (before === undefined) return { ...shown, state: 'differs' };
    if (after === undefined) return { ...shown, state: 'beyond tolerance' };
    const difference = relativeDifference(before, after);
    return {
      ...shown,
      now: difference === 0 ? text(after) : `${text(after)} (${difference.toExponential(1)} apart)`,
      state: difference === 0 ? 'same' : difference <= tolerance ? 'differs' : 'beyond tolerance',
    };
  });
}

function text(value: number | undefined): string {
  return value === undefined ? NONE : String(value);
}

/** Compares a recorded training with its repetition. `tolerance` is the relative difference that metrics may have. */
export function compareTrainings(recorded: Compared, now: Compared, tolerance: number): Row[] {
  const metrics = metricRows(recorded, now, tolerance);
  const measured = Object.keys(recorded.metrics).length > 0;
  const model = row('model', 'model digest', short(recorded.modelDigest), short(now.modelDigest));
  // Bytes differ by dates and names inside a file too: they decide only where nothing was measured.
  const decides = !measured && model.state !== 'same';
  return [
    ...inputRows(recorded, now),
    ...environmentRows(recorded, now),
    ...metrics,
    decides ? { ...model, state: 'beyond tolerance' } : model,
  ];
}

/** True where the repetition came to the same result within the tolerance. */
export function isReproduced(rows: readonly Row[]): boolean {
  return rows.every(({ state }) => state !== 'beyond tolerance');
}
