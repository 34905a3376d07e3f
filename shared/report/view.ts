import type { Section } from '../record/section.ts';
import type { Verdict } from '../verdict.ts';
import { type Callout, calloutsOf } from './callouts.ts';
import { fact, type Fact } from './block.ts';
import { leadOf } from './lead.ts';
import { linkerOf, repositoryOf } from './links.ts';
import { type SectionView, viewSection } from './section-view.ts';
import { gather, sorted, type Track, viewTrack } from './tracks.ts';

/** The report as facts in plain text: what all renderers show, each in its own form. */
export interface Report {
  readonly title: string;
  readonly verdict: Verdict;
  readonly headline: string;
  readonly sentence: string;
  readonly callouts: readonly Callout[];
  /** What a reader should know that no rule judges. */
  readonly notices: readonly string[];
  readonly tracks: readonly Track[];
  /** In the order of the record: by kind, subject and key. */
  readonly sections: readonly SectionView[];
  readonly origin: readonly Fact[];
  /** Where the whole report can be had; null where it is this one or nowhere. */
  readonly fullReportUrl: string | null;
}

export interface ReportOptions {
  readonly title?: string;
  readonly fullReportUrl?: string | null;
  /** `https://<host>/<owner>/<name>`, whose pages may be linked to; without it the repository of the whole report. */
  readonly repositoryUrl?: string | null;
  /** The commit that the verdict is for, where it is known better than from the sections. */
  readonly headSha?: string | null;
}

/** Builds the view of a record; the same sections give the same report, in whatever order they come. */
export function buildReport(sections: readonly Section[], options: ReportOptions = {}): Report {
  const ordered = sorted(sections);
  const link = linkerOf(options.repositoryUrl ?? repositoryOf(options.fullReportUrl ?? null));
  const views = new Map(ordered.map((section) => [section, viewSection(section, link)]));
  const tracks = gather(ordered);
  return {
    title: options.title ?? 'Trainyard',
    ...leadOf(tracks),
    callouts: calloutsOf(tracks),
    notices: noticesOf(ordered),
    tracks: tracks.map((track) => viewTrack(track, views)),
    sections: [...views.values()],
    origin: originOf(ordered, options.headSha ?? null),
    fullReportUrl: options.fullReportUrl ?? null,
  };
}

function noticesOf(sections: readonly Section[]): string[] {
  const notices = sections.flatMap((section) => section.notices);
  if (sections.some((section) => section.commit.dirty)) {
    notices.push(
      'The working tree had uncommitted changes, so these results are not those of the commit alone.',
    );
  }
  return [...new Set(notices)];
}

function originOf(sections: readonly Section[], headSha: string | null): Fact[] {
  const [first] = sections;
  if (first === undefined) return [];
  const { commit, run } = first;
  const head = headSha ?? commit.headSha;
  return [
    ...fact('Repository', commit.repository),
    ...fact('Pull request', commit.pullRequest === null ? null : String(commit.pullRequest)),
    ...fact('Commit', head === null ? null : { text: head.slice(0, 12), code: true }),
    ...fact(
      'Run',
      run.id === 'terminal'
        ? 'in a terminal'
        : `${run.workflow ?? 'run'} ${run.number}, attempt ${run.attempt}`,
    ),
  ];
}
