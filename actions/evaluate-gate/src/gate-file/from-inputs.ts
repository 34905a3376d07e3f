import { stringify } from 'yaml';
import { UsageError } from '../../../../shared/errors.ts';
import type { GateFile } from './gate-file.ts';
import { gateOf } from './parse.ts';
import { INPUT_OF_KEY } from './place-in-gate.ts';
import { readShorthand, type ShortRule } from './shorthand.ts';
import type { Path, Source } from './source.ts';

/** What the predictions' columns are called, where the default of the shorthand is not it. */
export interface ShorthandColumns {
  readonly id: string | undefined;
  readonly label: string | undefined;
  readonly prediction: string | undefined;
  readonly scores: readonly string[];
  readonly labels: readonly string[];
  readonly positive: string | undefined;
  /** The file of evaluation rows on which the gate examines the model itself. */
  readonly rows: string | undefined;
}

/** A gate without a file, as the inputs of a step have it. */
export interface Shorthand {
  /** The input `rules`, one rule a line. */
  readonly rules: string;
  /** Undefined where metrics are only read, and nothing is computed from predictions. */
  readonly columns: ShorthandColumns | undefined;
  readonly baseline: string | undefined;
  readonly onNoBaseline: string | undefined;
}

const DEFAULT_COLUMNS = { id: 'id', label: 'y_true', prediction: 'y_pred' } as const;

/**
 * Makes a gate of inputs. `text` is the same gate as a file, for digests and diffs. The lines of rules are those of the
 * input.
 */
export function gateFromInputs({ rules: lines, columns, baseline, onNoBaseline }: Shorthand): {
  readonly gate: GateFile;
  readonly text: string;
} {
  const rules = readShorthand(lines);
  if (rules.length === 0) {
    throw new UsageError('Input "rules" has no rule; a gate without rules would let everything pass.', {
      remedy: 'Write one rule a line, as in "accuracy >= 0.8".',
    });
  }
  const cut = columns === undefined ? rules.find(({ values }) => 'slices' in values) : undefined;
  if (cut !== undefined) {
    throw new UsageError(
      `Input "rules", line ${cut.line}: slices are cut from predictions, and only metrics are given.`,
      { remedy: 'Give the input "predictions", or leave the input "metrics" out.' },
    );
  }
  const values = {
    version: 1,
    ...(columns === undefined ? {} : { evaluation: evaluationOf(columns) }),
    baseline: {
      ...(baseline === undefined ? {} : { from: baseline }),
      ...(onNoBaseline === undefined ? {} : { 'on-no-baseline': onNoBaseline }),
    },
    rules: rules.map((rule) => rule.values),
  };
  const gate = withLines(gateOf(values, sourceOf(rules)));
  return { gate, text: stringify(values, { lineWidth: 0 }) };
}

/** Columns and baseline have inputs of their own, and no line; whoever points at them points at the first. */
function withLines(gate: GateFile): GateFile {
  const { evaluation, examination, baseline } = gate;
  return {
    ...gate,
    baseline: { ...baseline, line: 1 },
    evaluation:
      evaluation === undefined
        ? undefined
        : {
            ...evaluation,
            lines: Object.fromEntries(Object.keys(evaluation.lines).map((key) => [key, 1])),
          },
    examination: examination === undefined ? undefined : { ...examination, line: 1 },
  };
}

function evaluationOf({ scores, labels, rows, positive, ...own }: ShorthandColumns): Record<string, unknown> {
  const {
    id = DEFAULT_COLUMNS.id,
    label = DEFAULT_COLUMNS.label,
    prediction = DEFAULT_COLUMNS.prediction,
  } = own;
  return {
    id,
    label,
    prediction,
    ...(scores.length === 0 ? {} : { scores }),
    ...(labels.length === 0 ? {} : { labels }),
    ...(positive === undefined ? {} : { positive }),
    ...(rows === undefined ? {} : { rows }),
  };
}

function sourceOf(rules: readonly ShortRule[]): Source {
  const ruleAt = ([first, index]: Path): ShortRule | undefined =>
    first === 'rules' && typeof index === 'number' ? rules[index] : undefined;
  return {
    lineOf(path) {
      const rule = ruleAt(path);
      return rule?.lines.get(String(path[2])) ?? rule?.line ?? 0;
    },
    nameOf(path) {
      const [, , ...rest] = path;
      const rule = ruleAt(path);
      if (rule === undefined) {
        const key = path.slice(0, 2).map(String).join('.');
        return `Input "${INPUT_OF_KEY[key] ?? key}"`;
      }
      const name = `the rule on "${String(rule.values['metric'])}"`;
      return rest.length === 0 ? name : `"${rest.map(String).join('.')}" of ${name}`;
    },
    placeOf: (line) =>
      line === 0
        ? { prefix: '', short: '' }
        : { prefix: `Input "rules", line ${line}: `, short: `line ${line}` },
  };
}
