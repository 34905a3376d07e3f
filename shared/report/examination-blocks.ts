import type { EvaluationBody, ExaminationRecord } from '../record/evaluation-section.ts';
import { type Block, code, type Fact, fact, type NoteBlock, text } from './block.ts';
import { asSentence, counted, formatBytes, formatDuration, shortDigest } from './format.ts';
import type { Linker } from './links.ts';
import type { Tone } from './marks.ts';

const PREDICTIONS_BY: Readonly<Record<EvaluationBody['predictionsBy'], string>> = {
  training:
    'Self-reported: the training itself computed the predictions that these numbers come from. Trainyard computed the metrics from them.',
  gate: 'The gate computed the predictions itself, on rows whose labels the training never saw.',
  none: 'Self-reported: only finished metrics were given; Trainyard saw no predictions behind them.',
};

const HOW: Readonly<Record<NonNullable<ExaminationRecord['how']>, string>> = {
  onnx: 'with ONNX Runtime in its own process',
  'score-command': 'by the score-command, which saw no labels',
};

const BASELINE_BY: Readonly<Record<ExaminationRecord['baselineBy'], string | null>> = {
  gate: 'by the gate, on the same rows',
  registry: 'published with it, by the run that made it',
  file: 'from a file',
  none: null,
};

function note(tone: Tone, words: string): NoteBlock {
  return { kind: 'note', tone, text: words };
}

/** Whose predictions these are, and every reason to believe them less. */
export function examinationNotes(body: EvaluationBody): Block[] {
  const examined = body.examination ?? null;
  if (examined === null) {
    return [note(body.predictionsBy === 'gate' ? 'plain' : 'doubt', PREDICTIONS_BY[body.predictionsBy])];
  }
  const rows = examined.rows === null ? 'the evaluation rows' : counted(examined.rows, 'evaluation row');
  const reason =
    examined.reason === null
      ? ''
      : ` The gate did not compute them itself: ${asSentence(uncapitalised(examined.reason))}`;
  return [
    ...(examined.by === 'gate' ? [note(byGateTone(examined), byGate(examined, rows))] : []),
    ...(examined.by === 'training' ? [note('doubt', `${PREDICTIONS_BY.training}${reason}`)] : []),
    ...(examined.by === 'workflow'
      ? [
          note(
            'doubt',
            `Self-reported: a step of the workflow gave the predictions that these numbers come from. Trainyard computed the metrics from them.${reason}`,
          ),
        ]
      : []),
    ...(examined.by === 'none' ? [note('doubt', `${PREDICTIONS_BY.none}${reason}`)] : []),
    ...(examined.labelsInReach
      ? [
          note(
            'doubt',
            `The labels of the evaluation rows lay where the training could read them, so it could have learned them by heart.${
              examined.reach === undefined ? '' : ` ${asSentence(examined.reach)}`
            } Fetch them in the job of the gate alone.`,
          ),
        ]
      : []),
    ...(examined.changed
      ? [
          note(
            'doubt',
            'This change edits the evaluation rows: the numbers are of the new rows, and the verdict is at most inconclusive until they are merged.',
          ),
        ]
      : []),
  ];
}

function byGateTone({ labelsInReach }: ExaminationRecord): Tone {
  return labelsInReach ? 'plain' : 'good';
}

function byGate(examined: ExaminationRecord, rows: string): string {
  const unseen = examined.labelsInReach ? '' : ' whose labels the training never saw';
  const both = examined.baselineBy === 'gate' ? ' of candidate and baseline' : '';
  const how = examined.how === null ? '' : `, ${HOW[examined.how]},`;
  return `The gate computed the predictions${both} itself${how} on ${rows}${unseen}.`;
}

function uncapitalised(sentence: string): string {
  return /^[A-Z][a-z]/.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence;
}

/** Whether these rules would have caught a worse model. */
export function controlNotes({ control = null }: EvaluationBody): Block[] {
  if (control === null) return [];
  const said = asSentence(control.reason);
  const reason = said.charAt(0).toUpperCase() + said.slice(1);
  switch (control.result) {
    case 'blocked':
      return [note('good', `Negative control: a degraded copy of the candidate is blocked. ${reason}`)];
    case 'not-blocked':
      return [
        note(
          'bad',
          `Negative control: a degraded copy of the candidate was not blocked, so this gate is decoration. ${reason}`,
        ),
      ];
    case 'not-run':
      return [note('muted', `Negative control: not run. ${reason}`)];
  }
}

/** Where the attestation lies; that it holds is only known to who verifies it. */
export function attestationFacts({ attestation = null }: EvaluationBody, link: Linker): Fact[] {
  return attestation === null ? [] : fact('Attested by the gate', link(attestation.id, attestation.url));
}

/** Where the predictions that the gate computed were kept. Whose machine a path is of, no reader could know. */
export function evidenceFacts({ evidence = null }: EvaluationBody): Fact[] {
  if (evidence === null) return [];
  const artifact = evidence.locations.find(({ kind }) => kind === 'artifact');
  const where =
    artifact?.kind === 'artifact' ? `${evidence.path} of the artifact ${artifact.artifact}` : evidence.path;
  const size = `${formatBytes(evidence.bytes)}, SHA-256 ${shortDigest(evidence.sha256)}`;
  return fact('Evidence', `predictions without labels: ${where} (${size})`);
}

/** Who lets which rule pass for this commit, why, and until when. */
export function waiverBlocks({ waivers = [] }: EvaluationBody, link: Linker): Block[] {
  if (waivers.length === 0) return [];
  return [
    {
      kind: 'table',
      title: `Waived (${counted(waivers.length, 'rule')})`,
      columns: [
        { header: 'Rule' },
        { header: 'By' },
        { header: 'Why' },
        { header: 'Until' },
        { header: 'For commit' },
        { header: 'Where' },
      ],
      rows: waivers.map((waiver) => [
        code(waiver.rule),
        text(waiver.by),
        text(waiver.reason),
        text(waiver.expires.slice(0, 10)),
        code(shortDigest(waiver.headSha)),
        waiver.url === null ? text('–') : link('comment', waiver.url),
      ]),
    },
  ];
}

/** What was examined, for those who would repeat it. */
export function examinationFacts({ examination = null }: EvaluationBody): Fact[] {
  if (examination === null) return [];
  const { latencyMs: latency } = examination;
  return [
    ...fact('Evaluation rows', examination.path === null ? null : code(examination.path)),
    ...fact('Number of rows', examination.rows === null ? null : counted(examination.rows, 'row')),
    ...fact('Digest of the rows', examination.sha256 === null ? null : code(shortDigest(examination.sha256))),
    ...fact('Their labels', examination.reach ?? null),
    ...fact("Baseline's predictions", BASELINE_BY[examination.baselineBy]),
    ...fact(
      'Latency of the candidate',
      latency === null
        ? null
        : `median ${formatDuration(latency.p50)}, 95th percentile ${formatDuration(latency.p95)}, 99th ${formatDuration(latency.p99)} (${counted(latency.n, 'row')}, one by one)`,
    ),
  ];
}
