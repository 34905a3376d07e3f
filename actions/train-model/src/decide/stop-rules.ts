import { acceptedNames } from '../../../../shared/action/accepted-names.ts';
import { UsageError } from '../../../../shared/errors.ts';
import type { Point } from '../engines/engine.ts';
import { DivergenceWatch } from './divergence.ts';
import { directionOf } from './metric-words.ts';
import { PlateauWatch } from './plateau.ts';

export type StopRule =
  | { readonly rule: 'nan' }
  /** Without a metric every loss is watched; without a factor the default, which is more careful. */
  | { readonly rule: 'divergence'; readonly metric: string | undefined; readonly factor: number | undefined }
  | {
      readonly rule: 'plateau';
      readonly metric: string;
      readonly steps: number;
      readonly direction: 'min' | 'max';
    };

/** Why a rule ends a training. */
export interface Stop {
  readonly rule: StopRule['rule'];
  /** Begins a sentence that "and was ended" closes. */
  readonly reason: string;
  /** Null for a plateau, which is no failure. */
  readonly failureClass: 'not-a-number' | 'diverged' | null;
}

const RULES = ['nan', 'divergence', 'plateau'] as const;
const FORMS = 'nan, divergence [<metric> [<factor>]], plateau <metric> <steps> [min|max]';

function refuse(
  line: string,
  what: string,
  remedy = `Accepted, one a line: ${FORMS}; or none alone.`,
): UsageError {
  return new UsageError(`Input "stop-on": "${line}" ${what}.`, { remedy });
}

/** Reads the lines of the input `stop-on`; none where there are none. */
export function parseStopRules(lines: readonly string[]): StopRule[] {
  return lines.map((line) => parseStopRule(line));
}

function parseStopRule(line: string): StopRule {
  const [rule = '', ...words] = line.trim().split(/\s+/);
  switch (RULES.find((one) => one === rule)) {
    case 'nan':
      if (words.length > 0) throw refuse(line, 'says more than "nan", which takes nothing');
      return { rule: 'nan' };
    case 'divergence':
      return parseDivergence(line, words);
    case 'plateau':
      return parsePlateau(line, words);
    default:
      if (rule === 'none')
        throw refuse(line, 'stands beside other rules', 'Give "none" alone, or leave it out.');
      throw refuse(line, 'is no rule', `${acceptedNames(rule, RULES)} Forms: ${FORMS}.`);
  }
}

function parseDivergence(line: string, words: readonly string[]): StopRule {
  const [metric, factor, ...more] = words;
  if (more.length > 0) throw refuse(line, 'has too many words');
  if (factor === undefined) {
    if (metric !== undefined && Number.isFinite(Number(metric))) {
      throw refuse(
        line,
        'has a factor and no metric',
        'Put the metric before the factor: divergence loss 10.',
      );
    }
    return { rule: 'divergence', metric, factor: undefined };
  }
  const value = Number(factor);
  if (!Number.isFinite(value) || value <= 1) {
    throw refuse(line, `has the factor "${factor}"`, 'Give a factor larger than 1: divergence loss 10.');
  }
  return { rule: 'divergence', metric, factor: value };
}

function parsePlateau(line: string, words: readonly string[]): StopRule {
  const [metric, steps, given, ...more] = words;
  if (metric === undefined || steps === undefined || more.length > 0) {
    throw refuse(
      line,
      'is not whole',
      'Accepted: plateau <metric> <steps> [min|max], such as plateau val_loss 500.',
    );
  }
  const count = Number(steps);
  if (!Number.isFinite(count) || count <= 0) {
    throw refuse(line, `has "${steps}" for steps`, 'Give a number of steps above 0: plateau val_loss 500.');
  }
  if (given !== undefined && given !== 'min' && given !== 'max') {
    throw refuse(line, `ends in "${given}"`, 'Accepted: min, where less is better, or max.');
  }
  const direction = given ?? directionOf(metric);
  if (direction === undefined) {
    throw refuse(
      line,
      `does not say whether less or more of "${metric}" is better, and the name does not tell`,
      `Put min or max behind it: plateau ${metric} ${steps} min.`,
    );
  }
  return { rule: 'plateau', metric, steps: count, direction };
}

interface Watch {
  observe(metric: string, step: number, value: number): string | undefined;
}

const FAILURE_OF: Readonly<Record<StopRule['rule'], Stop['failureClass']>> = {
  nan: 'not-a-number',
  divergence: 'diverged',
  plateau: null,
};

/** Watches the rows of a training, and says when a rule ends it. */
export class StopWatch {
  readonly #nan: boolean;
  readonly #watches: readonly { readonly rule: StopRule['rule']; readonly watch: Watch }[];

  constructor(rules: readonly StopRule[]) {
    this.#nan = rules.some(({ rule }) => rule === 'nan');
    this.#watches = rules.flatMap((one) => {
      if (one.rule === 'nan') return [];
      const watch = one.rule === 'divergence' ? new DivergenceWatch(one) : new PlateauWatch(one);
      return [{ rule: one.rule, watch }];
    });
  }

  /** Takes the next row. The first rule that holds is told; undefined where the training may go on. */
  observe({ step, values, bad = [] }: Point): Stop | undefined {
    if (this.#nan && bad[0] !== undefined) {
      return {
        rule: 'nan',
        reason: `Its metrics stopped being numbers: at step ${step} ${bad.join(', ')} (rule "nan" of "stop-on")`,
        failureClass: FAILURE_OF.nan,
      };
    }
    for (const { rule, watch } of this.#watches) {
      for (const [metric, value] of Object.entries(values)) {
        const reason = watch.observe(metric, step, value);
        if (reason !== undefined) return { rule, reason, failureClass: FAILURE_OF[rule] };
      }
    }
    return undefined;
  }
}
