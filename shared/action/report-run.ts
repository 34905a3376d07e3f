import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isExpected, messageOf } from '../errors.ts';
import { renderHtml } from '../report/html.ts';
import { renderComment, renderSummary } from '../report/markdown.ts';
import { renderTerminal } from '../report/terminal.ts';
import { buildReport } from '../report/view.ts';
import { nameOfSection } from '../record/artifact-name.ts';
import type { Section } from '../record/section.ts';
import type { ActionContext } from './action.ts';
import type { Shell } from './context.ts';
import { statusContextOf, type StepResult } from './decide/step-result.ts';

/** GitHub refuses a longer comment with 422 (facts: 65,536); some room is left for what GitHub itself may add. */
const MAX_COMMENT_CHARACTERS = 65_000;
/** Above 1 MiB the whole summary is dropped without an error. */
const MAX_SUMMARY_BYTES = 1_000_000;

/**
 * Shows the record to people: report.html, the comment, the summary, the status, the terminal. A part that cannot
 * be written (a fork's token may only read) is told in one line and changes no verdict. Returns report.html's path.
 */
export async function reportRun(
  section: Section,
  shell: Shell,
  result: StepResult,
): Promise<string | undefined> {
  const { context } = shell;
  const { logger, store, signal, environment } = context;
  const repositoryUrl = repositoryUrlOf(context);
  const attempt = async (what: string, part: () => Promise<void>): Promise<void> => {
    try {
      await part();
    } catch (error) {
      if (!isExpected(error))
        logger.debug(error instanceof Error ? (error.stack ?? error.message) : String(error));
      logger.warning(`${what} could not be written: ${messageOf(error)}`);
    }
  };

  let sections: Section[] = [section];
  await attempt('The whole report', async () => {
    sections = await store.list(signal);
  });
  let page: { path: string; url: string | null } | undefined;
  await attempt('report.html', async () => {
    page = await store.saveReport(
      section,
      await renderHtml(buildReport(sections, { repositoryUrl })),
      signal,
    );
  });
  const fullReportUrl = page?.url ?? section.run.url;

  if (context.host.kind === 'terminal') {
    const columns = process.stdout.isTTY ? process.stdout.columns : 100;
    const colour = process.stdout.isTTY && process.stdout.hasColors();
    process.stdout.write(`${renderTerminal(buildReport([section], {}), { colour, columns })}\n`);
    return page?.path;
  }

  await attempt('The summary', async () => {
    const file = environment['GITHUB_STEP_SUMMARY'];
    if (file === undefined || file === '') return;
    await mkdir(dirname(file), { recursive: true });
    await appendFile(
      file,
      renderSummary(buildReport([section], { fullReportUrl, repositoryUrl }), {
        maxBytes: MAX_SUMMARY_BYTES,
      }),
    );
  });
  if (shell.comments) {
    await attempt('The comment', () => writeComment(context, fullReportUrl));
  }
  if (shell.statuses) {
    await attempt('The commit status', () => writeStatus(section, context, result, fullReportUrl));
  }
  return page?.path;
}

/** Links of a report lead to the repository's own pages only. */
function repositoryUrlOf({ origin }: ActionContext): string | null {
  return origin.serverUrl === null || origin.repository === null
    ? null
    : `${origin.serverUrl}/${origin.repository}`;
}

/** The workflow's file, which is unique where two workflows share a name; else its name. */
function workflowOf({ environment, origin }: ActionContext): string {
  // A worker writes the comment of the workflow that dispatched it.
  const file =
    origin.worker === null
      ? environment['GITHUB_WORKFLOW_REF']?.split('@')[0]
      : (origin.worker.workflowPath ?? undefined);
  return file === undefined || file === '' ? (origin.workflow ?? 'workflow') : file;
}

/**
 * Shows a section that is not stored yet in the comment, in place of an earlier one of the same name. Other jobs write
 * the comment too, and what they write does not hold it: the next progress shows it again.
 */
export async function showProvisional(section: Section, context: ActionContext): Promise<void> {
  const name = nameOfSection(section);
  await writeComment(context, section.run.url, section, async () => [
    ...(await context.store.list(context.signal)).filter((other) => nameOfSection(other) !== name),
    section,
  ]);
}

/** Writes the comment anew from what the record holds. */
export async function writeComment(
  context: ActionContext,
  fullReportUrl: string | null,
  provisional?: Section,
  list: () => Promise<Section[]> = () => context.store.list(context.signal),
): Promise<void> {
  const { host, origin, run, logger, signal } = context;
  if (origin.pullRequest === null || origin.headSha === null) {
    logger.debug(`No comment: the event "${origin.event}" belongs to no pull request.`);
    return;
  }
  const outcome = await host.comment(
    origin.pullRequest.number,
    {
      marker: `trainyard:${workflowOf(context)}`,
      headSha: origin.headSha,
      runNumber: run.number,
      runAttempt: origin.worker?.latestAttempt ?? run.attempt,
      ...(provisional === undefined ? {} : { provisional: true }),
    },
    async () =>
      renderComment(buildReport(await list(), { fullReportUrl, repositoryUrl: repositoryUrlOf(context) }), {
        maxCharacters: MAX_COMMENT_CHARACTERS,
      }),
    signal,
  );
  const said = outcome.done ? `Comment: ${outcome.url ?? 'written'}` : `No comment: ${outcome.reason}`;
  if (provisional === undefined) logger.info(said);
  else logger.debug(said);
}

async function writeStatus(
  section: Section,
  context: ActionContext,
  result: StepResult,
  fullReportUrl: string | null,
): Promise<void> {
  const { host, origin, logger, signal } = context;
  if (origin.headSha === null) return;
  // A gate that waits for a dispatched training speaks for no model: the status is the worker's to end.
  if (section.kind === 'evaluation' && section.verdict === 'skipped' && !section.passed) return;
  const words = section.verdict === 'pass' ? section.summary : `${section.verdict}: ${section.summary}`;
  const outcome = await host.setStatus(
    {
      sha: origin.headSha,
      state: result.statusState,
      context: statusContextOf(section.kind, section.subject),
      description: words,
      targetUrl: section.run.url ?? fullReportUrl,
    },
    signal,
  );
  if (!outcome.done) logger.info(`No commit status: ${outcome.reason}`);
}
