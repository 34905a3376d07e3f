import { acceptedNames } from '../../../../shared/action/accepted-names.ts';
import { EQUALIZED_ODDS } from '../inference/fairness.ts';
import { PARAMETERISED, STANDARD_METRICS, standardMetric } from '../metrics/catalog.ts';
import type { Bound, DefinedMetric, GateRule } from './gate-file.ts';
import type { RawBudget } from './metrics-schema.ts';
import { BOUND_KEYS, FAIRNESS_KEYS, MODE_OF_KEY, type RawRule } from './rule-schema.ts';
import type { RawDefaults } from './schema.ts';
import type { SliceFamilies } from './slice-families.ts';
import type { Problem, Source } from './source.ts';

export interface RuleContext {
  readonly defaults: RawDefaults;
  readonly metrics: ReadonlyMap<string, DefinedMetric>;
  readonly families: SliceFamilies;
  readonly source: Source;
}

/** A rule with the defaults of the file, and what is wrong with its direction. */
export function ruleOf(raw: RawRule, index: number, context: RuleContext): [GateRule, ...Problem[]] {
  const { defaults, families, source } = context;
  const lineOf = (...path: readonly PropertyKey[]): number => source.lineOf(['rules', index, ...path]);
  const { direction, problems } = directionOf(raw, index, context);
  const { fairness } = raw;
  const bounds = [
    ...BOUND_KEYS.flatMap((key): Bound[] => {
      const limit = raw[key];
      return limit === undefined ? [] : [{ mode: MODE_OF_KEY[key], limit, line: lineOf(key) }];
    }),
    ...FAIRNESS_KEYS.flatMap((key): Bound[] => {
      const limit = fairness?.[key];
      return limit === undefined ? [] : [{ mode: key, limit, line: lineOf('fairness', key) }];
    }),
  ];
  const slices = raw.slices ?? [];
  for (const name of slices) families.find(name, lineOf('slices'));
  if (fairness !== undefined) families.find(fairness.by, lineOf('fairness', 'by'));
  const test = testOf(raw, defaults);
  const rule: GateRule = {
    metric: raw.metric,
    direction,
    bounds,
    severity: raw.severity,
    onMissing: raw['on-missing'],
    onInconclusive: raw['on-inconclusive'] ?? defaults['on-inconclusive'],
    test,
    alpha: raw.alpha ?? defaults.alpha,
    // A default is for rules that have a use for it.
    minEffect: raw['min-effect'] ?? (test === 'none' ? 0 : defaults['min-effect']),
    slices,
    minSliceSize: raw['min-slice-size'] ?? defaults['min-slice-size'],
    by: fairness?.by,
    line: lineOf(),
  };
  return [rule, ...problems];
}

/** What is measured once for a model has no rows to be uncertain about. */
function testOf({ metric, test }: RawRule, defaults: RawDefaults): GateRule['test'] {
  if (standardMetric(metric)?.family === 'budget')
    return test === undefined || test === 'auto' ? 'none' : test;
  return test ?? defaults.test;
}

/** Names of fairness criteria, and the metric whose gap between groups each of them bounds. */
const ALSO_CALLED: Readonly<Record<string, string>> = {
  'demographic-parity': 'selection-rate',
  'statistical-parity': 'selection-rate',
  'equal-opportunity': 'recall',
  'predictive-parity': 'precision',
  'equalised-odds': EQUALIZED_ODDS,
  calibration: 'ece',
};

/** Of gaps alone a direction says nothing; less of one is better. */
function knownDirection(metric: string): GateRule['direction'] | undefined {
  return metric === EQUALIZED_ODDS ? 'lower' : standardMetric(metric)?.direction;
}

function directionOf(
  { metric, direction }: RawRule,
  index: number,
  { metrics, source }: RuleContext,
): { direction: GateRule['direction']; problems: Problem[] } {
  const defined = metrics.get(metric);
  const known = defined?.direction ?? knownDirection(metric);
  const name = source.nameOf(['rules', index]);
  if (direction !== undefined && known !== undefined && direction !== known) {
    const of = defined === undefined ? 'the standard metric' : 'the definition of';
    const message = `"direction: ${direction}" of ${name} contradicts ${of} "${metric}", of which ${known} is better`;
    const remedy = 'Leave "direction" out, or give a metric of your own another name.';
    const line = source.lineOf(['rules', index, 'direction']);
    return { direction, problems: [{ line, message, remedy }] };
  }
  const either = direction ?? known;
  if (either !== undefined) return { direction: either, problems: [] };
  const standard = standardMetric(metric) !== undefined;
  const why = standard ? 'neither end of it is better by itself' : 'it is no standard metric';
  const names = [...metrics.keys(), ...STANDARD_METRICS.keys(), ...PARAMETERISED, EQUALIZED_ODDS];
  const list = Object.hasOwn(ALSO_CALLED, metric)
    ? `Or is "fairness" on the metric "${ALSO_CALLED[metric] ?? ''}" meant?`
    : acceptedNames(metric, names).replace('Accepted:', 'Known metrics:');
  return {
    direction: 'higher',
    problems: [
      {
        line: source.lineOf(['rules', index, 'metric']),
        message: `the rule on "${metric}" needs "direction": ${why}`,
        remedy: `Add "direction: higher" or "direction: lower".${standard ? '' : ` ${list}`}`,
      },
    ],
  };
}

/** The rules that a budget stands for: each a maximum of what is measured once, by points. */
export function budgetRules(budget: RawBudget, { defaults, source }: RuleContext): GateRule[] {
  return Object.entries(budget).flatMap(([metric, limit]): GateRule[] => {
    if (limit === undefined) return [];
    const line = source.lineOf(['budget', metric]);
    return [
      {
        metric,
        direction: 'lower',
        bounds: [{ mode: 'maximum', limit, line }],
        severity: 'error',
        onMissing: 'error',
        onInconclusive: defaults['on-inconclusive'],
        test: 'none',
        alpha: defaults.alpha,
        minEffect: 0,
        slices: [],
        minSliceSize: defaults['min-slice-size'],
        by: undefined,
        line,
      },
    ];
  });
}
