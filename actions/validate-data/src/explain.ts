import { availableParallelism, tmpdir } from 'node:os';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../../shared/action/logger.ts';
import { containedPath } from '../../../shared/action/contained-path.ts';
import { createDataEngine } from '../../../shared/data/create-engine.ts';
import type { DataEngine, Row } from '../../../shared/data/engine.ts';
import { quoteIdentifier } from '../../../shared/data/sql.ts';
import { SubjectError } from '../../../shared/errors.ts';
import type { Check, DataBody } from '../../../shared/record/data-section.ts';
import { hashFile } from '../../../shared/record/digest.ts';
import type { SectionOf } from '../../../shared/record/section.ts';

export interface ExplainOptions {
  readonly section: SectionOf<'data'>;
  readonly workspace: string;
  readonly workingDirectory: string;
  readonly logger: Logger;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Default: utf-8. */
  readonly encoding?: 'utf-8' | 'utf-16' | 'latin-1';
  readonly print: (line: string) => void;
}

const MEMORY_MIB = 2048;
const QUERY_TIMEOUT_MS = 10 * 60_000;

/**
 * Shows the rows behind failed checks. They are read again on this machine and printed only here: no value of the data
 * is ever part of a record. Files that changed since are refused, as their rows have other numbers.
 */
export async function explain(options: ExplainOptions): Promise<void> {
  const { section, print } = options;
  const body = section.body;
  const broken = body?.checks.filter(({ result }) => result === 'fail' || result === 'warn') ?? [];
  if (body === null || broken.length === 0) {
    print(`${section.subject}: no check failed.`);
    return;
  }
  const engine = await createDataEngine(options);
  const temporaryDirectory = await mkdtemp(join(tmpdir(), 'trainyard-explain-'));
  try {
    const sources = await unchangedSources(body, options);
    const limits = { memoryMiB: MEMORY_MIB, threads: availableParallelism(), temporaryDirectory };
    await engine.open(sources, { ...limits, queryTimeoutMs: QUERY_TIMEOUT_MS }, options.signal);
    for (const check of broken) await explainCheck(check, body, engine, options);
  } finally {
    await engine.close();
    await rm(temporaryDirectory, { recursive: true, force: true });
  }
}

async function unchangedSources(body: DataBody, options: ExplainOptions) {
  const { workspace, workingDirectory, signal, encoding = 'utf-8' } = options;
  const sources = [];
  for (const { split, uri, format, sha256 } of body.sources) {
    const path = containedPath(workspace, workingDirectory, uri, 'The record');
    const found = await hashFile(path, signal);
    if (found.sha256 !== sha256) {
      throw new SubjectError(
        'data',
        `${uri} is not the file that was checked: its digest differs from the record's.`,
        {
          remedy: 'Run trainyard validate-data again, then explain.',
          where: { file: uri },
        },
      );
    }
    sources.push({ table: split, path, label: uri, format, encoding });
  }
  return sources;
}

async function explainCheck(
  check: Check,
  body: DataBody,
  engine: DataEngine,
  options: ExplainOptions,
): Promise<void> {
  const { print, signal } = options;
  const { id, split, description, expected, observed, reason, rows, where } = check;
  const place = where === null ? '' : ` (${where.file}:${where.line})`;
  print(`${split ?? ''} ${id}${place}`);
  print(`  ${description}: expected ${expected}; ${reason ?? `found ${observed ?? 'nothing'}`}`);
  if (rows.length === 0 || split === null) return;
  const files = body.sources.filter((source) => source.split === split).map(({ uri }) => uri);
  const pairs = rows.map(({ file, row }) => `(${files.indexOf(file)}, ${row})`).join(', ');
  const sql = `SELECT * FROM ${quoteIdentifier(split)} WHERE (__file, __row) IN (${pairs}) ORDER BY __file, __row`;
  const results = await engine.run([{ name: id, sql }], signal);
  for (const row of results.get(id) ?? []) print(`    ${lineOf(row, files, check.column)}`);
}

/** One row on one line; the column at fault comes first. Control characters of the data do not reach the terminal. */
function lineOf(row: Row, files: readonly string[], column: string | null): string {
  const { __file: file, __row: number, ...cells } = row;
  const names = Object.keys(cells).sort((a, b) => Number(b === column) - Number(a === column));
  const shown = names.map((name) => `${name}=${show(cells[name] ?? null)}`).join(' ');
  return `${files[Number(file)] ?? ''} row ${String(number)}: ${shown}`;
}

function show(value: Row[string]): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? part.toString() : part,
  ).replace(/[\u007f-\u009f]/g, '?');
}
