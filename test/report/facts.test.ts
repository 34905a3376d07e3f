import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../shared/report/html.ts';
import { renderComment, renderSummary } from '../../shared/report/markdown.ts';
import { renderTerminal } from '../../shared/report/terminal.ts';
import { buildReport } from '../../shared/report/view.ts';
import * as fixtures from './fixtures.ts';

const report = buildReport([
  fixtures.failedData({ notices: ['This pull request comes from a fork.'] }),
  fixtures.trainingSection({ cost: { usd: 0.25, basis: '40 min of a GPU runner' } }),
  fixtures.failedEvaluation(),
  fixtures.publicationSection(),
  fixtures.rolledBackDeployment(),
]);

/** As a reader sees it: without tags, references resolved, breaks as blanks. */
function visible(markup: string): string {
  return markup
    .replaceAll(/<style>[^]*?<\/style>/g, '')
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\*\*|`/g, '')
    .replaceAll(/\s+/g, ' ');
}

const FORMS: readonly (readonly [string, () => Promise<string> | string])[] = [
  ['the comment', () => renderComment(report, { maxCharacters: 65_000 })],
  ['the summary', () => renderSummary(report, { maxBytes: 1_000_000 })],
  ['report.html', () => renderHtml(report)],
  ['the terminal', () => renderTerminal(report, { colour: false, columns: 400 })],
];

const FACTS = [
  // Verdicts
  'Not ready to merge',
  'Data of digits fails',
  'Evaluation of digits-mlp fails',
  'Deployment of digits-mlp fails',
  // Whose it is, what to do, whom to ask
  'the data',
  'the model',
  'vision-data@acme.example',
  '@acme/vision',
  'Correct rows 118 and 402',
  'Train a better model',
  // Data
  '3 of 1,797 (0.167 %)',
  'between 0 and 9',
  'contracts/digits.odcs.yaml:24',
  'data/train.parquet',
  '1,257',
  '98.2 kB',
  'urn:acme:digits 1.2.0',
  'pixel_0',
  // Training
  '0.05483',
  'train.loss',
  'validation.accuracy',
  'python train.py --hidden 64 --epochs 40',
  'AMD EPYC 7763',
  'Python 3.12.4',
  'USD 0.25',
  '412 MB',
  'out/model.onnx',
  'self-reported by the training',
  // Evaluation
  '0.9222',
  '0.9722',
  '▼ 0.05 worse',
  'accuracy not worse by more than 0.01',
  'accuracy at least 0.9',
  'digits-mlp v2',
  'Self-reported',
  '74.5 %',
  '<k',
  'max-regression: 0.1,',
  // Publication
  'github-release',
  'v2',
  fixtures.publicationBody().targets[0]?.manifestDigest?.slice(0, 19) ?? 'none',
  'moved: v1 → v2',
  '68.4 kB',
  'https://github.com/acme/digits/releases/tag/digits-mlp-v2',
  // Deployment
  'r-4',
  'Rolled back to revision r-2',
  '9 of 40',
  'Shift traffic',
  'http://127.0.0.1:8321',
  '1.8 s',
  '31 golden rows were answered with another label',
  // Where it comes from
  'acme/digits',
  'Pull request 42, attempt 1',
  'This pull request comes from a fork.',
  'grace',
  '48.3 s',
];

describe.each(FORMS)('%s', (_, render) => {
  it('shows every key fact', async () => {
    const text = visible(await render());
    expect(FACTS.filter((fact) => !text.includes(fact))).toEqual([]);
  });
});
