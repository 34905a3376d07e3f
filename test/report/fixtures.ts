import { createHash } from 'node:crypto';
import type { Check, DataBody } from '../../shared/record/data-section.ts';
import type { DeploymentBody } from '../../shared/record/deployment-section.ts';
import type { EvaluatedRule, EvaluationBody } from '../../shared/record/evaluation-section.ts';
import type { PublicationBody } from '../../shared/record/publication-section.ts';
import { type BodyOf, type Section, type SectionOf, sectionSchema } from '../../shared/record/section.ts';
import type { TrainingBody } from '../../shared/record/training-section.ts';
import { type Kind, KINDS } from '../../shared/names.ts';
import type { Verdict } from '../../shared/verdict.ts';
import { attemptOf, trainingBodyOf } from '../record/training-body.ts';

/** Builders of valid sections as real runs would leave them; everything can be overridden. */

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

const JOBS: Readonly<Record<Kind, string>> = {
  data: 'validate',
  training: 'train',
  evaluation: 'gate',
  publication: 'publish',
  deployment: 'deploy',
};

const SUMMARIES: Readonly<Record<Kind, string>> = {
  data: 'All 14 checks hold on 1,797 rows of 3 splits.',
  training: 'Trained in 1 attempt; 3 outputs collected.',
  evaluation: 'All 3 blocking rules hold against digits-mlp v1.',
  publication: 'Would publish 3 files to dir:registry.',
  deployment: 'Served revision r-2 and answered all 40 golden rows as expected.',
};

type Overrides<K extends Kind> = Partial<Omit<SectionOf<K>, 'kind' | 'run' | 'commit' | 'body'>> & {
  readonly body?: BodyOf<K> | null;
  readonly run?: Partial<Section['run']>;
  readonly commit?: Partial<Section['commit']>;
};

function head(kind: Kind, verdict: Verdict): Omit<Section, 'kind' | 'body'> {
  return {
    schemaVersion: 1,
    subject: kind === 'data' ? 'digits' : 'digits-mlp',
    dataset: kind === 'data' ? null : 'digits',
    verdict,
    passed: verdict === 'pass',
    summary: SUMMARIES[kind],
    blame: null,
    notices: [],
    created: `2026-11-20T10:0${KINDS.indexOf(kind)}:30.000Z`,
    durationMs: [2_140, 48_300, 3_720, 1_260, 9_480][KINDS.indexOf(kind)] ?? 1_000,
    cost: null,
    commit: {
      repository: 'acme/digits',
      headSha: sha1('head'),
      baseSha: sha1('base'),
      treeHash: sha1('tree'),
      ref: 'refs/pull/17/merge',
      event: 'pull_request',
      pullRequest: 17,
      fork: false,
      dirty: false,
      patchDigest: null,
    },
    run: {
      id: '7301',
      number: 42,
      attempt: 1,
      url: 'https://github.com/acme/digits/actions/runs/7301',
      workflow: 'Pull request',
      job: JOBS[kind],
      key: JOBS[kind],
      actor: 'grace',
    },
  };
}

function build<K extends Kind>(kind: K, body: BodyOf<K>, overrides: Overrides<K>): SectionOf<K> {
  const base = head(kind, overrides.verdict ?? 'pass');
  const section = sectionSchema.parse({
    kind,
    ...base,
    body,
    ...overrides,
    run: { ...base.run, ...overrides.run },
    commit: { ...base.commit, ...overrides.commit },
  });
  if (!isKind(section, kind)) throw new Error(`The fixture of kind "${kind}" is of kind "${section.kind}".`);
  return section;
}

function isKind<K extends Kind>(section: Section, kind: K): section is SectionOf<K> {
  return section.kind === kind;
}

export function check(overrides: Partial<Check> = {}): Check {
  return {
    id: 'digits.label.range',
    rule: 'range',
    column: 'label',
    split: null,
    description: 'Column label lies between 0 and 9',
    observed: 'all values inside',
    expected: 'between 0 and 9',
    n: 1_797,
    failing: 0,
    severity: 'error',
    result: 'pass',
    reason: null,
    where: { file: 'contracts/digits.odcs.yaml', line: 24 },
    rows: [],
    ...overrides,
  };
}

/** The check that breaks in `failedData`. */
export const FAILED_CHECK: Check = check({
  observed: 'lowest -1, highest 12',
  failing: 3,
  result: 'fail',
  rows: [
    { file: 'data/train.parquet', row: 118 },
    { file: 'data/train.parquet', row: 402 },
    { file: 'data/test.parquet', row: 9 },
  ],
});

export function policy(overrides: Partial<NonNullable<EvaluationBody['gate']>> = {}) {
  return {
    path: 'gate.yaml',
    digest: sha256('gate'),
    from: 'base' as const,
    ref: sha1('base'),
    newInHead: false,
    diff: null,
    ...overrides,
  };
}

export function dataBody(overrides: Partial<DataBody> = {}): DataBody {
  const splits = [
    ['train', 1_257, 98_211],
    ['validation', 180, 16_020],
    ['test', 360, 30_977],
  ] as const;
  return {
    sources: splits.map(([split, rows, bytes]) => ({
      split,
      uri: `data/${split}.parquet`,
      format: 'parquet',
      rows,
      columns: 66,
      bytes,
      sha256: sha256(split),
    })),
    contract: {
      ...policy({ path: 'contracts/digits.odcs.yaml', digest: sha256('contract') }),
      id: 'urn:acme:digits',
      version: '1.2.0',
      owner: 'vision-data@acme.example',
    },
    checks: [
      check(),
      check({
        id: 'digits.id.unique',
        rule: 'unique',
        column: 'id',
        description: 'Column id holds no value twice',
        observed: '1,797 distinct values',
        expected: 'unique',
      }),
      check({
        id: 'digits.rows',
        rule: 'row-count',
        column: null,
        split: 'train',
        description: 'The split has enough rows',
        observed: '1,257 rows',
        expected: 'at least 1,000 rows',
        n: 1_257,
        failing: null,
      }),
      check({
        id: 'digits.note.text',
        rule: 'text',
        description: 'Scans were made at 300 dpi',
        observed: null,
        expected: 'a rule in words, which nobody can run',
        result: 'not-run',
        severity: 'info',
        n: null,
        failing: null,
        reason: 'A rule of type text is for people.',
      }),
    ],
    profile: [
      { split: 'train', column: 'id', type: 'BIGINT', rows: 1_257, nulls: 0, distinct: 1_257 },
      { split: 'train', column: 'label', type: 'BIGINT', rows: 1_257, nulls: 2, distinct: 10 },
      { split: 'train', column: 'pixel_0', type: 'DOUBLE', rows: 1_257, nulls: 0, distinct: null },
    ],
    dataFingerprint: sha256('data'),
    ...overrides,
  };
}

export function dataSection(overrides: Overrides<'data'> = {}): SectionOf<'data'> {
  return build('data', dataBody(), overrides);
}

export function failedData(overrides: Overrides<'data'> = {}): SectionOf<'data'> {
  return dataSection({
    verdict: 'fail',
    summary: '1 of 4 checks fails: column label holds values outside 0 to 9.',
    blame: {
      owner: 'data',
      message: '3 of 1,797 rows hold a label outside 0 to 9.',
      remedy: 'Correct rows 118 and 402 of data/train.parquet and row 9 of data/test.parquet.',
      contact: null,
    },
    body: dataBody({
      checks: [
        ...dataBody().checks.filter((each) => each.id !== FAILED_CHECK.id),
        FAILED_CHECK,
        check({
          id: 'digits.pixel_0.nulls',
          rule: 'nulls',
          column: 'pixel_0',
          description: 'Column pixel_0 has few missing values',
          observed: '2 missing',
          expected: 'none missing',
          failing: 2,
          severity: 'warning',
          result: 'warn',
        }),
      ],
    }),
    ...overrides,
  });
}

function points(count: number, at: (share: number) => number): [number, number][] {
  return Array.from({ length: count }, (_, index) => [index + 1, at(index / (count - 1))]);
}

export function trainingBody(overrides: Partial<TrainingBody> = {}): TrainingBody {
  return trainingBodyOf({
    engine: 'local',
    submission: { id: 'local-5f2c', key: 'train-7301', url: null },
    command: ['python', 'train.py', '--hidden', '64', '--epochs', '40'],
    parameters: { hidden: 64, epochs: 40, 'learning-rate': 0.001, solver: 'adam', shuffle: true, warm: null },
    seed: 7,
    environment: {
      os: 'Linux 6.8 x64',
      interpreter: { name: 'Python', version: '3.12.4' },
      lockFiles: [{ path: 'requirements.txt', sha256: sha256('lock') }],
      image: null,
      packages: [{ name: 'scikit-learn', version: '1.7.2' }],
      variables: { PYTHONHASHSEED: '7' },
    },
    hardware: {
      cpus: 4,
      cpuModel: 'AMD EPYC 7763',
      memoryBytes: 16_374_000_000,
      gpus: [],
      runner: 'GitHub Actions 12',
    },
    codeFingerprint: sha256('code'),
    dataFingerprint: sha256('data'),
    attempts: [
      attemptOf({
        startedAt: '2026-11-20T10:00:41.000Z',
        durationMs: 46_900,
        exitCode: 0,
        signal: null,
        failureClass: null,
        reason: null,
        peakMemoryBytes: 412_000_000,
      }),
    ],
    series: [
      { metric: 'train.loss', points: points(40, (t) => 0.04 + 2.2 * Math.exp(-5 * t)) },
      { metric: 'validation.loss', points: points(40, (t) => 0.11 + 2.1 * Math.exp(-4.5 * t) + 0.02 * t) },
      { metric: 'train.accuracy', points: points(40, (t) => 0.995 - 0.75 * Math.exp(-6 * t)) },
      {
        metric: 'validation.accuracy',
        points: points(40, (t) => 0.972 - 0.72 * Math.exp(-5.5 * t) + 0.006 * Math.sin(20 * t)),
      },
    ],
    metrics: {
      'train.loss': 0.054_831,
      'validation.accuracy': 0.972_222,
      'validation.loss': 0.153_307,
      epochs: 40,
    },
    files: [
      { path: 'out/model.onnx', role: 'model', bytes: 41_288, sha256: sha256('model'), locations: [] },
      {
        path: 'out/predictions.parquet',
        role: 'predictions',
        bytes: 22_101,
        sha256: sha256('p'),
        locations: [],
      },
      { path: 'out/metrics.json', role: 'metrics', bytes: 312, sha256: sha256('m'), locations: [] },
    ],
    modelDigest: sha256('model-digest'),
    ...overrides,
  });
}

export function trainingSection(overrides: Overrides<'training'> = {}): SectionOf<'training'> {
  return build('training', trainingBody(), overrides);
}

export function failedTraining(overrides: Overrides<'training'> = {}): SectionOf<'training'> {
  return trainingSection({
    verdict: 'fail',
    summary: 'The training ended with exit code 3.',
    blame: {
      owner: 'code',
      message: 'The command "python train.py" ended with exit code 3.',
      remedy: 'The end of its output is in the log group "Training".',
      contact: '@acme/vision',
    },
    body: trainingBody({
      attempts: [
        attemptOf({
          startedAt: '2026-11-20T10:00:41.000Z',
          durationMs: 1_900,
          exitCode: null,
          signal: 'SIGKILL',
          failureClass: 'out-of-memory',
          reason: 'The kernel ended the process.',
          peakMemoryBytes: 15_900_000_000,
        }),
        attemptOf({
          startedAt: '2026-11-20T10:01:11.000Z',
          durationMs: 2_300,
          exitCode: 3,
          signal: null,
          failureClass: 'user-code',
          reason: null,
          peakMemoryBytes: null,
        }),
      ],
      series: [],
      metrics: {},
      files: [],
      modelDigest: null,
    }),
    ...overrides,
  });
}

export function rule(overrides: Partial<EvaluatedRule> = {}): EvaluatedRule {
  return {
    id: 'accuracy.minimum',
    metric: 'accuracy',
    mode: 'minimum',
    direction: 'higher',
    value: 0.983_333,
    baselineValue: 0.972_222,
    difference: 0.011_111,
    interval: null,
    level: null,
    p: null,
    adjustedP: null,
    n: 360,
    threshold: '0.95',
    bound: 0.95,
    slice: null,
    test: 'none',
    severity: 'error',
    result: 'pass',
    reason: '0.9833 is at least 0.95',
    where: { file: 'gate.yaml', line: 8 },
    ...overrides,
  };
}

/** Ten digits, nearly right; two cells are withheld. */
function confusion(): NonNullable<EvaluationBody['confusion']> {
  const labels = Array.from({ length: 10 }, (_, digit) => String(digit));
  const errors: readonly (readonly [number, number, number | null])[] = [
    [1, 8, 12],
    [9, 4, 11],
    [3, 5, null],
    [7, 9, null],
  ];
  return {
    labels,
    counts: labels.map((_, row) =>
      labels.map((__, column) => {
        const error = errors.find(([from, to]) => from === row && to === column);
        if (error !== undefined) return error[2];
        return row === column ? 33 + ((row * 7) % 5) : 0;
      }),
    ),
  };
}

export function evaluationBody(overrides: Partial<EvaluationBody> = {}): EvaluationBody {
  return {
    candidate: {
      what: "this run's training",
      from: 'run',
      version: null,
      modelDigest: sha256('model-digest'),
    },
    baseline: {
      what: 'digits-mlp v1',
      from: 'production',
      version: 'v1',
      modelDigest: sha256('baseline'),
    },
    firstRun: false,
    gate: policy(),
    rules: [
      rule(),
      rule({
        id: 'accuracy.max-regression',
        mode: 'max-regression',
        threshold: '0.01',
        bound: 0.962_222,
        reason: '0.0111 better than the baseline',
      }),
      rule({
        id: 'log-loss.maximum',
        metric: 'log-loss',
        mode: 'maximum',
        direction: 'lower',
        value: 0.0612,
        baselineValue: 0.0931,
        difference: -0.0319,
        threshold: '0.2',
        bound: 0.2,
        reason: '0.0612 is at most 0.2',
      }),
      rule({
        id: 'f1-macro.minimum',
        metric: 'f1-macro',
        value: 0.9829,
        baselineValue: null,
        difference: null,
        threshold: '0.99',
        bound: 0.99,
        severity: 'warning',
        result: 'warn',
        reason: '0.9829 is below 0.99',
      }),
    ],
    metrics: [
      { name: 'accuracy', value: 0.983_333, baseline: 0.972_222, n: 360 },
      { name: 'log-loss', value: 0.0612, baseline: 0.0931, n: 360 },
      { name: 'f1-macro', value: 0.9829, baseline: 0.9719, n: 360 },
      { name: 'roc-auc', value: 0.9991, baseline: null, n: null },
    ],
    confusion: confusion(),
    predictionsBy: 'training',
    modelDigest: sha256('model-digest'),
    evaluationSetDigest: sha256('evaluation-set'),
    predictionsDigest: sha256('predictions'),
    ...overrides,
  };
}

export function evaluationSection(overrides: Overrides<'evaluation'> = {}): SectionOf<'evaluation'> {
  return build('evaluation', evaluationBody(), overrides);
}

export function failedEvaluation(overrides: Overrides<'evaluation'> = {}): SectionOf<'evaluation'> {
  return evaluationSection({
    verdict: 'fail',
    summary: '1 of 2 blocking rules is broken: accuracy fell by 0.05 against digits-mlp v2.',
    blame: {
      owner: 'model',
      message: 'The candidate is worse than digits-mlp v2: accuracy fell from 0.9722 to 0.9222.',
      remedy: 'Train a better model, or change the limit in gate.yaml in a pull request of its own.',
      contact: '@acme/vision',
    },
    body: evaluationBody({
      baseline: { what: 'digits-mlp v2', from: 'production', version: 'v2', modelDigest: sha256('v2') },
      gate: policy({
        diff: '--- a/gate.yaml\n+++ b/gate.yaml\n@@ -6,3 +6,3 @@\n rules:\n-  - {metric: accuracy, max-regression: 0.01, test: none}\n+  - {metric: accuracy, max-regression: 0.1, test: none}\n',
      }),
      rules: [
        rule({
          id: 'accuracy.max-regression',
          mode: 'max-regression',
          value: 0.922_222,
          difference: -0.05,
          threshold: '0.01',
          bound: 0.962_222,
          result: 'fail',
          reason: '0.05 worse than the baseline, at most 0.01 is allowed',
        }),
        rule({
          id: 'accuracy.minimum',
          value: 0.922_222,
          difference: -0.05,
          threshold: '0.9',
          bound: 0.9,
          reason: '0.9222 is at least 0.9',
        }),
      ],
      metrics: [{ name: 'accuracy', value: 0.922_222, baseline: 0.972_222, n: 360 }],
    }),
    ...overrides,
  });
}

export function firstEvaluation(overrides: Overrides<'evaluation'> = {}): SectionOf<'evaluation'> {
  return evaluationSection({
    summary: 'The blocking rule holds; first run, nothing to compare with.',
    body: evaluationBody({
      firstRun: true,
      baseline: null,
      rules: [
        rule({ baselineValue: null, difference: null }),
        rule({
          id: 'accuracy.max-regression',
          mode: 'max-regression',
          baselineValue: null,
          difference: null,
          threshold: '0.01',
          bound: null,
          result: 'not-run',
          reason: 'First run: there is no baseline yet',
        }),
      ],
      metrics: [{ name: 'accuracy', value: 0.983_333, baseline: null, n: 360 }],
    }),
    ...overrides,
  });
}

export function publicationBody(overrides: Partial<PublicationBody> = {}): PublicationBody {
  return {
    mode: 'publish',
    targets: [
      {
        registry: 'github-release',
        version: 'v2',
        manifestDigest: `sha256:${sha256('manifest')}`,
        url: 'https://github.com/acme/digits/releases/tag/digits-mlp-v2',
        state: 'published',
        files: 5,
        bytes: 68_412,
      },
    ],
    card: { path: 'README.md', sha256: sha256('card') },
    alias: { name: 'candidate', from: 'v1', to: 'v2' },
    gateRequired: true,
    modelDigest: sha256('model-digest'),
    ...overrides,
  };
}

export function publicationSection(overrides: Overrides<'publication'> = {}): SectionOf<'publication'> {
  return build('publication', publicationBody(), { summary: 'Published digits-mlp v2.', ...overrides });
}

export function plannedPublication(overrides: Overrides<'publication'> = {}): SectionOf<'publication'> {
  return publicationSection({
    summary: 'Would publish the next version of digits-mlp to dir:registry.',
    body: publicationBody({
      mode: 'plan',
      targets: [
        {
          registry: 'dir:registry',
          version: null,
          manifestDigest: null,
          url: null,
          state: 'planned',
          files: 5,
          bytes: 68_412,
        },
      ],
      alias: { name: 'candidate', from: 'v1', to: 'the next version' },
    }),
    ...overrides,
  });
}

export function deploymentBody(overrides: Partial<DeploymentBody> = {}): DeploymentBody {
  return {
    mode: 'deploy',
    target: 'local',
    endpoint: 'digits',
    url: 'http://127.0.0.1:8321',
    version: 'v2',
    revision: 'r-2',
    previousRevision: 'r-1',
    strategy: 'blue-green',
    steps: [
      { name: 'Fetch model', result: 'pass', durationMs: 410, detail: '3 files verified' },
      { name: 'Start revision r-2', result: 'pass', durationMs: 1_730, detail: null },
      { name: 'Smoke test', result: 'pass', durationMs: 620, detail: '40 of 40 golden rows agree' },
      { name: 'Shift traffic', result: 'pass', durationMs: 35, detail: 'all requests go to r-2' },
      { name: 'Stop revision r-1', result: 'pass', durationMs: 210, detail: null },
    ],
    smokeTest: {
      result: 'pass',
      goldenRows: 40,
      agreeing: 40,
      requests: 52,
      latencyP50Ms: 1.8,
      latencyP95Ms: 4.6,
      reason: null,
    },
    rolledBack: false,
    alias: { name: 'production', from: 'v1', to: 'v2' },
    gateRequired: true,
    modelDigest: sha256('model-digest'),
    ...overrides,
  };
}

export function deploymentSection(overrides: Overrides<'deployment'> = {}): SectionOf<'deployment'> {
  return build('deployment', deploymentBody(), overrides);
}

export function rolledBackDeployment(overrides: Overrides<'deployment'> = {}): SectionOf<'deployment'> {
  return deploymentSection({
    verdict: 'fail',
    summary: 'The smoke test failed; rolled back to revision r-2.',
    blame: {
      owner: 'model',
      message: 'Version v4 answered 31 of 40 golden rows other than expected.',
      remedy: 'Compare the order of the labels in the ONNX file with that of the training.',
      contact: '@acme/vision',
    },
    body: deploymentBody({
      version: 'v4',
      revision: 'r-4',
      previousRevision: 'r-2',
      steps: [
        { name: 'Fetch model', result: 'pass', durationMs: 390, detail: '3 files verified' },
        { name: 'Start revision r-4', result: 'pass', durationMs: 1_810, detail: null },
        { name: 'Smoke test', result: 'fail', durationMs: 540, detail: '9 of 40 golden rows agree' },
        {
          name: 'Roll back to r-2',
          result: 'pass',
          durationMs: 45,
          detail: 'r-2 took all requests throughout',
        },
        { name: 'Shift traffic', result: 'not-run', durationMs: 0, detail: null },
      ],
      smokeTest: {
        result: 'fail',
        goldenRows: 40,
        agreeing: 9,
        requests: 52,
        latencyP50Ms: 1.9,
        latencyP95Ms: null,
        reason: '31 golden rows were answered with another label',
      },
      rolledBack: true,
      alias: null,
    }),
    ...overrides,
  });
}

export function plannedDeployment(overrides: Overrides<'deployment'> = {}): SectionOf<'deployment'> {
  return deploymentSection({
    summary: 'Served the gated model on the runner; all 40 golden rows agree.',
    body: deploymentBody({
      mode: 'plan',
      strategy: 'smoke-serving',
      version: null,
      previousRevision: null,
      alias: null,
    }),
    ...overrides,
  });
}

/** An action that ended before it could measure anything. */
export function bodiless(kind: Kind, verdict: 'error' | 'skipped' | 'pending'): Section {
  const base = head(kind, verdict);
  return sectionSchema.parse({
    kind,
    ...base,
    summary:
      verdict === 'error'
        ? 'The registry at dir:registry did not answer within 30 s.'
        : verdict === 'pending'
          ? 'Dispatched to the GPU workflow; not ended yet.'
          : 'The gate was inconclusive, so there is nothing to publish.',
    blame:
      verdict === 'error'
        ? {
            owner: 'infrastructure',
            message: 'The registry at dir:registry did not answer within 30 s.',
            remedy: 'Run the job again when it answers.',
            contact: null,
          }
        : null,
    body: null,
  });
}

/** A pull request whose model is better than what is in production. */
export function passingRun(): Section[] {
  return [dataSection(), trainingSection(), evaluationSection(), plannedPublication(), plannedDeployment()];
}

/** A pull request whose model the gate blocks. */
export function failingRun(): Section[] {
  return [
    dataSection(),
    trainingSection(),
    failedEvaluation(),
    {
      ...bodiless('publication', 'error'),
      summary: 'The gate has not passed this model.',
      blame: {
        owner: 'model',
        message: 'The gate has not passed this model, so it is not published.',
        remedy: null,
        contact: null,
      },
    },
  ];
}

/** The first pull request of a repository: nothing is published yet. */
export function firstRun(): Section[] {
  return [dataSection(), trainingSection(), firstEvaluation(), plannedPublication(), plannedDeployment()];
}

/** A push to main that published and deployed. */
export function mainRun(): Section[] {
  const commit = { event: 'push', pullRequest: null, ref: 'refs/heads/main' };
  return [
    dataSection({ commit }),
    trainingSection({ commit, cost: { usd: 0.0048, basis: '48 s at USD 0.006 a minute' } }),
    evaluationSection({ commit }),
    publicationSection({ commit }),
    deploymentSection({ commit }),
  ];
}

/** Three models of one dataset in one run: one passes, one is blocked, one still trains. */
export function matrixRun(): Section[] {
  const leg = (subject: string, job: string) => ({
    subject,
    run: { key: `${job}-${sha256(subject).slice(0, 12)}` },
  });
  return [
    dataSection(),
    trainingSection(leg('digits-forest', 'train')),
    evaluationSection(leg('digits-forest', 'gate')),
    trainingSection(leg('digits-mlp', 'train')),
    failedEvaluation(leg('digits-mlp', 'gate')),
    {
      ...bodiless('training', 'pending'),
      subject: 'digits-svm',
      run: { ...head('training', 'pending').run, key: `train-${sha256('digits-svm').slice(0, 12)}` },
    },
  ];
}
