import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ActionContext, Outcome } from '../../shared/action/action.ts';
import { openInputs } from '../../shared/action/inputs.ts';
import type { Annotation, Logger } from '../../shared/action/logger.ts';
import type { CodeHost } from '../../shared/github/code-host.ts';
import { dataBodySchema, type DataBody } from '../../shared/record/data-section.ts';
import { action } from '../../actions/validate-data/src/main.ts';
import { INPUTS } from '../../actions/validate-data/src/inputs.ts';
import { terminalOrigin } from '../terminal-origin.ts';

/** A logger that keeps every line. */
export interface RecordedLogger extends Logger {
  readonly lines: string[];
  readonly annotations: Annotation[];
}

export function recordingLogger(): RecordedLogger {
  const lines: string[] = [];
  const annotations: Annotation[] = [];
  const keep = (line: string): void => void lines.push(line);
  return {
    lines,
    annotations,
    info: keep,
    debug: keep,
    warning: keep,
    annotate: (annotation) => void annotations.push(annotation),
    group: (_title, phase) => phase(),
    progress: () => ({ update: () => undefined, end: () => undefined }),
    mask: () => undefined,
    untrusted: (phase) => phase(keep),
  };
}

const ORIGIN = terminalOrigin();

const DEFAULTS: Readonly<Record<string, string>> = {
  dataset: 'people',
  'policy-from': 'base',
  encoding: 'utf-8',
  'max-memory-mb': '512',
  'working-directory': '.',
  'on-inconclusive': 'warn',
};

export interface Scene extends AsyncDisposable {
  readonly folder: string;
  readonly logger: RecordedLogger;
  write(name: string, content: string | Uint8Array): Promise<string>;
  run(inputs: Readonly<Record<string, string>>, over?: Partial<ActionContext>): Promise<Outcome<'data'>>;
}

/** A workspace of its own, in which validate-data runs in this process on the real engine. */
export async function scene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-data-'));
  const temporaryDirectory = await mkdtemp(join(tmpdir(), 'trainyard-data-temporary-'));
  const logger = recordingLogger();
  return {
    folder,
    logger,
    async write(name, content) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      return path;
    },
    run(inputs, over = {}) {
      const given = Object.entries({ ...DEFAULTS, ...inputs }).map(([name, value]) => [
        `INPUT_${name.toUpperCase()}`,
        value,
      ]);
      const reader = openInputs(INPUTS, Object.fromEntries(given) as Record<string, string>, folder);
      const read = action.readInputs(reader);
      return action.run(read, {
        action: 'validate-data',
        logger,
        host: terminalHost(),
        origin: ORIGIN,
        workspace: folder,
        workingDirectory: reader.workingDirectory,
        temporaryDirectory,
        environment: process.env,
        signal: new AbortController().signal,
        saveState: () => undefined,
        showProgress: () => Promise.resolve(),
        ...over,
      } as ActionContext);
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
      await rm(temporaryDirectory, { recursive: true, force: true });
    },
  };
}

function refuse(): never {
  throw new Error('a terminal has no code host');
}

function terminalHost(): CodeHost {
  return {
    kind: 'terminal',
    hasArtifacts: false,
    origin: () => Promise.resolve(ORIGIN),
    fileAt: refuse,
    treeOf: refuse,
    setStatus: refuse,
    comment: refuse,
  };
}

/** What a pull request's host tells of the base: the files in force there. */
export function pullRequestOf(base: Readonly<Record<string, string>>): Partial<ActionContext> {
  return {
    host: {
      ...terminalHost(),
      kind: 'github',
      fileAt: (_sha, path) => Promise.resolve(base[path] === undefined ? undefined : Buffer.from(base[path])),
    },
    origin: { ...ORIGIN, event: 'pull_request', headSha: 'h'.repeat(40), baseSha: 'b'.repeat(40) },
  };
}

/** The body, which every outcome of measured data has, as the record accepts it. */
export function bodyOf(outcome: Outcome<'data'>): DataBody {
  return dataBodySchema.parse(outcome.body);
}

/** Results by id of the check, with the split where several are checked. */
export function resultsOf(outcome: Outcome<'data'>): Record<string, string> {
  const { checks } = bodyOf(outcome);
  const several = new Set(checks.map(({ split }) => split)).size > 1;
  return Object.fromEntries(
    checks.map(({ id, split, result }) => [several ? `${split ?? ''}:${id}` : id, result]),
  );
}

/** A contract of one object `people` with these properties and rules. */
export function contractOf(properties: readonly unknown[], quality: readonly unknown[] = []): string {
  return JSON.stringify({
    apiVersion: 'v3.1.0',
    kind: 'DataContract',
    id: 'people',
    version: '1.0.0',
    status: 'active',
    team: { name: 'people-data', members: [{ username: 'ada', role: 'Data Owner' }] },
    schema: [{ name: 'people', properties, ...(quality.length > 0 ? { quality } : {}) }],
  });
}
