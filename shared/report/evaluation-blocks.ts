import type { EvaluationBody } from '../record/evaluation-section.ts';
import type { Verdict } from '../verdict.ts';
import { type Block, type Cell, code, fact, type Metric, text, WITHHELD } from './block.ts';
import {
  attestationFacts,
  controlNotes,
  evidenceFacts,
  examinationFacts,
  examinationNotes,
  waiverBlocks,
} from './examination-blocks.ts';
import { fairnessBlocks } from './fairness-blocks.ts';
import { formatBeside, formatNumber, shortDigest } from './format.ts';
import { historyBlocks, historyNotes } from './history-blocks.ts';
import type { Linker } from './links.ts';
import { resultWord } from './marks.ts';
import { plotsBlocks } from './plot-blocks.ts';
import { diffBlocks, policyFacts, policyNotes } from './policy-blocks.ts';
import { changeOf, demandOf } from './rule-words.ts';
import { rulesBlocks } from './rules-blocks.ts';
import { slicesBlocks } from './slice-blocks.ts';
import { verdictNote } from './verdict-note.ts';

/** What evaluation-section.ts holds. */
export function evaluationBlocks(body: EvaluationBody, verdict: Verdict, link: Linker): Block[] {
  const knowing = knowsUncertainty(body);
  return [
    ...(knowing ? [verdictNote(body, verdict)] : []),
    ...policyNotes(body.gate, 'gate file'),
    ...examinationNotes(body),
    ...(body.firstRun
      ? [
          {
            kind: 'note' as const,
            tone: 'plain' as const,
            text: 'First run: the registry answered and has no version yet, so there is nothing to compare with. Absolute limits still decide.',
          },
        ]
      : []),
    ...controlNotes(body),
    ...historyNotes(body),
    ...(knowing ? rulesBlocks(body) : pointRules(body)),
    ...waiverBlocks(body, link),
    ...slicesBlocks(body),
    ...fairnessBlocks(body),
    ...metrics(body, knowing),
    ...confusion(body),
    ...plotsBlocks(body),
    ...historyBlocks(body),
    {
      kind: 'facts',
      title: 'What was compared',
      folded: true,
      facts: [
        ...fact('Candidate', named(body.candidate)),
        ...fact(
          'Baseline',
          body.baseline === null
            ? body.firstRun
              ? 'none: first run'
              : 'none: no rule compares'
            : named(body.baseline),
        ),
        ...examinationFacts(body),
        ...(body.gate === null ? [] : policyFacts(body.gate)),
        ...fact('Model digest', digest(body.modelDigest)),
        ...fact('Evaluation set', digest(body.evaluationSetDigest)),
        ...fact('Predictions', digest(body.predictionsDigest)),
        ...evidenceFacts(body),
        ...attestationFacts(body, link),
      ],
    },
    ...diffBlocks(body.gate, 'gate file'),
  ];
}

/** True for sections of a gate that judges by intervals, or examines the model; older ones compared points only. */
function knowsUncertainty(body: EvaluationBody): boolean {
  return (
    body.rules.some((rule) => rule.interval !== null || rule.slice !== null || rule.test !== 'none') ||
    [body.examination, body.control, body.slices, body.fairness, body.charts].some(
      (each) => (each ?? null) !== null,
    )
  );
}

function digest(value: string | null): Cell | null {
  return value === null ? null : code(shortDigest(value));
}

function named(compared: EvaluationBody['candidate']): string {
  const version = compared.version === null ? '' : `, version ${compared.version}`;
  const model = compared.modelDigest === null ? '' : `, model ${shortDigest(compared.modelDigest)}`;
  return `${compared.what} (from ${compared.from}${version}${model})`;
}

/** The rules of a gate that compares points. */
function pointRules(body: EvaluationBody): Block[] {
  if (body.rules.length === 0) return [];
  const baselineName = body.baseline?.what ?? 'baseline';
  return [
    {
      kind: 'table',
      title: 'Rules of the gate (points compared, no test)',
      columns: [
        { header: 'Result' },
        { header: 'Rule' },
        { header: 'Candidate', numeric: true },
        { header: body.baseline === null ? 'Baseline' : `Baseline (${baselineName})`, numeric: true },
        { header: 'Difference', numeric: true },
        { header: 'n', numeric: true },
        { header: 'Why' },
      ],
      rows: body.rules.map((rule) => [
        {
          text: resultWord(rule),
          mark: rule.result,
        },
        text(demandOf(rule)),
        text(
          rule.value === null ? 'not measured' : formatBeside(rule.value, [rule.bound, rule.baselineValue]),
          rule.value === null ? 'bad' : undefined,
        ),
        text(rule.baselineValue === null ? '–' : formatBeside(rule.baselineValue, [rule.value])),
        rule.difference === null ? text('–') : changeOf(rule.difference, rule.direction),
        text(rule.n === null ? '–' : formatNumber(rule.n)),
        text(rule.reason),
      ]),
    },
  ];
}

function metrics(body: EvaluationBody, folded: boolean): Block[] {
  if (body.metrics.length === 0) return [];
  const directions = new Map(
    body.rules.filter((rule) => rule.slice === null).map((rule) => [rule.metric, rule.direction]),
  );
  return [
    {
      kind: 'metrics',
      title: 'Metrics',
      ...(folded ? { folded: 'markdown' as const } : {}),
      baselineName: body.baseline?.what ?? null,
      metrics: body.metrics.map((metric): Metric => ({
        name: metric.name,
        value: formatBeside(metric.value, [metric.baseline]),
        baseline: metric.baseline === null ? null : formatBeside(metric.baseline, [metric.value]),
        change:
          metric.baseline === null
            ? null
            : changeOf(metric.value - metric.baseline, directions.get(metric.name)),
        n: metric.n === null ? null : formatNumber(metric.n),
      })),
    },
  ];
}

function confusion(body: EvaluationBody): Block[] {
  if (body.confusion === null) return [];
  const withheld = body.confusion.counts.some((row) => row.includes(null));
  return [
    {
      kind: 'heat',
      title: 'Confusion matrix',
      labels: body.confusion.labels,
      counts: body.confusion.counts,
      caption: `Rows are true labels, columns are predictions; counts of rows.${
        withheld
          ? ` ${WITHHELD}: fewer rows than the gate file's min-cell-size, so the count is withheld.`
          : ''
      }`,
    },
  ];
}
