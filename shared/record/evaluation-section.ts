import { z } from 'zod';
import { RESULTS, SEVERITIES } from '../verdict.ts';
import { countSchema, fileReferenceSchema, placeSchema, policySchema, sha256Schema } from './common.ts';

export const comparedSchema = z.strictObject({
  /** As a person would name it: `digits v3`, `this run's training`, a file. */
  what: z.string(),
  /** `production`, `candidate`, `version:<v>`, `branch:<name>`, `run:<id>`, `file:<path>` or `run`. */
  from: z.string(),
  version: z.string().nullable(),
  modelDigest: sha256Schema.nullable(),
});

const intervalSchema = z.tuple([z.number(), z.number()]);

/** A waiver: somebody who may write to the repository lets one broken rule pass for one commit. */
export const waiverSchema = z.strictObject({
  rule: z.string(),
  by: z.string(),
  reason: z.string(),
  /** The head that it is bound to. */
  headSha: z.string(),
  expires: z.iso.datetime(),
  url: z.string().nullable(),
});
export type Waiver = z.infer<typeof waiverSchema>;

export const ruleSchema = z.strictObject({
  id: z.string(),
  metric: z.string(),
  /** What the rule bounds: the value itself, its change against the baseline, or the gap between groups. */
  mode: z.enum([
    'minimum',
    'maximum',
    'max-regression',
    'min-improvement',
    'max-improvement',
    'max-difference',
    'min-ratio',
  ]),
  direction: z.enum(['higher', 'lower']),
  value: z.number().nullable(),
  baselineValue: z.number().nullable(),
  /** Candidate - baseline, in the metric's unit. */
  difference: z.number().nullable(),
  /** Of what the rule bounds: the value, the difference, or the gap. Two-sided, of `level`. */
  interval: intervalSchema.nullable(),
  level: z.number().nullable(),
  /** One-sided, of the claim that the rule is broken. */
  p: z.number().nullable(),
  /** By Holm over the family metric × slice. */
  adjustedP: z.number().nullable(),
  n: countSchema.nullable(),
  /** As written in the gate file: `0.8`, `5%`. */
  threshold: z.string(),
  /** The bound that the value was compared with, in the metric's unit. */
  bound: z.number().nullable(),
  slice: z.string().nullable(),
  /** The method in the field's words; `none` where points were compared. */
  test: z.string(),
  severity: z.enum(SEVERITIES),
  result: z.enum(RESULTS),
  reason: z.string(),
  where: placeSchema.nullable(),
  /** Groups that a fairness rule compares. */
  by: z.string().nullable().optional(),
  seed: z.int().nullable().optional(),
  replicates: countSchema.nullable().optional(),
  /** Pairs that only the candidate, and only the baseline, got right. */
  discordant: z.tuple([countSchema, countSchema]).nullable().optional(),
  /** Of an inconclusive rule: the least change that rows like these could decide, in the metric's unit. */
  detectable: z.number().nullable().optional(),
  /** Of an inconclusive rule: the rows that would decide the change that was seen. */
  neededRows: countSchema.nullable().optional(),
  waiver: waiverSchema.nullable().optional(),
});
export type EvaluatedRule = z.infer<typeof ruleSchema>;

/** Who computed the predictions, on which rows. */
export const examinationSchema = z.strictObject({
  by: z.enum(['gate', 'training', 'workflow', 'none']),
  /** How the gate computed them. */
  how: z.enum(['onnx', 'score-command']).nullable(),
  baselineBy: z.enum(['gate', 'registry', 'file', 'none']),
  rows: countSchema.nullable(),
  /** The file of evaluation rows, as the gate file names it. */
  path: z.string().nullable(),
  sha256: sha256Schema.nullable(),
  /** The rows are not those of the base: at most `inconclusive` until they are merged. */
  changed: z.boolean(),
  /** The labels lay where the training could read them. */
  labelsInReach: z.boolean(),
  /** Why they did or did not, as one sentence. */
  reach: z.string().optional(),
  /** Per row, of the candidate, where the gate ran it row by row. */
  latencyMs: z.strictObject({ p50: z.number(), p95: z.number(), p99: z.number(), n: countSchema }).nullable(),
  /** Why the gate did not compute the predictions itself. */
  reason: z.string().nullable(),
});
export type ExaminationRecord = z.infer<typeof examinationSchema>;

export const controlSchema = z.strictObject({
  /** `not-run`: no rule could be tried. */
  result: z.enum(['blocked', 'not-blocked', 'not-run']),
  /** How the copy was degraded, and what the rules said of it. */
  reason: z.string(),
});

const pointSchema = z.tuple([z.number(), z.number()]);

/** Pictures of the page report.html. Cells below min-cell-size are left out. */
export const chartsSchema = z.strictObject({
  /** False and true positive rate. */
  roc: z.array(z.strictObject({ name: z.string(), points: z.array(pointSchema) })),
  /** Recall and precision. */
  precisionRecall: z.array(z.strictObject({ name: z.string(), points: z.array(pointSchema) })),
  /** Mean score and share of positives, by bin of the score. */
  calibration: z.array(z.strictObject({ name: z.string(), points: z.array(pointSchema) })),
  /** Counts by the lower edge of bins of equal width of prediction - label. */
  residuals: z.array(z.strictObject({ name: z.string(), width: z.number(), points: z.array(pointSchema) })),
  /** Replicates of the difference by the lower edge of bins of equal width; `at`: the limit of the rule. */
  bootstrap: z
    .array(
      z.strictObject({
        name: z.string(),
        width: z.number(),
        points: z.array(pointSchema),
        at: z.number().nullable(),
      }),
    )
    .optional(),
  /** The metrics of the last gated versions. */
  trend: z.array(z.strictObject({ metric: z.string(), points: z.array(z.tuple([z.string(), z.number()])) })),
});
export type Charts = z.infer<typeof chartsSchema>;

/** Past metrics of the default branch that were measured on the same rows. No verdict depends on them. */
export const historySchema = z.strictObject({
  /** The branch that they were read from. */
  branch: z.string(),
  /** Gated commits that were measured on the rows of this run. */
  commits: countSchema,
  /** Gated commits that were measured on other rows, and are not compared. */
  otherSets: countSchema,
  /** How much a metric varies from one commit to the next. */
  noise: z.array(
    z.strictObject({
      metric: z.string(),
      /** Commits that it was taken from, each with a model of its own. */
      commits: countSchema,
      /** The standard deviation of successive differences, in the metric's unit. */
      deviation: z.number(),
      /** Rules that allow or demand a difference smaller than that. */
      narrow: z.array(z.strictObject({ rule: z.string(), margin: z.number() })),
    }),
  ),
});
export type HistoryRecord = z.infer<typeof historySchema>;

export const evaluationBodySchema = z.strictObject({
  candidate: comparedSchema,
  /** Null on a first run or where no rule compares. */
  baseline: comparedSchema.nullable(),
  /** The registry answered, and has no version yet. */
  firstRun: z.boolean(),
  gate: policySchema.nullable(),
  rules: z.array(ruleSchema),
  /** All metrics that were measured, ruled or not. */
  metrics: z.array(
    z.strictObject({
      name: z.string(),
      value: z.number(),
      baseline: z.number().nullable(),
      n: countSchema.nullable(),
    }),
  ),
  /** Metrics of rules by slice, for the chart of slices. */
  slices: z
    .array(
      z.strictObject({
        metric: z.string(),
        family: z.string(),
        slice: z.string(),
        n: countSchema,
        value: z.number().nullable(),
        baseline: z.number().nullable(),
        /** Of the difference where there is a baseline, else of the value. */
        interval: intervalSchema.nullable(),
      }),
    )
    .optional(),
  fairness: z
    .array(
      z.strictObject({
        metric: z.string(),
        by: z.string(),
        difference: z.number().nullable(),
        differenceInterval: intervalSchema.nullable(),
        ratio: z.number().nullable(),
        ratioInterval: intervalSchema.nullable(),
        /** A group below min-slice-size has no value, and below min-cell-size no n. */
        groups: z.array(
          z.strictObject({ name: z.string(), n: countSchema.nullable(), value: z.number().nullable() }),
        ),
      }),
    )
    .optional(),
  /** Rows are labels, columns predictions. A cell below min-cell-size is null. */
  confusion: z
    .strictObject({ labels: z.array(z.string()), counts: z.array(z.array(countSchema.nullable())) })
    .nullable(),
  charts: chartsSchema.nullable().optional(),
  history: historySchema.nullable().optional(),
  control: controlSchema.nullable().optional(),
  waivers: z.array(waiverSchema).optional(),
  examination: examinationSchema.nullable().optional(),
  /** The candidate's predictions as the gate computed them, by id and without labels. Never published with a model. */
  evidence: fileReferenceSchema.nullable().optional(),
  /**
   * The attestation of this section that GitHub keeps. It proves nothing by being written here: publish-model and
   * deploy-endpoint fetch and verify it.
   */
  attestation: z
    .strictObject({ id: z.string(), url: z.string(), bundleSha256: sha256Schema })
    .nullable()
    .optional(),
  /** `training`: self-reported. `none`: only metrics were given. */
  predictionsBy: z.enum(['training', 'gate', 'none']),
  modelDigest: sha256Schema.nullable(),
  evaluationSetDigest: sha256Schema.nullable(),
  predictionsDigest: sha256Schema.nullable(),
});
export type EvaluationBody = z.infer<typeof evaluationBodySchema>;
