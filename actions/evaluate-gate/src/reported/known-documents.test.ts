import { describe, expect, it } from 'vitest';
import { metricsOfDocument } from './known-documents.ts';

const read = (document: unknown): Record<string, number | null> =>
  Object.fromEntries(metricsOfDocument(document, 'm.json'));

describe('metricsOfDocument', () => {
  it("gives a classification report's averages the names of the standard metrics", () => {
    const row = (value: number) => ({ precision: value, recall: value, 'f1-score': value, support: 10 });
    const report = { cat: row(0.5), accuracy: 0.7, 'macro avg': row(0.6), 'weighted avg': row(0.8) };
    expect(read(report)).toMatchObject({
      accuracy: 0.7,
      'cat.f1-score': 0.5,
      'macro avg.f1-score': 0.6,
      'f1-macro': 0.6,
      'precision-weighted': 0.8,
      'recall-weighted': 0.8,
    });
    expect(read({ ...report, 'f1-macro': 0.1 })['f1-macro']).toBe(0.1);
    expect(read({ 'macro avg': { precision: 1 } })).toEqual({ 'macro avg.precision': 1 });
  });

  it('reads results of lm-evaluation-harness by task, metric and filter', () => {
    const document = {
      results: {
        gsm8k: {
          alias: 'gsm8k',
          'exact_match,strict-match': 0.844,
          'exact_match,flexible-extract': 0.892,
          'exact_match_stderr,strict-match': 'N/A',
        },
        arc: { 'acc,none': 0.5, 'acc_stderr,none': 0.01, 'acc_norm,': 0.6, old: 0.7 },
        broken: 1,
      },
      groups: { mmlu: { 'acc,none': 0.3 } },
      'n-shot': { gsm8k: 5 },
      config: { batch_size: 1 },
    };
    expect(read(document)).toEqual({
      'gsm8k.exact_match.strict-match': 0.844,
      'gsm8k.exact_match.flexible-extract': 0.892,
      'arc.acc': 0.5,
      'arc.acc_stderr': 0.01,
      'arc.acc_norm': 0.6,
      'arc.old': 0.7,
      'mmlu.acc': 0.3,
    });
    expect(read({ results: { accuracy: 1 } })).toEqual({ 'results.accuracy': 1 });
  });

  it("takes the means of MLflow's table of results", () => {
    const document = {
      columns: ['inputs', 'toxicity/v1/score', 'partly', 'none'],
      data: [
        ['Hello', 0.25, 1, null],
        ['World', 0.75, null, null],
      ],
    };
    expect(read(document)).toEqual({ 'toxicity/v1/score': 0.5, partly: null });
  });

  it('reads a model-index, its metrics by dataset and, where there is one, by type', () => {
    const results = [
      {
        task: { type: 'text-classification' },
        dataset: { type: 'glue', name: 'GLUE', config: 'mrpc', split: 'test' },
        metrics: [
          { type: 'accuracy', value: 0.7 },
          { type: 'f1', value: '0.5' },
          { type: 'wer', value: '20.0 ± 1.2' },
        ],
      },
      { dataset: { type: 'imdb' }, metrics: [{ type: 'accuracy', value: 0.9 }] },
      { metrics: [{ type: 'loss', value: 0.1 }, { type: 'gone' }] },
    ];
    expect(read({ license: 'mit', 'model-index': [{ name: 'm', results }] })).toEqual({
      'glue.mrpc.test.accuracy': 0.7,
      'glue.mrpc.test.f1': 0.5,
      f1: 0.5,
      'glue.mrpc.test.wer': null,
      wer: null,
      'imdb.accuracy': 0.9,
      loss: 0.1,
      gone: null,
    });
    expect(() => read({ 'model-index': [{ results: [{ metrics: [{ value: 1 }] }] }] })).toThrow(
      'The metrics in m.json have no valid "model-index.0.results.0.metrics.0.type".',
    );
    const twice = [1, 2].map((value) => ({ dataset: { type: 'd' }, metrics: [{ type: 'f1', value }] }));
    expect(() => read({ 'model-index': [{ results: twice }] })).toThrow('name "d.f1" twice');
  });
});
