import type { DataFormat } from '../../../../shared/data/engine.ts';
import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import type { Contract, ContractObject, ContractProperty } from '../contract/odcs.ts';
import type { Path } from '../contract/read-contract.ts';
import type { Column } from './column-sql.ts';
import { compileOptions } from './compile-options.ts';
import { compileQuality, duplicates } from './compile-quality.ts';
import { NEVER, typeBroken } from './column-sql.ts';
import { type Draft, perRow, type PlannedCheck, settled } from './planned-check.ts';

/** One split as it was read. */
export interface SplitTable {
  readonly split: string;
  readonly format: DataFormat;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

const ROOT = 'contract';
/** So many names of unknown columns are told; the number tells the rest. */
const MAX_NAMES = 20;

/** All checks that a contract demands of the splits, each once for each split. */
export function compileContract(contract: Contract, splits: readonly SplitTable[]): PlannedCheck[] {
  const objects = contract.schema ?? [];
  const [only] = objects;
  return splits.flatMap((table) => {
    // A single object describes every split; of several, the one that has the split's name.
    const object = objects.length === 1 ? only : objects.find(({ name }) => name === table.split);
    const path: Path = object === undefined ? ['schema'] : ['schema', objects.indexOf(object)];
    const drafts = object === undefined ? [withoutObject(table, objects)] : draftsOf(object, table, path);
    return numbered(drafts, object?.name ?? ROOT, table.split);
  });
}

function withoutObject(table: SplitTable, objects: readonly ContractObject[]): Draft {
  const names = objects.map(({ name }) => name).join(', ');
  const reason =
    objects.length === 0
      ? 'The contract has no schema.'
      : `The contract has several objects (${names}), and none is named like the split.`;
  return {
    rule: 'object',
    column: null,
    description: `an object of the contract for the split ${table.split}`,
    expected: 'one object, or one named like the split',
    severity: 'error',
    path: ['schema'],
    test: settled('error', reason),
  };
}

/** Ids stay the same while the contract does: a second check of a kind gets a number. */
function numbered(drafts: readonly Draft[], object: string, split: string): PlannedCheck[] {
  const seen = new Map<string, number>();
  return drafts.map((draft) => {
    const stem = [object, ...(draft.column === null ? [] : [draft.column]), draft.rule].join('.');
    const count = (seen.get(stem) ?? 0) + 1;
    seen.set(stem, count);
    return { ...draft, id: count === 1 ? stem : `${stem}-${count}`, split };
  });
}

function draftsOf(object: ContractObject, table: SplitTable, path: Path): Draft[] {
  const properties = object.properties ?? [];
  const found = (property: ContractProperty): Column | undefined => {
    const column =
      table.columns.find(({ name }) => name === property.physicalName) ??
      table.columns.find(({ name }) => name === property.name);
    return column === undefined ? undefined : { ...column, format: table.format };
  };
  const columns = new Map(properties.map((property) => [property, found(property)]));
  const declared = new Set(
    [...columns.values()].flatMap((column) => (column === undefined ? [] : [column.name])),
  );
  const extra = table.columns.filter(({ name }) => !declared.has(name));
  return [
    ...properties.flatMap((property, index) =>
      draftsOfProperty(property, columns.get(property), [...path, 'properties', index]),
    ),
    ...primaryKey(properties, columns, path),
    ...(object.quality ?? []).map(
      (rule, index) =>
        missingOf(rule.arguments?.['properties'], properties, columns) ??
        compileQuality(renamed(rule, properties, columns), [...path, 'quality', index], null, undefined),
    ),
    ...(properties.length > 0 && extra.length > 0
      ? [
          extraColumns(
            extra.map(({ name }) => name),
            path,
          ),
        ]
      : []),
  ];
}

type Columns = ReadonlyMap<ContractProperty, Column | undefined>;

/** Names of properties become those of columns. */
function renamed(
  rule: Parameters<typeof compileQuality>[0],
  properties: readonly ContractProperty[],
  columns: Columns,
): Parameters<typeof compileQuality>[0] {
  const names: unknown = rule.arguments?.['properties'];
  if (!Array.isArray(names)) return rule;
  const physical = names.map((name: unknown) => {
    const property = properties.find((candidate) => candidate.name === name);
    return (property === undefined ? undefined : columns.get(property)?.name) ?? name;
  });
  return { ...rule, arguments: { ...rule.arguments, properties: physical } };
}

function missingOf(
  names: unknown,
  properties: readonly ContractProperty[],
  columns: Columns,
): Draft | undefined {
  if (!Array.isArray(names)) return undefined;
  const missing = properties.find(
    (property) => names.includes(property.name) && columns.get(property) === undefined,
  );
  return missing === undefined
    ? undefined
    : {
        rule: 'duplicateValues',
        column: null,
        description: 'a key of several columns',
        expected: 'no repeated key',
        severity: 'error',
        path: null,
        test: settled('fail', `The column ${missing.name} is missing.`),
      };
}

function extraColumns(names: readonly string[], path: Path): Draft {
  return {
    rule: 'extra-columns',
    column: null,
    description: 'columns that the contract does not know',
    expected: 'none',
    severity: 'info',
    path: [...path, 'properties'],
    test: settled(
      'warn',
      null,
      `${names.length}: ${names.slice(0, MAX_NAMES).join(', ')}${names.length > MAX_NAMES ? ', …' : ''}`,
    ),
  };
}

function primaryKey(properties: readonly ContractProperty[], columns: Columns, path: Path): Draft[] {
  const keys = properties
    .filter((property) => property.primaryKey === true)
    .sort((a, b) => (a.primaryKeyPosition ?? 0) - (b.primaryKeyPosition ?? 0));
  const [first] = keys;
  if (first === undefined) return [];
  const present = keys.flatMap((property) => columns.get(property) ?? []);
  const names = present.map(({ name }) => quoteIdentifier(name));
  const repeated = duplicates(names);
  const holes = names.map((name) => `${name} IS NULL`).join(' OR ');
  return [
    {
      rule: 'primaryKey',
      column: keys.length === 1 ? first.name : null,
      description: `primary key ${keys.map(({ name }) => name).join(', ')}`,
      expected: 'no null and no repeated key',
      severity: 'error',
      path: [...path, 'properties', properties.indexOf(first), 'primaryKey'],
      test:
        present.length < keys.length
          ? settled('fail', 'A column of the key is missing.')
          : {
              ...repeated,
              judged: 'count(*)',
              failing: `(${repeated.failing} + count(*) FILTER (WHERE ${holes}))`,
              broken: `(${holes}) OR (${repeated.broken ?? NEVER})`,
            },
    },
  ];
}

const INSIDE_UNCHECKED =
  'What the contract demands inside an object or a list cannot be checked by this version; what could not be checked has not passed.';

/** Keys of words, and of nothing that data could break. */
const SILENT_KEYS = new Set([
  'name',
  'id',
  'description',
  'businessName',
  'physicalType',
  'tags',
  'examples',
]);

/** Under which keys a property demands something of what its values hold. */
function inside({ properties = [], items }: ContractProperty): ('properties' | 'items')[] {
  return [
    ...(properties.length > 0 ? (['properties'] as const) : []),
    ...(Object.keys(items ?? {}).some((key) => !SILENT_KEYS.has(key)) ? (['items'] as const) : []),
  ];
}

function draftsOfProperty(property: ContractProperty, column: Column | undefined, path: Path): Draft[] {
  const { name, logicalType, required, unique, quality = [] } = property;
  const present: Draft = {
    rule: 'present',
    column: name,
    description: `column ${name}`,
    expected: 'present',
    severity: 'error',
    path,
    test: settled(
      column === undefined ? 'fail' : 'pass',
      column === undefined ? 'The column is missing.' : null,
    ),
  };
  // What a missing column should hold is not told a second time: the section fails by the column itself.
  if (column === undefined) return [present];
  const c = quoteIdentifier(column.name);
  const judged = `count(${c})`;
  const draft = (rule: string, expected: string, test: Draft['test'], key: string): Draft => ({
    rule,
    column: name,
    description: `${rule} of ${name}`,
    expected,
    severity: 'error',
    path: [...path, key],
    test,
  });
  return [
    present,
    ...(logicalType === undefined
      ? []
      : [draft('type', logicalType, perRow(typeBroken(column, logicalType), judged), 'logicalType')]),
    ...(required === true ? [draft('required', 'no null', perRow(`${c} IS NULL`), 'required')] : []),
    ...(unique === true ? [draft('unique', 'no repeated value', duplicates([c]), 'unique')] : []),
    ...compileOptions(property, column, path),
    ...quality.map((rule, index) => compileQuality(rule, [...path, 'quality', index], name, column)),
    ...inside(property).map((key) =>
      draft(key, 'as the contract says', settled('error', INSIDE_UNCHECKED), key),
    ),
  ];
}
