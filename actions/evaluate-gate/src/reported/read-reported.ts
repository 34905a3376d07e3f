import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { UsageError } from '../../../../shared/errors.ts';
import { MAX_DOCUMENT_BYTES, type Reported } from './collected.ts';
import { EVALUATION_RESULTS, metricsOfResults, readResultsFolder } from './evaluation-results.ts';
import { metricsOfDocument } from './known-documents.ts';
import { readMlflowFolder } from './mlflow-folder.ts';
import { readMlflowRun } from './mlflow-run.ts';
import { isRemote, MLFLOW } from './remote.ts';
import { readScoreLines } from './score-lines.ts';
import { parseStrictJson } from './strict-json.ts';
import { parseTomlDocument } from './toml-document.ts';
import { parseFrontMatter, parseYaml } from './yaml-document.ts';

/**
 * Reads metrics that somebody else computed, in the form that the name tells: `mlflow:<run id>`, a folder of MLflow's or
 * the Hub's, JSON Lines of scores, YAML, TOML, a model card, and JSON for all else. A null was looked for and is no number. `label` is how
 * the user knows the source; `environment` names MLflow's server.
 */
export async function readReported(
  path: string,
  label: string,
  signal: AbortSignal,
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<Reported> {
  if (isRemote(path)) return readMlflowRun(path.slice(MLFLOW.length), environment, signal);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new UsageError(`The metrics ${label} do not exist.`);
  if (found.isDirectory()) {
    return basename(path) === EVALUATION_RESULTS
      ? readResultsFolder(path, label, signal)
      : readMlflowFolder(path, label, signal);
  }
  const ending = extname(path).toLowerCase();
  if (ending === '.jsonl' || ending === '.ndjson') return readScoreLines(path, label, signal);
  if (found.size > MAX_DOCUMENT_BYTES) {
    throw new UsageError(
      `The metrics in ${label} have ${found.size} bytes; at most ${MAX_DOCUMENT_BYTES} are read.`,
    );
  }
  const text = await readFile(path, { encoding: 'utf8', signal });
  if (ending === '.yaml' || ending === '.yml') {
    const document = parseYaml(text, label);
    // A list of results is the Hub's; other metrics are a map.
    return Array.isArray(document) ? metricsOfResults([document], label) : metricsOfDocument(document, label);
  }
  if (ending === '.toml') return metricsOfDocument(await parseTomlDocument(text, label), label);
  if (ending === '.md') return metricsOfDocument(parseFrontMatter(text, label), label);
  return metricsOfDocument(parseStrictJson(text.replace(/^\uFEFF/, ''), label), label);
}
