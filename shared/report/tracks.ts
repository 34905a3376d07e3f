import { type Kind, KINDS } from '../names.ts';
import type { Section } from '../record/section.ts';
import type { Verdict } from '../verdict.ts';
import { formatDuration, formatUsd } from './format.ts';
import { isBroken, STAGES, worstOf } from './marks.ts';
import type { SectionView } from './section-view.ts';

/** One of the five stages of a track. */
export interface Stage {
  readonly kind: Kind;
  readonly name: string;
  /** Null where no section of this kind has arrived. */
  readonly verdict: Verdict | null;
  /** Several where legs of a matrix work on the same model. */
  readonly sections: readonly SectionView[];
}

/** A model with all its sections and those of its data; or a dataset that no model here was made from. */
export interface Track {
  readonly subject: string;
  readonly isModel: boolean;
  readonly verdict: Verdict;
  readonly stages: readonly Stage[];
  readonly duration: string;
  readonly cost: string | null;
}

export interface TrackSources {
  readonly subject: string;
  readonly isModel: boolean;
  readonly sections: readonly Section[];
}

/** Sections in the order of the record: by subject, kind and key, whatever order they came in. */
export function sorted(sections: readonly Section[]): Section[] {
  const rank = (section: Section): string =>
    [KINDS.indexOf(section.kind), section.subject, section.run.key].join('\u0000');
  return sections.toSorted((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
}

/** Gathers the sections of each model, with those of its dataset; models may share one. */
export function gather(sections: readonly Section[]): TrackSources[] {
  const models = sections.filter((section) => section.kind !== 'data');
  const names = [...new Set(models.map((section) => section.subject))].sort();
  const taken = new Set<string>();
  const datasets = [...new Set(sections.filter(({ kind }) => kind === 'data').map(({ subject }) => subject))];
  const tracks = names.map((subject) => {
    const own = models.filter((section) => section.subject === subject);
    const named = new Set(own.map((section) => section.dataset).filter((dataset) => dataset !== null));
    // A model that names no dataset belongs to the run's only one: the rule by which the actions find it too.
    if (named.size === 0 && datasets.length === 1) for (const dataset of datasets) named.add(dataset);
    for (const dataset of named) taken.add(dataset);
    const data = sections.filter((section) => section.kind === 'data' && named.has(section.subject));
    return { subject, isModel: true, sections: [...data, ...own] };
  });
  const alone = datasets
    .filter((dataset) => !taken.has(dataset))
    .map((subject) => ({
      subject,
      isModel: false,
      sections: sections.filter((section) => section.kind === 'data' && section.subject === subject),
    }));
  return [...tracks, ...alone];
}

/**
 * The verdict of one model's sections, in the order of the record: that of the first stage that is broken, as what
 * follows is then broken only because of it (no publication without a gate that passed); else the worst.
 */
export function verdictOfTrack(sections: readonly Section[]): Verdict {
  const broken = sections.find((section) => isBroken(section.verdict));
  if (broken === undefined) return worstOf(sections.map((section) => section.verdict));
  return worstOf(sections.filter(({ kind }) => kind === broken.kind).map((section) => section.verdict));
}

/** The track as the renderers show it. */
export function viewTrack(source: TrackSources, views: ReadonlyMap<Section, SectionView>): Track {
  const usd = source.sections.flatMap((section) => (section.cost === null ? [] : [section.cost.usd]));
  return {
    subject: source.subject,
    isModel: source.isModel,
    verdict: verdictOfTrack(source.sections),
    stages: KINDS.filter((kind) => source.isModel || kind === 'data').map((kind) => {
      const own = source.sections.filter((section) => section.kind === kind);
      return {
        kind,
        name: STAGES[kind],
        verdict: own.length === 0 ? null : worstOf(own.map((section) => section.verdict)),
        sections: own.flatMap((section) => views.get(section) ?? []),
      };
    }),
    duration: formatDuration(source.sections.reduce((sum, section) => sum + section.durationMs, 0)),
    cost: usd.length === 0 ? null : formatUsd(usd.reduce((sum, value) => sum + value, 0)),
  };
}
