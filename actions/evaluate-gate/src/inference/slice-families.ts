import type { DataEngine } from '../../../../shared/data/engine.ts';
import { quoteText } from '../../../../shared/data/sql.ts';
import { UsageError } from '../../../../shared/errors.ts';
import { acceptedNames } from '../../../../shared/action/accepted-names.ts';
import type { SliceFamily } from '../gate-file/gate-file.ts';
import { placeInGate } from '../gate-file/place-in-gate.ts';
import { type Column, numberOrNull, textOf } from '../metrics/column-values.ts';
import { checkPredicate } from './predicate.ts';

/** More slices than this are a column of ids, not of groups. */
const MAX_SLICES = 200;

/** A family of slices, each row in one of them or in none. */
export interface Cut {
  readonly family: string;
  /** Its column of the paired table: the index of the row's slice, -1 for none. */
  readonly key: string;
  /** That index in SQL, over the candidate's own columns or over those of other cuts. */
  readonly sql: string;
  readonly names: readonly string[];
  /** Of an intersection: the cuts that it is made of, in the order of the index's digits. */
  readonly of: readonly Cut[];
}

export interface SliceContext {
  readonly engine: DataEngine;
  readonly gatePath: string;
  /** Of the candidate's file. */
  readonly columns: readonly Column[];
  readonly signal: AbortSignal;
}

/** Finds out which slices the named families have, those that they are made of included, in an order to compute them. */
export async function resolveFamilies(
  wanted: readonly string[],
  families: readonly SliceFamily[],
  context: SliceContext,
): Promise<Cut[]> {
  const cuts = new Map<string, Cut>();
  const resolve = async (name: string): Promise<Cut> => {
    const known = cuts.get(name);
    if (known !== undefined) return known;
    const family = families.find((each) => each.name === name);
    if (family === undefined) throw new RangeError(`slice family ${name}`);
    const of: Cut[] = [];
    if (family.kind === 'all') for (const part of family.of) of.push(await resolve(part));
    const { sql, names } = await cutOf(family, of, context);
    const cut: Cut = { family: name, key: `k${cuts.size}`, sql, names, of };
    cuts.set(name, cut);
    return cut;
  };
  for (const name of wanted) await resolve(name);
  return [...cuts.values()];
}

type Found = Pick<Cut, 'sql' | 'names'>;

async function cutOf(family: SliceFamily, of: readonly Cut[], context: SliceContext): Promise<Found> {
  switch (family.kind) {
    case 'where':
      await checkPredicate(family, context);
      return { sql: `CASE WHEN (${family.predicate}) THEN 0 ELSE -1 END`, names: [family.name] };
    case 'bins': {
      const number = numberOrNull(columnOf(family, context));
      return binsOf(family.name, number, family.edges);
    }
    case 'column': {
      const column = columnOf(family, context);
      if (family.values !== undefined) {
        return {
          sql: indexSql(textOf(column), family.values),
          names: family.values.map((value) => `${family.name}=${value}`),
        };
      }
      const values = await valuesOf(family, column, context);
      return {
        sql: indexSql(textOf(column), values),
        names: values.map((_, index) => `${family.name} #${index + 1}`),
      };
    }
    case 'all':
      if (of.reduce((product, { names }) => product * names.length, 1) > MAX_SLICES) {
        throw tooMany(family, context.gatePath);
      }
      return intersectionOf(of);
  }
}

function columnOf(
  { name, column, line }: SliceFamily & { kind: 'column' | 'bins' },
  { columns, gatePath }: SliceContext,
): Column {
  const own = columns.filter((each) => !each.name.startsWith('__'));
  const found = own.find((each) => each.name === column);
  if (found !== undefined) return found;
  const names = acceptedNames(
    column,
    own.map((each) => each.name),
  );
  const { place, where } = placeInGate(gatePath, line);
  throw new UsageError(
    `${place}: the slices "${name}" are cut by the column "${column}", which the candidate's rows do not have.`,
    { ...(where && { where }), remedy: names.replace('Accepted:', 'Columns:') },
  );
}

/** Half-open ranges, so that each number is in one of them. */
function binsOf(name: string, number: string, edges: readonly number[]): Found {
  const below = edges.map((edge, index) => `WHEN x < ${edge} THEN ${index}`).join(' ');
  const first = edges[0] ?? 0;
  const last = edges.at(-1) ?? 0;
  const between = edges.slice(1).map((edge, index) => `${String(edges[index])}<=${name}<${edge}`);
  return {
    sql: `(SELECT CASE WHEN x IS NULL THEN -1 ${below} ELSE ${edges.length} END FROM (SELECT ${number} AS x))`,
    names: [`${name}<${first}`, ...between, `${name}>=${last}`],
  };
}

/** Values by how many rows have them, so that #1 is the greatest slice; equal sizes in the values' own order. */
async function valuesOf(
  family: SliceFamily,
  column: Column,
  { engine, gatePath, signal }: SliceContext,
): Promise<string[]> {
  const name = `slices ${family.name}`;
  const sql = `SELECT v FROM (SELECT ${textOf(column)} AS v FROM candidate) WHERE v IS NOT NULL
    GROUP BY v ORDER BY count(*) DESC, v LIMIT ${MAX_SLICES + 1}`;
  const values = ((await engine.run([{ name, sql }], signal)).get(name) ?? []).map(({ v }) => String(v));
  if (values.length > MAX_SLICES) throw tooMany(family, gatePath);
  return values;
}

function tooMany({ name, line }: SliceFamily, gatePath: string): UsageError {
  const { place, where } = placeInGate(gatePath, line);
  return new UsageError(`${place}: the slices "${name}" are more than ${MAX_SLICES}.`, {
    ...(where && { where }),
    remedy: 'Declare the "values" that matter, cut the column by "bins", or intersect fewer families.',
  });
}

function intersectionOf(of: readonly Cut[]): Found {
  const missing = of.map(({ key }) => `${key} < 0`).join(' OR ');
  const index = of.reduce(
    (sql, { key, names }) => (sql === '' ? key : `(${sql}) * ${names.length} + ${key}`),
    '',
  );
  const names = of.reduce<string[]>(
    (prefixes, cut) =>
      prefixes.flatMap((prefix) => cut.names.map((name) => (prefix === '' ? name : `${prefix} & ${name}`))),
    [''],
  );
  return { sql: `CASE WHEN ${missing} THEN -1 ELSE ${index} END`, names };
}

/** More comparisons than this are slower than the lookup of an enum. */
const MAX_COMPARISONS = 8;

/** The index of a text among values, -1 where it is none of them. */
export function indexSql(text: string, values: readonly string[]): string {
  if (values.length === 0) return '-1';
  if (values.length > MAX_COMPARISONS) {
    const members = values.map(quoteText).join(', ');
    return `coalesce(CAST(enum_code(TRY_CAST(${text} AS ENUM(${members}))) AS INTEGER), -1)`;
  }
  const cases = values.map((value, index) => `WHEN ${quoteText(value)} THEN ${index}`).join(' ');
  return `CASE ${text} ${cases} ELSE -1 END`;
}
