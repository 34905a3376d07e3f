import type { EvaluatedRule, EvaluationBody } from '../record/evaluation-section.ts';
import { type Block, type Cell, code, fact, type Metric, text, WITHHELD } from './block.ts';
import { formatBeside, formatNumber, formatSigned, sameNumber, shortDigest } from './format.ts';
import { resultWord } from './marks.ts';
import { diffBlocks, policyFacts, policyNotes } from './policy-blocks.ts';

const PREDICTIONS_BY: Readonly<Record<EvaluationBody['predictionsBy'], string>> = {
  training:
    'Self-reported: the training itself computed the predictions that these numbers come from. Trainyard computed the metrics from them.',
  gate: 'The gate computed the predictions itself, on rows whose labels the training never saw.',
  none: 'Self-reported: only finished metrics were given; Trainyard saw no predictions behind them.',
};

const MODES: Readonly<Record<EvaluatedRule['mode'], string>> = {
  minimum: 'at least',
  maximum: 'at most',
  'max-regression': 'not worse by more than',
  'min-improvement': 'better by at least',
  'max-improvement': 'better by at most',
  'max-difference': 'differs between groups by at most',
  'min-ratio': 'ratio between groups at least',
};

/** What evaluation-section.ts holds. */
export function evaluationBlocks(body: EvaluationBody): Block[] {
  return [
    ...policyNotes(body.gate, 'gate file'),
    {
      kind: 'note',
      tone: body.predictionsBy === 'gate' ? 'plain' : 'doubt',
      text: PREDICTIONS_BY[body.predictionsBy],
    },
    ...(body.firstRun
      ? [
          {
            kind: 'note' as const,
            tone: 'plain' as const,
            text: 'First run: the registry answered and has no version yet, so there is nothing to compare with. Absolute limits still decide.',
          },
        ]
      : []),
    ...rules(body),
    ...metrics(body),
    ...confusion(body),
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
        ...(body.gate === null ? [] : policyFacts(body.gate)),
        ...fact('Model digest', digest(body.modelDigest)),
        ...fact('Evaluation set', digest(body.evaluationSetDigest)),
        ...fact('Predictions', digest(body.predictionsDigest)),
      ],
    },
    ...diffBlocks(body.gate, 'gate file'),
  ];
}

function digest(value: string | null): Cell | null {
  return value === null ? null : code(shortDigest(value));
}

function named(compared: EvaluationBody['candidate']): string {
  const version = compared.version === null ? '' : `, version ${compared.version}`;
  const model = compared.modelDigest === null ? '' : `, model ${shortDigest(compared.modelDigest)}`;
  return `${compared.what} (from ${compared.from}${version}${model})`;
}

/** What a rule demands, in words. */
export function demandOf(rule: EvaluatedRule): string {
  const slice = rule.slice === null ? '' : ` on slice ${rule.slice}`;
  return `${rule.metric}${slice} ${MODES[rule.mode]} ${rule.threshold}`;
}

/** A difference as movement and judgement: `▲ 0.0111 better`. */
export function changeOf(difference: number, direction: EvaluatedRule['direction'] | undefined): Cell {
  if (sameNumber(difference, 0)) return text('= no change', 'muted');
  const arrow = difference > 0 ? '▲' : '▼';
  const size = formatNumber(Math.abs(difference));
  if (direction === undefined) return text(`${arrow} ${formatSigned(difference)}`);
  const better = difference > 0 === (direction === 'higher');
  return text(`${arrow} ${size} ${better ? 'better' : 'worse'}`, better ? 'good' : 'bad');
}

function rules(body: EvaluationBody): Block[] {
  if (body.rules.length === 0) return [];
  const baselineName = body.baseline?.what ?? 'baseline';
  const untested = body.rules.every((rule) => rule.test === 'none');
  return [
    {
      kind: 'table',
      title: `Rules of the gate${untested ? ' (points compared, no test)' : ''}`,
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
        text(why(rule, untested)),
      ]),
    },
  ];
}

function why(rule: EvaluatedRule, untested: boolean): string {
  const parts = [rule.reason];
  if (rule.interval !== null) {
    const level = rule.level === null ? '' : `${formatNumber(100 * rule.level)} % `;
    parts.push(`${level}interval ${formatNumber(rule.interval[0])} to ${formatNumber(rule.interval[1])}`);
  }
  if (rule.p !== null) {
    const adjusted = rule.adjustedP === null ? '' : ` (adjusted ${formatNumber(rule.adjustedP)})`;
    parts.push(`p = ${formatNumber(rule.p)}${adjusted}`);
  }
  if (!untested) parts.push(rule.test === 'none' ? 'points compared, no test' : `test: ${rule.test}`);
  return parts.filter((part) => part !== '').join('; ');
}

function metrics(body: EvaluationBody): Block[] {
  if (body.metrics.length === 0) return [];
  const directions = new Map(
    body.rules.filter((rule) => rule.slice === null).map((rule) => [rule.metric, rule.direction]),
  );
  return [
    {
      kind: 'metrics',
      title: 'Metrics',
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
