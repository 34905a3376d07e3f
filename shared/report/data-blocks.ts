import type { Check, DataBody } from '../record/data-section.ts';
import type { Result } from '../verdict.ts';
import { type Block, type Cell, code, type Column, fact, text } from './block.ts';
import { counted, formatBytes, formatNumber, formatShare, shortDigest } from './format.ts';
import { resultWord } from './marks.ts';
import { diffBlocks, policyFacts, policyNotes } from './policy-blocks.ts';

/** Row numbers named for one check; the others are a command away (`trainyard explain`). */
const ROWS_NAMED = 5;

const FIRST: readonly Result[] = ['fail', 'error', 'inconclusive', 'warn'];

const FAILED_COLUMNS: readonly Column[] = [
  { header: 'Result' },
  { header: 'Check' },
  { header: 'Expected' },
  { header: 'Observed' },
  { header: 'Rows that break it', numeric: true },
  { header: 'Where' },
];

/** What data-section.ts holds, failed checks first. */
export function dataBlocks(body: DataBody): Block[] {
  const failed = FIRST.flatMap((result) => body.checks.filter((check) => check.result === result));
  const others = body.checks.filter((check) => !FIRST.includes(check.result));
  return [
    ...policyNotes(body.contract, 'contract'),
    ...(failed.length === 0
      ? []
      : [
          {
            kind: 'table' as const,
            title: `Checks that do not pass (${formatNumber(failed.length)} of ${formatNumber(body.checks.length)})`,
            columns: FAILED_COLUMNS,
            rows: failed.map(failedRow),
          },
        ]),
    sources(body),
    ...(others.length === 0
      ? []
      : [
          {
            kind: 'table' as const,
            title: `Other checks (${formatNumber(others.length)})`,
            folded: true,
            columns: [
              { header: 'Result' },
              { header: 'Check' },
              { header: 'Expected' },
              { header: 'Observed' },
              { header: 'Rows judged', numeric: true },
            ],
            rows: others.map((check) => [
              result(check),
              text(check.description),
              text(check.expected),
              text(check.observed ?? check.reason ?? '–'),
              text(check.n === null ? '–' : formatNumber(check.n)),
            ]),
          },
        ]),
    ...profile(body),
    {
      kind: 'facts',
      title: 'Contract and fingerprint',
      folded: true,
      facts: [
        ...(body.contract === null
          ? fact('Contract', 'none: the data was profiled, not judged')
          : [
              ...fact('Contract', `${body.contract.id} ${body.contract.version}`),
              ...fact('Owner', body.contract.owner),
              ...policyFacts(body.contract),
            ]),
        ...fact(
          'Data fingerprint',
          body.dataFingerprint === null ? null : code(shortDigest(body.dataFingerprint)),
        ),
        ...fact('Counted by', 'validate-data, from the files themselves'),
      ],
    },
    ...diffBlocks(body.contract, 'contract'),
  ];
}

function result(check: Check): Cell {
  return {
    text: resultWord(check),
    mark: check.result,
  };
}

function failedRow(check: Check): Cell[] {
  const failing =
    check.failing === null
      ? '–'
      : check.n === null
        ? formatNumber(check.failing)
        : `${formatNumber(check.failing)} of ${formatNumber(check.n)} (${formatShare(check.failing, check.n)})`;
  const observed = [check.observed, check.reason].filter((part) => part !== null && part !== '');
  return [
    result(check),
    text(check.split === null ? check.description : `${check.description} (split ${check.split})`),
    text(check.expected),
    text(observed.length === 0 ? '–' : observed.join('; ')),
    text(failing),
    code(place(check)),
  ];
}

function place(check: Check): string {
  const line = check.where === null ? [] : [`${check.where.file}:${check.where.line}`];
  const byFile = new Map<string, number[]>();
  for (const { file, row } of check.rows.slice(0, ROWS_NAMED)) {
    byFile.set(file, [...(byFile.get(file) ?? []), row]);
  }
  const rows = Array.from(byFile, ([file, numbers]) => `${file} row ${numbers.join(', ')}`);
  if (check.rows.length > ROWS_NAMED) rows.push('…');
  return [...line, ...rows].join('; ') || '–';
}

function sources(body: DataBody): Block {
  const rows = body.sources.reduce((sum, source) => sum + (source.rows ?? 0), 0);
  const unread = body.sources.filter((source) => source.rows === null).length;
  return {
    kind: 'table',
    title: `Sources (${counted(body.sources.length, 'file')}, ${counted(rows, 'row')}${
      unread === 0 ? '' : `, ${formatNumber(unread)} not readable to the end`
    })`,
    columns: [
      { header: 'Split' },
      { header: 'File' },
      { header: 'Format' },
      { header: 'Rows', numeric: true },
      { header: 'Columns', numeric: true },
      { header: 'Size', numeric: true },
      { header: 'SHA-256' },
    ],
    rows: body.sources.map((source) => [
      text(source.split),
      code(source.uri),
      text(source.format),
      source.rows === null ? text('not readable', 'bad') : text(formatNumber(source.rows)),
      text(source.columns === null ? '–' : formatNumber(source.columns)),
      text(formatBytes(source.bytes)),
      code(shortDigest(source.sha256)),
    ]),
  };
}

function profile(body: DataBody): Block[] {
  if (body.profile.length === 0) return [];
  return [
    {
      kind: 'table',
      title: `Profile (${counted(body.profile.length, 'column')})`,
      folded: true,
      columns: [
        { header: 'Split' },
        { header: 'Column' },
        { header: 'Type' },
        { header: 'Rows', numeric: true },
        { header: 'Missing', numeric: true },
        { header: 'Distinct', numeric: true },
      ],
      rows: body.profile.map((column) => [
        text(column.split),
        code(column.column),
        code(column.type),
        text(formatNumber(column.rows)),
        text(
          column.nulls === 0
            ? '0'
            : `${formatNumber(column.nulls)} (${formatShare(column.nulls, column.rows)})`,
        ),
        text(column.distinct === null ? '–' : formatNumber(column.distinct)),
      ]),
    },
  ];
}
