import type { ActionContext } from '../../../../shared/action/action.ts';
import { isExpected, messageOf } from '../../../../shared/errors.ts';
import type { GitHubClient } from '../../../../shared/github/client.ts';
import type { Judged } from '../decide/judge.ts';
import type { Inputs } from '../inputs.ts';
import { type HistoryLine, parseHistory } from './decide/history-line.ts';
import { isDefaultBranch } from './decide/is-default-branch.ts';
import { appendHistory, HISTORY_BRANCH, readHistory } from './history-branch.ts';

/** Nobody waits longer for a picture of the past. */
const READ_MS = 20_000;
/** Enough for a large matrix that ends at once. */
const WRITE_MS = 120_000;
const MAX_URL = 500;

interface Options {
  readonly inputs: Pick<Inputs, 'history' | 'token'>;
  readonly model: string;
  readonly context: Pick<
    ActionContext,
    'host' | 'origin' | 'commit' | 'run' | 'environment' | 'logger' | 'signal'
  >;
}

export interface PastLines {
  readonly branch: string;
  readonly commit: string | null;
  readonly lines: readonly HistoryLine[];
  readonly notices: readonly string[];
}

/** Earlier lines of the model; undefined where history is off or there is no GitHub to ask. Never throws but when cancelled. */
export async function readPast(options: Options): Promise<PastLines | undefined> {
  const { model, context } = options;
  const { origin } = context;
  const past = { branch: HISTORY_BRANCH, commit: origin.headSha };
  const found = await attempted(options, READ_MS, 'The history of metrics could not be read', (branch) =>
    readHistory(branch, model),
  );
  if (found === undefined) return undefined;
  if ('problem' in found) return { ...past, lines: [], notices: [found.problem] };
  const { lines, skipped } = parseHistory(found.value, model);
  const notices =
    skipped === 0
      ? []
      : [
          `${skipped} ${skipped === 1 ? 'line' : 'lines'} about ${model} in the branch ${HISTORY_BRANCH} could not be read and ${skipped === 1 ? 'is' : 'are'} left out.`,
        ];
  return { ...past, lines, notices };
}

/** Keeps what was measured on a commit of the default branch; returns what is to be told. Never throws but when cancelled. */
export async function keepHistory(
  options: Options,
  judged: Pick<Judged, 'body' | 'conclusion'>,
): Promise<string[]> {
  const { model, context } = options;
  const line = lineOf(options, judged);
  if (line === undefined || !(await concernsDefaultBranch(context))) return [];
  const kept = await attempted(
    options,
    WRITE_MS,
    'History is off, as no line could be added to it',
    (branch) => appendHistory(branch, line),
  );
  if (kept === undefined) return [];
  if ('problem' in kept) return [`${kept.problem} The input \`history: off\` says that none is wanted.`];
  const how = kept.value === 'present' ? 'holds this run already' : 'has one more line';
  context.logger.info(`history: metrics/${model}.jsonl of ${HISTORY_BRANCH} ${how}`);
  return [];
}

async function attempted<T>(
  { inputs, context }: Options,
  limitMs: number,
  problem: string,
  call: (branch: { client: GitHubClient; repository: string; signal: AbortSignal }) => Promise<T>,
): Promise<{ readonly value: T } | { readonly problem: string } | undefined> {
  const { host, origin, environment, logger, signal } = context;
  const { repository } = origin;
  const { history, token } = inputs;
  if (history === 'off' || host.kind !== 'github' || repository === null || token === undefined)
    return undefined;
  const limit = AbortSignal.timeout(limitMs);
  try {
    const { createClient } = await import('../../../../shared/github/client.ts');
    const client = await createClient({ token, environment, logger });
    return { value: await call({ client, repository, signal: AbortSignal.any([signal, limit]) }) };
  } catch (error) {
    signal.throwIfAborted();
    // A picture of the past is worth no verdict, whatever was wrong.
    if (error instanceof Error) logger.debug(error.stack ?? error.message);
    const why = limit.aborted ? `GitHub took more than ${limitMs / 1000} seconds.` : messageOf(error);
    const remedy = isExpected(error) && error.remedy !== undefined ? ` ${error.remedy}` : '';
    logger.info(`history: ${why}${remedy}`);
    return { problem: `${problem}: ${why}${remedy}` };
  }
}

async function concernsDefaultBranch({
  origin,
  environment,
  logger,
  signal,
}: Options['context']): Promise<boolean> {
  try {
    const { readPayload } = await import('../../../../shared/github/event.ts');
    const payload = await readPayload(environment, origin.event);
    return isDefaultBranch(origin, payload.repository?.default_branch);
  } catch (error) {
    signal.throwIfAborted();
    logger.debug(`The default branch is not known, so no history is kept: ${messageOf(error)}`);
    return false;
  }
}

/** Undefined where nothing was judged, or the commit is not known. */
function lineOf(
  { model, context }: Options,
  { body, conclusion }: Pick<Judged, 'body' | 'conclusion'>,
): HistoryLine | undefined {
  const { origin, commit, run } = context;
  const { verdict } = conclusion;
  if (verdict !== 'pass' && verdict !== 'fail' && verdict !== 'inconclusive') return undefined;
  if (origin.headSha === null) return undefined;
  const ruled = new Set(body.rules.map(({ metric }) => metric));
  // A line holds so many; those that rules speak of go first.
  const metrics = body.metrics.toSorted((a, b) => Number(ruled.has(b.name)) - Number(ruled.has(a.name)));
  return {
    schemaVersion: 1,
    model,
    commit: origin.headSha,
    treeHash: commit.treeHash,
    run: {
      id: run.id,
      attempt: run.attempt,
      key: run.key,
      url: run.url === null || run.url.length > MAX_URL ? null : run.url,
    },
    created: new Date().toISOString(),
    verdict,
    modelDigest: body.modelDigest,
    evaluationSetDigest: body.evaluationSetDigest,
    gateDigest: body.gate?.digest ?? null,
    metrics: metrics.map(({ name, value, n }) => ({ name, value, n })),
  };
}
