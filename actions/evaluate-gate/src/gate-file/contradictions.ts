import { standardMetric } from '../metrics/catalog.ts';
import { EQUALIZED_ODDS } from '../inference/fairness.ts';
import { fittingTests } from './fitting-tests.ts';
import type { RawEvaluation } from './evaluation-schema.ts';
import type { DefinedMetric, GateFile, GateRule } from './gate-file.ts';
import { isComparison } from './gate-file.ts';
import { BOUND_KEYS, type RawRule } from './rule-schema.ts';
import { offScale } from './scale.ts';
import type { RawGateFile } from './schema.ts';
import type { Problem, Source } from './source.ts';

/** What a gate file says that cannot all hold, or can never be judged. */
export function contradictionsIn(raw: RawGateFile, gate: GateFile, source: Source): Problem[] {
  const defined = new Map(gate.metrics.map((metric) => [metric.name, metric]));
  return [
    ...gate.rules
      .slice(0, raw.rules?.length ?? 0)
      .flatMap((rule, index) =>
        inRule(rule, raw.rules?.[index], index, { raw, gate, source, metric: defined.get(rule.metric) }),
      ),
    ...duplicates(gate.rules, source),
    ...betweenRules(gate.rules, source),
    ...withoutRows(raw, source),
    ...undeclaredCosts(raw, source),
  ];
}

interface Context {
  readonly raw: RawGateFile;
  readonly gate: GateFile;
  readonly source: Source;
  /** Where the gate file itself defines the rule's metric. */
  readonly metric: DefinedMetric | undefined;
}

function inRule(rule: GateRule, raw: RawRule | undefined, index: number, context: Context): Problem[] {
  if (raw === undefined) return [];
  const { source, gate } = context;
  const name = source.nameOf(['rules', index]);
  const at = (key: string, message: string, remedy?: string): Problem => ({
    line: source.lineOf(['rules', index, key]),
    message: `"${key}" of ${name} ${message}`,
    remedy,
  });
  return [
    ...betweenLimits(raw, at),
    ...ofScale(rule, raw, at, context),
    ...ofTest(rule, raw, name, context),
    ...ofEffect(rule, raw, at),
    ...ofMetric(rule, raw, at, context),
    ...(new Set(rule.slices).size < rule.slices.length ? [at('slices', 'names a slice twice')] : []),
    ...ofGroups(rule, gate, at),
  ];
}

type At = (key: string, message: string, remedy?: string) => Problem;

/** Of metrics that somebody else computed, or that the gate file defines itself, nobody knows the scale. */
function ofScale({ metric }: GateRule, raw: RawRule, at: At, { gate, metric: defined }: Context): Problem[] {
  if (gate.evaluation === undefined || defined !== undefined) return [];
  return offScale(metric, raw).map(({ key, message, remedy }) => at(key, message, remedy));
}

function betweenLimits(raw: RawRule, at: At): Problem[] {
  const { min, max } = raw;
  const problems: Problem[] = [];
  if (min !== undefined && max !== undefined && min.value > max.value) {
    problems.push(
      at('min', `is ${min.text}, above "max" (${max.text})`, 'No value is both; correct one of the two.'),
    );
  }
  const least = raw['min-improvement'];
  const most = raw['max-improvement'];
  if (least !== undefined && most?.relative === least.relative && most.value <= least.value) {
    const message = `is ${most.text}, not above "min-improvement" (${least.text})`;
    problems.push(at('max-improvement', message, 'No improvement is both; correct one of the two.'));
  }
  if (least !== undefined && raw['max-regression'] !== undefined) {
    const message =
      'is given beside "min-improvement", which implies it: what must get better may not get worse';
    problems.push(at('max-regression', message, 'Leave one of the two out.'));
  }
  return problems;
}

function ofTest(
  { metric, test }: GateRule,
  raw: RawRule,
  name: string,
  { source, metric: defined, raw: file }: Context,
): Problem[] {
  const fitting = fittingTests(metric, defined);
  if (test === 'auto' || test === 'none' || fitting.includes(test)) return [];
  const own = raw.test !== undefined;
  const index = file.rules?.indexOf(raw) ?? 0;
  return [
    {
      line: source.lineOf(own ? ['rules', index, 'test'] : ['defaults', 'test']),
      message: own
        ? `"test" of ${name} is "${test}", which cannot judge "${metric}"`
        : `"defaults.test" is "${test}", which cannot judge "${metric}" of ${name}`,
      remedy: `For "${metric}" accepted: ${['auto', ...fitting, 'none'].join(', ')}.`,
    },
  ];
}

function ofEffect({ test, bounds }: GateRule, raw: RawRule, at: At): Problem[] {
  if (raw['min-effect'] === undefined) return [];
  if (test === 'none') {
    const remedy = 'Leave "min-effect" out, or let a test judge ("test: auto").';
    return [
      at(
        'min-effect',
        'is given, and its test is "none": points are compared, and no effect is tested',
        remedy,
      ),
    ];
  }
  if (bounds.some(({ mode }) => isComparison(mode))) return [];
  const remedy = 'Leave it out, or add "max-regression", "min-improvement" or "max-improvement".';
  return [at('min-effect', 'is given, and nothing is compared with the baseline', remedy)];
}

function ofMetric({ metric }: GateRule, raw: RawRule, at: At, { raw: file }: Context): Problem[] {
  if (metric === EQUALIZED_ODDS) {
    const message = `is given, and "${metric}" is a gap between groups, which only "fairness" bounds`;
    return BOUND_KEYS.filter((key) => raw[key] !== undefined).map((key) =>
      at(key, message, 'Write "fairness" with "by" and "max-difference" or "min-ratio".'),
    );
  }
  const family = standardMetric(metric)?.family;
  if (family === 'utility' && file.utility === undefined) {
    const remedy = 'Add "utility" with a currency and what each kind of error costs.';
    return [at('metric', 'is "cost", and the gate file has no "utility" to compute it from', remedy)];
  }
  const { evaluation } = file;
  if (family !== undefined && family !== 'budget' && evaluation !== undefined && !hasLabels(evaluation)) {
    const message = `is "${metric}", which is computed from labels and predictions, and "evaluation" names no columns of them`;
    return [at('metric', message, LABELS)];
  }
  if (family !== 'budget') return [];
  const remedy = 'Leave it out; such a metric is measured once for the model.';
  const keys = ['slices', 'fairness', 'min-slice-size'] as const;
  return keys
    .filter((key) => raw[key] !== undefined)
    .map((key) => at(key, `is given, and "${metric}" is measured on no rows that could be cut`, remedy));
}

function ofGroups({ by }: GateRule, { slices }: GateFile, at: At): Problem[] {
  if (slices.find(({ name }) => name === by)?.kind !== 'where') return [];
  const message = `compares the groups of "${by ?? ''}", which is one slice`;
  return [at('fairness', message, 'Give a family of several: a column, bins, or all of several.')];
}

/** Two rules may bound one thing at two severities, such as a warning before an error, and not twice at one. */
function duplicates(rules: readonly GateRule[], source: Source): Problem[] {
  const first = new Map<string, number>();
  return rules.flatMap(({ metric, bounds, slices, by, severity }) =>
    bounds.flatMap(({ mode, line }): Problem[] => {
      const of = mode === 'max-difference' || mode === 'min-ratio' ? [by] : [...slices].sort();
      const key = JSON.stringify([metric, mode, of, severity]);
      const before = first.get(key);
      if (before === undefined) {
        first.set(key, line);
        return [];
      }
      const where = of.length === 0 ? '' : ` for ${of.join(', ')}`;
      return [
        {
          line,
          message: `the ${mode} of "${metric}"${where} is bounded a second time, first in ${source.placeOf(before).short}`,
          remedy: 'Keep one of the two, or give one of them another "severity".',
        },
      ];
    }),
  );
}

/** All rows are judged by every rule, whatever slices it names: no value of a metric may be asked to lie nowhere. */
function betweenRules(rules: readonly GateRule[], source: Source): Problem[] {
  const bounds = rules.flatMap(({ metric, bounds: own }, rule) =>
    own.map((bound) => ({ ...bound, metric, rule })),
  );
  const pairs = [
    ['minimum', 'maximum', 'No value is both; correct one of the two.'],
    ['min-improvement', 'max-improvement', 'No improvement is both; correct one of the two.'],
  ] as const;
  return pairs.flatMap(([least, most, remedy]) =>
    bounds
      .filter(({ mode }) => mode === least)
      .flatMap((low): Problem[] => {
        const high = bounds.find(
          ({ metric, mode, rule, limit }) =>
            metric === low.metric &&
            mode === most &&
            rule !== low.rule &&
            limit.relative === low.limit.relative &&
            limit.value < low.limit.value,
        );
        if (high === undefined) return [];
        const message = `the ${least} of "${low.metric}" is ${low.limit.text}, above its ${most} of ${high.limit.text} in ${source.placeOf(high.line).short}`;
        return [{ line: low.line, message, remedy }];
      }),
  );
}

/** What is computed from rows needs to know their columns. */
function withoutRows(raw: RawGateFile, source: Source): Problem[] {
  if (raw.evaluation !== undefined) return [];
  const remedy =
    'Add "evaluation" with the columns "id", "label" and "prediction"; "id" is enough for scores that the rows have.';
  const needing = [
    ...(['slices', 'metrics'] as const).filter((key) => Object.keys(raw[key]).length > 0).map((key) => [key]),
    ...(raw.utility === undefined ? [] : [['utility']]),
    ...(raw.rules ?? []).flatMap((rule, index) =>
      (['slices', 'fairness'] as const)
        .filter((key) => rule[key] !== undefined)
        .map((key) => ['rules', index, key]),
    ),
  ];
  return needing.map((path) => ({
    line: source.lineOf(path),
    message: `${source.nameOf(path)} is computed from predictions, and there is no "evaluation" to name their columns`,
    remedy,
  }));
}

const LABELS = 'Add "label" and "prediction" to "evaluation".';

const hasLabels = ({ label, prediction }: RawEvaluation): boolean =>
  label !== undefined && prediction !== undefined;

/** Only pairs of declared classes occur. */
function undeclaredCosts({ utility, evaluation }: RawGateFile, source: Source): Problem[] {
  if (utility !== undefined && evaluation !== undefined && !hasLabels(evaluation)) {
    const message = `${source.nameOf(['utility'])} speaks of labels and predictions, and "evaluation" names no columns of them`;
    return [{ line: source.lineOf(['utility']), message, remedy: LABELS }];
  }
  const labels = evaluation?.labels;
  if (utility === undefined || labels === undefined) return [];
  return utility.costs.flatMap((cost, index) =>
    (['label', 'prediction'] as const)
      .filter((key) => !labels.includes(cost[key]))
      .map((key) => ({
        line: source.lineOf(['utility', 'costs', index, key]),
        message: `${source.nameOf(['utility', 'costs', index, key])} is "${cost[key]}", which is none of "evaluation.labels"`,
        remedy: `Accepted: ${labels.join(', ')}.`,
      })),
  );
}
