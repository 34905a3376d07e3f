import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Action, ActionContext, Outcome } from '../../../shared/action/action.ts';
import { readPolicy } from '../../../shared/action/policy.ts';
import { createDataEngine } from '../../../shared/data/create-engine.ts';
import type { Table } from '../../../shared/data/engine.ts';
import { type DataFile, expandGlobs } from '../../../shared/data/files.ts';
import { SubjectError } from '../../../shared/errors.ts';
import { dataFingerprint, hashFile } from '../../../shared/record/digest.ts';
import type { DataBody } from '../../../shared/record/data-section.ts';
import { checkData } from './check-data.ts';
import { type ReadContract, readContract } from './contract/read-contract.ts';
import { annotationOf } from './decide/annotations.ts';
import { conclude } from './decide/conclude.ts';
import { contactOf } from './decide/contact.ts';
import { formatCount } from './decide/judge.ts';
import { type Inputs, INPUTS, OUTPUTS, readInputs } from './inputs.ts';

/** Longer than any sensible pass over a file takes; a hung query must not hold a runner for hours. */
const QUERY_TIMEOUT_MS = 20 * 60_000;

export const action: Action<'data', Inputs> = {
  name: 'validate-data',
  kind: 'data',
  inputs: INPUTS,
  outputs: OUTPUTS,
  readInputs,
  run,
};

interface InForce extends ReadContract {
  readonly policy: Awaited<ReturnType<typeof readPolicy>>['policy'];
}

/** Checks data against its contract, and profiles it. */
async function run(inputs: Inputs, context: ActionContext): Promise<Outcome<'data'>> {
  const { logger } = context;
  const inForce = await contractInForce(inputs, context);
  const files = await expandGlobs(inputs.data, context, 'data');
  const hashed = await logger.group('Files', () => hashAll(files, context));
  const { checks, profile, tables } = await logger.group('Checks', () =>
    measure(inputs, files, inForce, context),
  );
  await refuseChanged(hashed);

  const rows = [...tables.values()].flatMap((table) => table.files).reduce((sum, file) => sum + file.rows, 0);
  const { verdict, summary } = conclude(checks, {
    rows,
    splits: tables.size,
    hasContract: inForce !== undefined,
    newInHead: inForce?.policy.newInHead ?? false,
  });
  const fingerprint = dataFingerprint(
    hashed.map(({ file, bytes, sha256 }) => ({ split: file.split, path: file.uri, bytes, sha256 })),
  );
  const owner = inForce === undefined ? null : contactOf(inForce.contract);
  const failed = checks.filter(({ result, severity }) => result === 'fail' && severity === 'error');
  const undone = checks.find(({ result, severity }) => result === 'error' && severity === 'error');
  logger.info(`  rows: ${formatCount(rows)}`);
  logger.info(`  checks: ${checks.length}, of them failed: ${failed.length}`);
  logger.info(`  fingerprint: ${fingerprint}`);

  const body: DataBody = {
    sources: sourcesOf(hashed, tables),
    contract:
      inForce === undefined
        ? null
        : { ...inForce.policy, id: inForce.contract.id, version: inForce.contract.version, owner },
    checks: [...checks],
    profile: [...profile],
    dataFingerprint: fingerprint,
  };
  return {
    subject: inputs.subject,
    dataset: inputs.subject,
    verdict,
    summary,
    blame: blameOf(verdict, failed[0]?.description, undone?.reason ?? null, owner),
    notices: noticesOf(inForce),
    body,
    outputs: {
      'data-fingerprint': fingerprint,
      'failed-checks': String(failed.length),
      rows: String(rows),
    },
    annotations: checks.flatMap((check) => annotationOf(check) ?? []),
  };
}

async function contractInForce(inputs: Inputs, context: ActionContext): Promise<InForce | undefined> {
  if (inputs.contract === undefined) return undefined;
  const { text, policy } = await readPolicy(context, inputs.contract, inputs.policyFrom);
  return { ...readContract(text, policy.path), policy };
}

interface Hashed {
  readonly file: DataFile;
  readonly bytes: number;
  readonly sha256: string;
  /** What the file system said of the file before it was hashed. */
  readonly state: string;
}

async function stateOf(path: string): Promise<string> {
  const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [ino, size, mtimeNs, ctimeNs].join('.');
}

/** The fingerprint and the checks must speak of the same bytes. */
async function refuseChanged(hashed: readonly Hashed[]): Promise<void> {
  for (const { file, state } of hashed) {
    if ((await stateOf(file.path).catch(() => undefined)) === state) continue;
    throw new SubjectError('data', `${file.uri} was changed while it was read.`, {
      remedy: 'Let what writes the data end before this step begins.',
      where: { file: file.uri },
    });
  }
}

async function hashAll(files: readonly DataFile[], { logger, signal }: ActionContext): Promise<Hashed[]> {
  const progress = logger.progress('Hashing', files.length);
  try {
    const hashed: Hashed[] = [];
    for (const file of files) {
      const state = await stateOf(file.path);
      const { bytes, sha256 } = await hashFile(file.path, signal);
      hashed.push({ file, bytes, sha256, state });
      logger.debug(`${file.split}: ${file.uri}, ${bytes} bytes, ${sha256}`);
      progress.update(hashed.length, file.uri);
    }
    logger.info(`  ${files.length} of ${new Set(files.map(({ split }) => split)).size} splits`);
    return hashed;
  } finally {
    progress.end();
  }
}

type Measurement = Awaited<ReturnType<typeof checkData>> & { readonly tables: ReadonlyMap<string, Table> };

async function measure(
  inputs: Inputs,
  files: readonly DataFile[],
  inForce: InForce | undefined,
  context: ActionContext,
): Promise<Measurement> {
  const { logger, environment, signal, temporaryDirectory, workingDirectory } = context;
  const path = inputs.duckdbPath === undefined ? undefined : resolve(workingDirectory, inputs.duckdbPath);
  const engine = await createDataEngine({ logger, environment, signal, path });
  try {
    const sources = files.map(({ split, path: file, uri, format }) => ({
      table: split,
      path: file,
      label: uri,
      format,
      encoding: inputs.encoding,
    }));
    const limits = {
      memoryMiB: inputs.maxMemoryMiB,
      threads: availableParallelism(),
      temporaryDirectory,
      queryTimeoutMs: QUERY_TIMEOUT_MS,
    };
    const tables = await engine.open(sources, limits, signal);
    return { ...(await checkData({ engine, tables, files, inForce, signal })), tables };
  } finally {
    await engine.close();
  }
}

function sourcesOf(hashed: readonly Hashed[], tables: ReadonlyMap<string, Table>): DataBody['sources'] {
  return hashed.map(({ file, bytes, sha256 }) => {
    const table = tables.get(file.split);
    return {
      split: file.split,
      uri: file.uri,
      format: file.format,
      rows: table?.files.find(({ label }) => label === file.uri)?.rows ?? null,
      columns: table?.columns.length ?? null,
      bytes,
      sha256,
    };
  });
}

function noticesOf(inForce: InForce | undefined): string[] {
  if (inForce === undefined) return ['No contract was given: the data was profiled, and nothing was judged.'];
  if (inForce.policy.newInHead) {
    return [`${inForce.policy.path} is new in this pull request, so the verdict is at most inconclusive.`];
  }
  return inForce.policy.from === 'head'
    ? [`${inForce.policy.path} was taken from the pull request itself.`]
    : [];
}

function blameOf(
  verdict: Outcome['verdict'],
  broken: string | undefined,
  undone: string | null,
  contact: string | null,
): Outcome['blame'] {
  if (verdict === 'fail') {
    const message = `The data breaks its contract: ${broken ?? 'a check failed'}.`;
    return {
      owner: 'data',
      message,
      remedy: 'Mend the data, or change the contract in a pull request of its own.',
      contact,
    };
  }
  if (verdict !== 'error') return null;
  const message = undone ?? 'A check of the contract could not be judged.';
  return { owner: 'configuration', message, remedy: 'Change the rule in the contract.', contact };
}
