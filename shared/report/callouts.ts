import type { Section } from '../record/section.ts';
import { isBroken, OWNER_WORDS, STAGES, type Tone } from './marks.ts';
import type { TrackSources } from './tracks.ts';

/** What went wrong in one section, whose it is, and what to do: shown before everything else. */
export interface Callout {
  readonly tone: Tone;
  readonly sectionId: string;
  /** `Evaluation of digits-mlp fails`. */
  readonly heading: string;
  readonly message: string;
  /** `the model`; null where the section blames nobody. */
  readonly owner: string | null;
  readonly remedy: string | null;
  /** The contract's owner or the CODEOWNERS of the file at fault. */
  readonly contact: string | null;
}

const SAYS: Readonly<Partial<Record<Section['verdict'], string>>> = {
  error: 'ended in an error',
  fail: 'fails',
  inconclusive: 'is inconclusive',
};

/**
 * The failures of the record: first the first broken stage of each model, then what is broken only because of it, then
 * what is inconclusive and blames somebody.
 */
export function calloutsOf(tracks: readonly TrackSources[]): Callout[] {
  const roots = new Set<Section>();
  for (const { sections } of tracks) {
    const first = sections.find((section) => isBroken(section.verdict));
    for (const section of sections) {
      if (section.kind === first?.kind && isBroken(section.verdict)) roots.add(section);
    }
  }
  const all = new Set(tracks.flatMap((track) => track.sections));
  const followers = [...all].filter((section) => isBroken(section.verdict) && !roots.has(section));
  const doubts = [...all].filter(({ verdict, blame }) => verdict === 'inconclusive' && blame !== null);
  return [
    ...[...roots].map((section) => callout(section, 'bad')),
    ...[...followers, ...doubts].map((section) => callout(section, 'doubt')),
  ];
}

function callout(section: Section, tone: Tone): Callout {
  const { blame } = section;
  return {
    tone,
    sectionId: `${section.kind}-${section.subject}-${section.run.key}`,
    heading: `${STAGES[section.kind]} of ${section.subject} ${SAYS[section.verdict] ?? section.verdict}`,
    message: blame?.message ?? section.summary,
    owner: blame === null ? null : OWNER_WORDS[blame.owner],
    remedy: blame?.remedy ?? null,
    contact: blame?.contact ?? contractOwner(section),
  };
}

function contractOwner(section: Section): string | null {
  return section.kind === 'data' ? (section.body?.contract?.owner ?? null) : null;
}
