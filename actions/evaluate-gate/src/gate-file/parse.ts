import { type Document, isNode, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { acceptedNames } from '../../../../shared/action/accepted-names.ts';
import { messageOf, UsageError } from '../../../../shared/errors.ts';
import { STANDARD_METRICS } from '../metrics/catalog.ts';
import type { Bound, EvaluationColumns, GateFile, GateRule } from './gate-file.ts';
import { acceptedKeys, gateFileSchema, LATER_KEYS } from './schema.ts';

/** An alias or two is a convenience; thousands are an attack on memory. */
const MAX_ALIASES = 100;

/** Zod's names of types, as people say them. */
const KINDS_OF_VALUE: Readonly<Record<string, string>> = {
  object: 'a map of keys and values',
  array: 'a list',
  int: 'a whole number',
};

type Path = readonly PropertyKey[];
type RawRule = z.infer<typeof gateFileSchema>['rules'][number];

/**
 * Reads a gate file. Everything it does not know is a UsageError that names file and line, the key and what is accepted.
 * `file` is how the user knows it.
 */
export function parseGateFile(text: string, file: string): GateFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors[0] ?? document.warnings[0];
  if (broken !== undefined) {
    throw refusal(file, lines.linePos(broken.pos[0]).line, `is no valid YAML: ${broken.message}`);
  }
  const lineOf = (path: Path): number => lineIn(document, lines, path);

  const parsed = gateFileSchema.safeParse(plainValues(document, file), { reportInput: true });
  if (!parsed.success) throw problemsIn(parsed.error.issues, file, lineOf);
  const { data } = parsed;

  return {
    minCellSize: data.defaults['min-cell-size'],
    defaults: { alpha: 0.05, power: 0.8, seed: 7, replicates: 2_000 },
    examination: undefined,
    slices: [],
    metrics: [],
    utility: undefined,
    negativeControl: false,
    selfWaiver: false,
    acceptSelfReported: true,
    evaluation: data.evaluation === undefined ? undefined : columnsOf(data.evaluation, lineOf),
    baseline: {
      from: data.baseline.from,
      onNoBaseline: data.baseline['on-no-baseline'],
      line: lineOf(['baseline', 'from']),
    },
    rules: data.rules.map((rule, index) => ruleOf(rule, index, file, lineOf)),
  };
}

function plainValues(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
  } catch (cause) {
    throw refusal(
      file,
      1,
      `is refused: ${messageOf(cause)}.`,
      'Write values out instead of using many YAML aliases.',
      cause,
    );
  }
}

function columnsOf(
  {
    predictions,
    id,
    label,
    prediction,
    scores,
    positive,
    labels,
    weight,
  }: NonNullable<z.infer<typeof gateFileSchema>['evaluation']>,
  lineOf: (path: Path) => number,
): EvaluationColumns {
  const keys = ['predictions', 'id', 'label', 'prediction', 'scores', 'positive', 'labels', 'weight'];
  return {
    predictions,
    id,
    label,
    prediction,
    scores,
    positive,
    labels,
    weight,
    group: undefined,
    lines: Object.fromEntries(keys.map((key) => [key, lineOf(['evaluation', key])])),
  };
}

function ruleOf(rule: RawRule, index: number, file: string, lineOf: (path: Path) => number): GateRule {
  const { metric, severity } = rule;
  const known = STANDARD_METRICS.get(metric)?.direction;
  const direction = rule.direction ?? known;
  if (direction === undefined) {
    throw refusal(
      file,
      lineOf(['rules', index, 'metric']),
      `the rule on "${metric}" needs "direction": it is no standard metric.`,
      `Add "direction: higher" or "direction: lower". ${acceptedNames(metric, [...STANDARD_METRICS.keys()]).replace('Accepted:', 'Standard metrics:')}`,
    );
  }
  if (known !== undefined && direction !== known) {
    throw refusal(
      file,
      lineOf(['rules', index, 'direction']),
      `"direction: ${direction}" contradicts the standard metric "${metric}", of which ${known} is better.`,
      'Leave "direction" out, or give a metric of your own another name.',
    );
  }
  const bound = (mode: Bound['mode'], key: 'min' | 'max' | 'max-regression'): Bound[] => {
    const limit = rule[key];
    return limit === undefined ? [] : [{ mode, limit, line: lineOf(['rules', index, key]) }];
  };
  return {
    metric,
    direction,
    bounds: [
      ...bound('minimum', 'min'),
      ...bound('maximum', 'max'),
      ...bound('max-regression', 'max-regression'),
    ],
    severity,
    onMissing: rule['on-missing'],
    onInconclusive: undefined,
    test: rule.test,
    alpha: 0.05,
    minEffect: 0,
    slices: [],
    minSliceSize: 50,
    by: undefined,
    line: lineOf(['rules', index]),
  };
}

/** The line of the node at `path`, or of the nearest one above it that the file has. */
function lineIn(document: Document, lines: LineCounter, path: Path): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = document.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    const pair = isMap(parent)
      ? parent.items.find(({ key: node }) => isScalar(node) && node.value === key)
      : undefined;
    const node = pair?.key ?? document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

interface Problem {
  readonly line: number;
  readonly message: string;
  readonly remedy: string | undefined;
}

function problemsIn(
  issues: readonly z.core.$ZodIssue[],
  file: string,
  lineOf: (path: Path) => number,
): UsageError {
  const problems = issues
    .flatMap((issue): Problem[] =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownKey(issue.path, key, lineOf([...issue.path, key])))
        : [otherProblem(issue, lineOf(issue.path))],
    )
    .sort((a, b) => a.line - b.line);
  const [first, ...rest] = problems;
  const further =
    rest.length === 0
      ? ''
      : ` Further problems: ${rest.map(({ line, message }) => `line ${line}: ${message}`).join('; ')}.`;
  return refusal(file, first?.line ?? 1, `${first?.message ?? 'is not valid'}.${further}`, first?.remedy);
}

function unknownKey(path: Path, key: string, line: number): Problem {
  const place = path.length === 0 ? '' : ` in ${nameOf(path)}`;
  const later = Object.hasOwn(LATER_KEYS, key) ? LATER_KEYS[key] : undefined;
  if (later !== undefined) {
    return {
      line,
      message: `the key "${key}"${place} is not read by this version`,
      remedy: `Leave it out: ${later}.`,
    };
  }
  return {
    line,
    message: `unknown key "${key}"${place}`,
    remedy: acceptedNames(key, acceptedKeys(path) ?? []),
  };
}

function otherProblem(issue: z.core.$ZodIssue, line: number): Problem {
  const place = nameOf(issue.path);
  const { code, input, message } = issue;
  if (code === 'invalid_value' && message.startsWith('Invalid ')) {
    const remedy = acceptedNames(String(input), issue.values.map(String));
    return { line, message: `${place} is ${JSON.stringify(input)}`, remedy };
  }
  if (input === undefined && code !== 'custom' && issue.path.at(-1) !== 'test') {
    return { line, message: `${place} is missing`, remedy: undefined };
  }
  if (code === 'invalid_type' && message.startsWith('Invalid ')) {
    return {
      line,
      message: `${place} must be ${KINDS_OF_VALUE[issue.expected] ?? issue.expected}`,
      remedy: undefined,
    };
  }
  const told = message.startsWith('Too ') ? `is out of range (${message})` : message;
  return { line, message: `${place} ${told}`, remedy: undefined };
}

function nameOf(path: Path): string {
  if (path.length === 0) return 'the gate file';
  const [first, second, ...rest] = path;
  if (first === 'rules' && typeof second === 'number') {
    return `${rest.length === 0 ? '' : `"${rest.map(String).join('.')}" of `}rule ${second + 1}`;
  }
  return `"${path.map(String).join('.')}"`;
}

function refusal(file: string, line: number, message: string, remedy?: string, cause?: unknown): UsageError {
  return new UsageError(`${file}:${line}: ${message}`, {
    where: { file, line },
    ...(remedy === undefined ? {} : { remedy }),
    ...(cause === undefined ? {} : { cause }),
  });
}
