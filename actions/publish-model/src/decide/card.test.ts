import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { FileReference } from '../../../../shared/record/common.ts';
import type { SectionOf } from '../../../../shared/record/section.ts';
import { dataSection, evaluationSection, trainingSection } from '../../../../test/registries/sections.ts';
import type { ModelRecord } from './admission.ts';
import { type CardOptions, writeCard } from './card.ts';
import { limitationsOf } from './card-limitations.ts';

const DIGEST = 'a'.repeat(64);
const FILE: FileReference = {
  path: 'out/model.onnx',
  role: 'model',
  bytes: 123_456,
  sha256: 'b'.repeat(64),
  locations: [],
};
const HOSTILE =
  '](https://evil.example) <img src=x onerror=alert(1)> | `code` \n---\n# Head @octocat *bold* {{x}} <!-- x';

type Rule = NonNullable<SectionOf<'evaluation'>['body']>['rules'][number];

function ruleOf(overrides: Partial<Rule> = {}): Rule {
  return {
    id: 'accuracy-min',
    metric: 'accuracy',
    mode: 'minimum',
    direction: 'higher',
    value: 0.97,
    baselineValue: null,
    difference: null,
    interval: null,
    level: null,
    p: null,
    adjustedP: null,
    n: 360,
    threshold: '0.9',
    bound: 0.9,
    slice: null,
    test: 'none',
    severity: 'error',
    result: 'pass',
    reason: '0.97 is at least 0.9.',
    where: null,
    ...overrides,
  };
}

function withRules(evaluation: SectionOf<'evaluation'>, rules: Rule[]): SectionOf<'evaluation'> {
  return { ...evaluation, body: evaluation.body === null ? null : { ...evaluation.body, rules } };
}

function optionsOf(record: Partial<ModelRecord> = {}, options: Partial<CardOptions> = {}): CardOptions {
  return {
    record: {
      training: trainingSection([FILE], DIGEST),
      evaluation: evaluationSection(DIGEST),
      data: [dataSection()],
      ...record,
    },
    serverUrl: 'https://github.com',
    gateRequired: true,
    appendix: undefined,
    ...options,
  };
}

function metadataOf(card: string): Record<string, unknown> {
  const front = /^---\n([\s\S]*?)\n---\n/.exec(card)?.[1] ?? '';
  return parse(front) as Record<string, unknown>;
}

describe('writeCard', () => {
  it('carries the metadata of Hugging Face with a model-index', () => {
    expect(metadataOf(writeCard(optionsOf()))).toEqual({
      library_name: 'onnx',
      tags: ['trainyard', 'onnx'],
      'model-index': [
        {
          name: 'digits',
          results: [
            {
              task: { type: 'other' },
              dataset: { name: 'digits-data', type: 'digits-data', revision: 'e'.repeat(64) },
              metrics: [{ type: 'accuracy', name: 'accuracy', value: 0.97 }],
            },
          ],
        },
      ],
    });
  });

  it('says what was measured, of what, how and by whom', () => {
    const rules = [
      ruleOf(),
      ruleOf({ id: 'recall', slice: 'digit 8', severity: 'warning', result: 'warn', reason: 'Low.' }),
    ];
    const evaluation = withRules(evaluationSection(DIGEST), rules);
    expect(writeCard(optionsOf({ evaluation }))).toMatchInlineSnapshot(`
      "---
      library_name: onnx
      tags:
        - trainyard
        - onnx
      model-index:
        - name: digits
          results:
            - task:
                type: other
              dataset:
                name: digits-data
                type: digits-data
                revision: eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee
              metrics:
                - type: accuracy
                  name: accuracy
                  value: 0.97
      ---

      # digits

      Trained at commit [\`aaaaaaaaaaaa\`](https://github.com/acme/yard/commit/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) of acme/yard, in [run 42](https://github.com/acme/yard/actions/runs/42). This card was written by Trainyard from the record of that run.

      ## Evaluation

      All rules hold.

      | Metric | Value | Baseline | n |
      | --- | --- | --- | --- |
      | accuracy | 0.97 | – | 360 |

      | Rule | Metric | Slice | Threshold | Result |
      | --- | --- | --- | --- | --- |
      | accuracy-min | accuracy | all rows | 0.9 | pass |
      | recall | accuracy | digit 8 | 0.9 | warn |

      ## Data

      Data fingerprint: \`eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee\`

      Dataset digits-data, checked without a contract: pass.

      | Split | File | Rows | Columns | SHA-256 |
      | --- | --- | --- | --- | --- |
      | train | data/train.parquet | 1,437 | 65 | \`ffffffffffff\` |

      ## Training

      | Fact | Value |
      | --- | --- |
      | Engine | local |
      | Command | \`python train.py\` |
      | Seed | 7 |
      | Environment | Linux, Python 3.12.1 |
      | Hardware | 2 CPUs |
      | Parameter trees | \`20\` |
      | Metric accuracy, by the training | 0.97 |

      ## Limitations

      - The predictions that it was judged on were written by the training itself (self-reported).
      - It is the first version: it was compared with no other.
      - Rule recall ended as warn: Low.

      ## Files

      | File | Size | SHA-256 |
      | --- | --- | --- |
      | out/model.onnx | 123 kB | \`bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\` |

      Model digest: \`aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\`
      "
    `);
  });

  it('lets no foreign text become structure', () => {
    const section = trainingSection([{ ...FILE, path: `out/${HOSTILE}.onnx` }], DIGEST, {
      notices: [HOSTILE],
    });
    const training = {
      ...section,
      body:
        section.body === null
          ? null
          : {
              ...section.body,
              command: [HOSTILE],
              parameters: { [HOSTILE]: HOSTILE },
              metrics: { [HOSTILE]: 1 },
              environment: { ...section.body.environment, os: HOSTILE },
            },
    };
    const judged = evaluationSection(DIGEST, { summary: HOSTILE });
    const body =
      judged.body === null
        ? null
        : { ...judged.body, metrics: [{ name: HOSTILE, value: 1, baseline: 0.5, n: null }] };
    const evaluation = withRules({ ...judged, body }, [
      ruleOf({
        id: HOSTILE,
        metric: HOSTILE,
        slice: HOSTILE,
        threshold: HOSTILE,
        result: 'warn',
        severity: 'warning',
        reason: HOSTILE,
      }),
    ]);
    const card = writeCard(optionsOf({ training, evaluation, data: [dataSection({ summary: HOSTILE })] }));
    const text = card.slice(card.indexOf('\n# digits'));
    expect(text).not.toContain('<img');
    expect(text).not.toContain('<!--');
    expect(text).not.toContain('](https://evil');
    expect(text).not.toMatch(/(^|[^>])@octocat/m);
    expect(text).not.toMatch(/^# Head/m);
    expect(text).not.toMatch(/^---$/m);
    expect(metadataOf(card)['model-index']).toEqual([
      expect.objectContaining({
        results: [expect.objectContaining({ metrics: [{ type: HOSTILE, name: HOSTILE, value: 1 }] })],
      }),
    ]);
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    for (const row of rows) expect([3, 4, 5, 6]).toContain(row.split('|').length - 1);
  });

  it('says what is unknown where the record says nothing', () => {
    const section = trainingSection([{ ...FILE, path: 'model.bin' }], DIGEST, { dataset: null });
    const training: SectionOf<'training'> = {
      ...section,
      commit: { ...section.commit, repository: null, headSha: null, dirty: true },
      run: { ...section.run, url: null },
      body:
        section.body === null
          ? null
          : {
              ...section.body,
              seed: null,
              dataFingerprint: null,
              environment: { ...section.body.environment, interpreter: null },
              hardware: {
                ...section.body.hardware,
                gpus: [
                  { name: 'T4', memoryMiB: null, uuid: null, driver: null, capability: null, mig: false },
                ],
              },
            },
    };
    const card = writeCard(optionsOf({ training, evaluation: undefined, data: [] }, { gateRequired: false }));
    expect(metadataOf(card)).toEqual({
      tags: ['trainyard'],
      'model-index': [{ name: 'digits', results: [] }],
    });
    expect(card).toContain(
      'Trained at an unknown commit, with changes that are not committed, in a terminal.',
    );
    expect(card).toContain('No gate has judged this model.');
    expect(card).toContain('The record says nothing about the data.');
    expect(card).toContain('not declared');
    expect(card).toContain('T4');
    const noLinks = writeCard(optionsOf({}, { serverUrl: null }));
    expect(noLinks).toContain('commit `aaaaaaaaaaaa` of acme/yard, in [run 42]');
  });

  it('names the contract and data that could not be read', () => {
    const section = dataSection();
    const contract = {
      path: 'c.yaml',
      digest: DIGEST,
      from: 'base' as const,
      ref: null,
      newInHead: false,
      diff: null,
      id: 'digits',
      version: '1.2.0',
      owner: null,
    };
    const sources = (section.body?.sources ?? []).map((source) => ({ ...source, rows: null, columns: null }));
    const data: SectionOf<'data'>[] = [
      { ...section, body: section.body === null ? null : { ...section.body, contract, sources } },
      dataSection({ body: null }),
    ];
    const card = writeCard(optionsOf({ data }));
    expect(card).toContain('checked under the contract digits 1.2.0: pass.');
    expect(card).toContain('| train | data/train.parquet | – | – |');
    expect(card).toContain('checked without a contract: pass.');
  });

  it('names the baseline', () => {
    const judged = evaluationSection(DIGEST);
    const baseline = { what: 'digits v1', from: 'production', version: 'v1', modelDigest: DIGEST };
    const body = judged.body === null ? null : { ...judged.body, baseline, firstRun: false };
    expect(writeCard(optionsOf({ evaluation: { ...judged, body } }))).toContain('Compared with digits v1.');
  });

  it('has no chapter of a training without a body', () => {
    const card = writeCard(optionsOf({ training: trainingSection([], DIGEST, { body: null }) }));
    expect(card).toContain('Model digest: `none`');
  });

  it("ends with the user's own part", () => {
    expect(writeCard(optionsOf({}, { appendix: '\n## Intended use\n\nDigits.\n\n' }))).toMatch(
      /\n\n## Intended use\n\nDigits\.\n$/,
    );
  });
});

describe('limitationsOf', () => {
  it('names none where the record names none', () => {
    const judged = evaluationSection(DIGEST);
    const body =
      judged.body === null ? null : { ...judged.body, firstRun: false, predictionsBy: 'gate' as const };
    const { record } = optionsOf({ evaluation: { ...judged, body } });
    expect(limitationsOf(record, true)).toEqual(['The record names none.']);
  });

  it('names what was not required, not run, not passed and noticed, each once', () => {
    const rules = [
      ruleOf({ id: 'a', severity: 'warning', result: 'warn', reason: 'Low.' }),
      ruleOf({ id: 'b', result: 'not-run', reason: 'First run.' }),
      ruleOf({ id: 'c' }),
    ];
    const evaluation = { ...withRules(evaluationSection(DIGEST), rules), notices: ['Self-reported.'] };
    const training = trainingSection([], DIGEST, { notices: ['Self-reported.'] });
    const data = [dataSection({ verdict: 'inconclusive', summary: 'No contract.' })];
    expect(limitationsOf({ training, evaluation, data }, false)).toEqual([
      'It was published without requiring that a gate had passed it (require-gate: false).',
      'The predictions that it was judged on were written by the training itself (self-reported).',
      'It is the first version: it was compared with no other.',
      'Rule a ended as warn: Low.',
      'Rule b ended as not-run: First run.',
      'The data of digits-data ended as inconclusive: No contract.',
      'Self-reported.',
    ]);
  });
});
