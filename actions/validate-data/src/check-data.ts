import type { DataEngine, Row, Table } from '../../../shared/data/engine.ts';
import type { DataFile } from '../../../shared/data/files.ts';
import type { Policy } from '../../../shared/record/common.ts';
import type { Check } from '../../../shared/record/data-section.ts';
import type { ReadContract } from './contract/read-contract.ts';
import { compileContract, type SplitTable } from './decide/compile-contract.ts';
import { judge, type ProfileColumn } from './decide/judge.ts';
import { type Counted, type PlannedCheck, settled } from './decide/planned-check.ts';
import {
  measuredOf,
  passQueries,
  profileOf,
  rowsQuery,
  unmatched,
  valuesOf,
  valuesQuery,
} from './decide/queries.ts';
import { judgeStructure } from './decide/structure.ts';
import { matchValues } from './match-values.ts';

/** A sound pattern tests millions of values in that time. */
const PATTERN_LIMIT_MS = 10_000;

const TOO_SLOW = settled(
  'error',
  `Testing the pattern on the values took longer than ${PATTERN_LIMIT_MS / 1000} s: it tries too many ways. Write it without a repetition inside a repetition, or without look-around and back-references.`,
);

interface CheckOptions {
  readonly engine: DataEngine;
  readonly tables: ReadonlyMap<string, Table>;
  readonly files: readonly DataFile[];
  readonly inForce: (ReadContract & { readonly policy: Policy }) | undefined;
  readonly signal: AbortSignal;
}

export interface CheckedData {
  readonly checks: readonly Check[];
  readonly profile: readonly ProfileColumn[];
}

/** Judges every split by one aggregate query, and a second only for the rows of what failed. */
export async function checkData(options: CheckOptions): Promise<CheckedData> {
  const { tables, files, inForce } = options;
  const checks: Check[] = [];
  const profile: ProfileColumn[] = [];
  for (const [split, table] of tables) {
    const format = files.find((file) => file.split === split)?.format ?? 'csv';
    const shape: SplitTable = { split, format, columns: table.columns };
    const planned = inForce === undefined ? [] : compileContract(inForce.contract, [shape]);
    checks.push(judgeStructure(split, table));
    const checked = await checkSplit(shape, table, planned, options);
    checks.push(...checked.checks);
    profile.push(...checked.profile);
  }
  return { checks, profile };
}

async function checkSplit(
  shape: SplitTable,
  table: Table,
  planned: readonly PlannedCheck[],
  { engine, inForce, signal }: CheckOptions,
): Promise<CheckedData> {
  const rows = table.files.reduce((sum, file) => sum + file.rows, 0);
  const results = await engine.run(passQueries(shape, rows, planned), signal);
  const row = Object.assign({}, ...[...results.values()].flat()) as Row;
  const measured = measuredOf(planned, row);

  const checks: Check[] = [];
  for (const [index, check] of planned.entries()) {
    let { test } = check;
    let counts = measured.get(index);
    let values: string[] = [];
    if (test.kind === 'counted' && test.pattern !== undefined && counts !== undefined) {
      const found = await testPattern(engine, shape, test, signal);
      if (found === undefined) test = TOO_SLOW;
      else {
        values = found.values;
        counts = { ...counts, failing: counts.failing + found.failing };
      }
    }
    const line = inForce === undefined || check.path === null ? undefined : inForce.lineOf(check.path);
    const where = inForce === undefined || line === undefined ? null : { file: inForce.policy.path, line };
    const judged = judge({ ...check, test }, counts, rows, where);
    const isBroken = judged.result === 'fail' || judged.result === 'warn';
    const query = isBroken && test.kind === 'counted' ? rowsQuery(shape, check.id, test, values) : undefined;
    checks.push(
      query === undefined ? judged : { ...judged, rows: await failingRows(engine, table, query, signal) },
    );
  }
  return { checks, profile: profileOf(shape, row) };
}

async function testPattern(
  engine: DataEngine,
  shape: SplitTable,
  test: Counted,
  signal: AbortSignal,
): Promise<ReturnType<typeof unmatched> | undefined> {
  const query = valuesQuery(shape, test);
  if (query === undefined || test.pattern === undefined) return { values: [], failing: 0 };
  const results = await engine.run([query], signal);
  const values = valuesOf(results.get(query.name) ?? []);
  const { expression } = test.pattern.expression;
  const texts = values.map(({ value }) => value);
  const matches = await matchValues(expression, texts, PATTERN_LIMIT_MS, signal);
  return matches === undefined ? undefined : unmatched(values, matches);
}

async function failingRows(
  engine: DataEngine,
  table: Table,
  query: NonNullable<ReturnType<typeof rowsQuery>>,
  signal: AbortSignal,
): Promise<Check['rows']> {
  const results = await engine.run([query], signal);
  return (results.get(query.name) ?? []).map(({ __file, __row }) => ({
    file: table.files[Number(__file)]?.label ?? '',
    row: Number(__row),
  }));
}
