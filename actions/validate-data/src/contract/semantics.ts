import { SEVERITIES } from '../../../../shared/verdict.ts';
import type { Contract, ContractObject, ContractProperty } from './odcs.ts';
import type { QualityRule } from './odcs-quality.ts';
import { compilePattern } from '../decide/pattern.ts';
import { isMoment, type MomentType } from '../decide/moments.ts';
import type { Path } from './read-contract.ts';

export interface Problem {
  readonly path: Path;
  readonly message: string;
}

export const UNITS = ['rows', 'percent'] as const;

/** The arguments that each metric of a column has. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  nullValues: [],
  missingValues: ['missingValues'],
  invalidValues: ['validValues', 'pattern'],
  duplicateValues: ['properties'],
  rowCount: [],
};

/** What the standard's schema lets through and nothing could check. An empty list means: sound. */
export function findProblems(contract: Contract): Problem[] {
  const objects = contract.schema ?? [];
  return [
    ...repeated(objects, ['schema'], 'object'),
    ...objects.flatMap((object, index) => problemsOfObject(object, ['schema', index])),
  ];
}

function repeated(elements: readonly { readonly name: string }[], path: Path, what: string): Problem[] {
  return elements.flatMap(({ name }, index) =>
    elements.findIndex((other) => other.name === name) < index
      ? [{ path: [...path, index, 'name'], message: `a second ${what} is named "${name}"` }]
      : [],
  );
}

function problemsOfObject(object: ContractObject, path: Path): Problem[] {
  const properties = object.properties ?? [];
  const names = new Set(properties.map(({ name }) => name));
  return [
    ...repeated(properties, [...path, 'properties'], 'property'),
    ...properties.flatMap((property, index) => problemsOfProperty(property, [...path, 'properties', index])),
    ...(object.quality ?? []).flatMap((rule, index) => [
      ...problemsOfRule(rule, [...path, 'quality', index]),
      ...problemsOfTableRule(rule, names, [...path, 'quality', index]),
    ]),
  ];
}

function problemsOfProperty(property: Omit<ContractProperty, 'name'>, path: Path): Problem[] {
  const { properties = [], items } = property;
  return [
    ...repeated(properties, [...path, 'properties'], 'property'),
    ...properties.flatMap((inner, index) => problemsOfProperty(inner, [...path, 'properties', index])),
    ...(items === undefined ? [] : problemsOfProperty(items, [...path, 'items'])),
    ...problemsOfOptions(property, [...path, 'logicalTypeOptions']),
    ...(property.quality ?? []).flatMap((rule, index) => [
      ...problemsOfRule(rule, [...path, 'quality', index]),
      ...problemsOfColumnRule(rule, [...path, 'quality', index]),
    ]),
  ];
}

function problemsOfOptions(
  { logicalType, logicalTypeOptions = {} }: Pick<ContractProperty, 'logicalType' | 'logicalTypeOptions'>,
  path: Path,
): Problem[] {
  const found: Problem[] = [];
  const add = (key: string, message: string): unknown => found.push({ path: [...path, key], message });
  const options = new Map(Object.entries(logicalTypeOptions));
  const above = (lower: string, upper: string): void => {
    const [low, high] = [options.get(lower), options.get(upper)];
    if (isAbove(low, high)) add(lower, `${lower} is above ${upper}`);
  };
  above('minimum', 'maximum');
  above('minLength', 'maxLength');
  const pattern = options.get('pattern');
  if (typeof pattern === 'string' && compilePattern(pattern) === undefined) {
    add('pattern', `"${pattern}" is no regular expression (ECMA-262)`);
  }
  if (logicalType === 'date' || logicalType === 'timestamp' || logicalType === 'time') {
    for (const key of ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']) {
      const value = options.get(key);
      if (typeof value === 'string' && !isMoment(value, logicalType))
        add(key, notAMoment(value, logicalType));
    }
  }
  return found;
}

function notAMoment(value: string, type: MomentType): string {
  return `"${value}" is no ${type} as ISO 8601 writes it`;
}

function isAbove(low: unknown, high: unknown): boolean {
  if (typeof low === 'number' && typeof high === 'number') return low > high;
  return typeof low === 'string' && typeof high === 'string' && low > high;
}

function problemsOfRule(rule: QualityRule, path: Path): Problem[] {
  const found: Problem[] = [];
  const add = (key: string, message: string): unknown => found.push({ path: [...path, key], message });
  const { severity, unit } = rule;
  if (severity !== undefined && !SEVERITIES.some((word) => word === severity)) {
    add('severity', `severity "${severity}"; accepted: ${SEVERITIES.join(', ')}`);
  }
  if (unit !== undefined && !UNITS.some((word) => word === unit)) {
    add('unit', `unit "${unit}"; accepted: ${UNITS.join(', ')}`);
  }
  if (rule.type === undefined && rule.metric === undefined) {
    found.push({ path, message: 'a rule with neither type nor metric checks nothing' });
  }
  for (const key of ['mustBeBetween', 'mustNotBeBetween'] as const) {
    const bounds = rule[key];
    if (bounds !== undefined && bounds[0] > bounds[1])
      add(key, `${key}: the first bound is above the second`);
  }
  for (const key of ['mustBe', 'mustNotBe'] as const) {
    if (rule.metric !== undefined && rule[key] !== undefined && typeof rule[key] !== 'number') {
      add(key, `${key} compares a count, so it takes a number`);
    }
  }
  const known = rule.metric === undefined ? undefined : ARGUMENTS[rule.metric];
  for (const key of Object.keys(rule.arguments ?? {})) {
    if (known !== undefined && !known.includes(key)) {
      add('arguments', `argument "${key}"; ${rule.metric ?? ''} has ${known.join(', ') || 'none'}`);
    }
  }
  return found;
}

function problemsOfColumnRule(rule: QualityRule, path: Path): Problem[] {
  const found: Problem[] = [];
  const add = (key: string, message: string): unknown => found.push({ path: [...path, key], message });
  const { validValues, pattern, missingValues, properties } = rule.arguments ?? {};
  if (rule.metric === 'rowCount')
    add('metric', 'rowCount belongs to the quality of an object, not of a property');
  if (rule.metric === 'invalidValues') {
    if (validValues === undefined && pattern === undefined) {
      add('metric', 'invalidValues needs validValues or pattern under arguments');
    }
    if (validValues !== undefined && !isListOfScalars(validValues))
      add('arguments', 'validValues is no list of values');
    if (pattern !== undefined && (typeof pattern !== 'string' || compilePattern(pattern) === undefined)) {
      add('arguments', 'pattern is no regular expression (ECMA-262)');
    }
  }
  if (rule.metric === 'missingValues' && !isListOfScalars(missingValues)) {
    add('metric', 'missingValues needs the list missingValues under arguments');
  }
  if (properties !== undefined) add('arguments', 'properties belongs to the quality of an object');
  return found;
}

function problemsOfTableRule(rule: QualityRule, names: ReadonlySet<string>, path: Path): Problem[] {
  const { metric } = rule;
  if (metric === undefined || metric === 'rowCount') return [];
  if (metric !== 'duplicateValues') {
    return [
      {
        path: [...path, 'metric'],
        message: `${metric} belongs to the quality of a property, not of an object`,
      },
    ];
  }
  const properties = rule.arguments?.['properties'];
  if (!Array.isArray(properties) || properties.length === 0) {
    return [
      {
        path: [...path, 'metric'],
        message: 'duplicateValues of an object needs the list properties under arguments',
      },
    ];
  }
  return properties
    .filter((name: unknown) => typeof name !== 'string' || !names.has(name))
    .map((name: unknown) => ({
      path: [...path, 'arguments'],
      message: `the object has no property ${JSON.stringify(name)}`,
    }));
}

function isListOfScalars(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => item === null || ['string', 'number', 'boolean'].includes(typeof item))
  );
}
