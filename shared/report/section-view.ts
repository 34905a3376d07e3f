import type { Kind } from '../names.ts';
import type { Section } from '../record/section.ts';
import type { Verdict } from '../verdict.ts';
import { type Block, code, fact, type Fact } from './block.ts';
import { dataBlocks } from './data-blocks.ts';
import { deploymentBlocks } from './deployment-blocks.ts';
import { evaluationBlocks } from './evaluation-blocks.ts';
import { formatDuration, formatUsd, shortDigest } from './format.ts';
import type { Linker } from './links.ts';
import { STAGES } from './marks.ts';
import { publicationBlocks } from './publication-blocks.ts';
import { trainingBlocks } from './training-blocks.ts';

/** One section of the record, ready to be shown. All text is plain: a renderer escapes it. */
export interface SectionView {
  /** Unique in the report and the same for the same record: good for an anchor. */
  readonly id: string;
  readonly kind: Kind;
  readonly stage: string;
  readonly subject: string;
  readonly key: string;
  readonly verdict: Verdict;
  readonly summary: string;
  readonly duration: string;
  readonly cost: string | null;
  readonly blocks: readonly Block[];
}

/** Turns a section into what the renderers show of it. */
export function viewSection(section: Section, link: Linker): SectionView {
  return {
    id: `${section.kind}-${section.subject}-${section.run.key}`,
    kind: section.kind,
    stage: STAGES[section.kind],
    subject: section.subject,
    key: section.run.key,
    verdict: section.verdict,
    summary: section.summary,
    duration: formatDuration(section.durationMs),
    cost: section.cost === null ? null : formatUsd(section.cost.usd),
    blocks: [
      ...bodyBlocks(section, link),
      { kind: 'facts', title: 'Commit and run', folded: true, facts: provenance(section) },
    ],
  };
}

function bodyBlocks(section: Section, link: Linker): Block[] {
  if (section.body === null) {
    const text =
      section.verdict === 'skipped'
        ? 'Nothing was measured: there was nothing to do.'
        : 'Nothing was measured: the action ended before it could.';
    return [{ kind: 'note', tone: 'muted', text }];
  }
  switch (section.kind) {
    case 'data':
      return dataBlocks(section.body);
    case 'training':
      return trainingBlocks(section.body, section.verdict, link);
    case 'evaluation':
      return evaluationBlocks(section.body, section.verdict, link);
    case 'publication':
      return publicationBlocks(section.body);
    case 'deployment':
      return deploymentBlocks(section.body);
  }
}

function provenance({ commit, run, created, cost }: Section): Fact[] {
  const short = (sha: string | null) => (sha === null ? null : code(shortDigest(sha)));
  return [
    ...fact('Repository', commit.repository),
    ...fact('Pull request', commit.pullRequest === null ? null : `number ${commit.pullRequest}`),
    ...fact('Commit', short(commit.headSha)),
    ...fact('Base', short(commit.baseSha)),
    ...fact('Tree', short(commit.treeHash)),
    ...fact(
      'Uncommitted changes',
      commit.dirty
        ? `yes${commit.patchDigest === null ? '' : `, patch ${shortDigest(commit.patchDigest)}`}`
        : null,
    ),
    ...fact('Event', commit.event),
    ...fact('From a fork', commit.fork ? 'yes' : null),
    ...fact('Workflow', run.workflow),
    ...fact('Job', run.job),
    ...fact('Key', code(run.key)),
    ...fact('Run', run.id === 'terminal' ? 'in a terminal' : `${run.id}, attempt ${run.attempt}`),
    ...fact('Actor', run.actor),
    ...fact('Created', created),
    ...fact('Cost', cost === null ? null : `${formatUsd(cost.usd)} (${cost.basis})`),
  ];
}
