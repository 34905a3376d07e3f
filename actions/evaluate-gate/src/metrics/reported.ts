import { metricsOfDocument } from '../reported/known-documents.ts';
import { parseStrictJson } from '../reported/strict-json.ts';

/** Reads metrics from JSON; `source` is how the user knows the file. `readReported` reads all other forms too. */
export function readReportedMetrics(text: string, source: string): ReadonlyMap<string, number | null> {
  return metricsOfDocument(parseStrictJson(text, source), source);
}
