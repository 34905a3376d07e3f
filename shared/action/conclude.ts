import * as core from '@actions/core';
import type { Section } from '../record/section.ts';
import type { Outcome } from './action.ts';
import type { ErrorFacts } from './decide/error-outcome.ts';
import { stepResultOf } from './decide/step-result.ts';
import type { Logger } from './logger.ts';

/** What came of storing and reporting a section. */
export interface Told {
  readonly section: Section | undefined;
  readonly reportPath: string | undefined;
  /** The section could not be stored: later steps would not see it, so the step may not succeed. */
  readonly unstored: ErrorFacts | undefined;
}

/** Ends the step or the command: annotations, outputs, exit code. */
export function conclude(
  outcome: Omit<Outcome, 'body'>,
  failure: ErrorFacts | undefined,
  { section, reportPath, unstored }: Told,
  { onInconclusive, logger, runner }: { onInconclusive: 'warn' | 'fail'; logger: Logger; runner: boolean },
): void {
  const verdict = unstored === undefined ? outcome.verdict : 'error';
  const result = stepResultOf(verdict, { onInconclusive, usage: unstored?.usage ?? failure?.usage ?? false });
  const passed = verdict === outcome.verdict && (section?.passed ?? false);

  for (const annotation of outcome.annotations) logger.annotate(annotation);
  if (unstored !== undefined) {
    logger.annotate({
      severity: 'error',
      message: `${unstored.summary} ${unstored.blame.remedy ?? ''}`.trimEnd(),
    });
  }
  const said = outcome.annotations.some((annotation) => annotation.severity === 'error');
  if (result.stepFails && !said && unstored === undefined) {
    logger.annotate({ severity: 'error', message: outcome.summary });
  }
  if (result.warns) logger.annotate({ severity: 'warning', message: `Inconclusive: ${outcome.summary}` });
  if (verdict === 'skipped') logger.info(`Skipped: ${outcome.summary}`);

  if (runner) {
    const outputs = { ...outcome.outputs, verdict, passed: String(passed), 'report-path': reportPath ?? '' };
    for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  } else if (reportPath !== undefined) {
    logger.info(`Report: ${reportPath}`);
  }
  process.exitCode = runner ? (result.stepFails ? 1 : 0) : result.exitCode;
}
