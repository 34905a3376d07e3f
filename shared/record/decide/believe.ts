import type { Section } from '../section.ts';

/** What a reader knows of itself, to judge a section by. */
export interface Standpoint {
  readonly repository: string | null;
  readonly runId: string;
  readonly attempt: number;
  /** Null where another run's sections are read, which may be of another tree by nature. */
  readonly tree: { readonly hash: string | null } | null;
}

/** Why a section may not be believed. `other-tree` is the one that a user can cause by working on. */
export interface Doubt {
  readonly code: 'other-repository' | 'other-run' | 'other-tree' | 'later-attempt' | 'other-name';
  /** Half a sentence that follows the section's name. */
  readonly reason: string;
}

const shown = (value: string | null): string => value ?? 'none';

/**
 * Judges whether a section counts: of this repository, this run, this tree, of an attempt up to the current one, and
 * kept under the name that it says it has. Undefined where it may be believed.
 */
export function doubtOf(
  section: Section,
  keptAs: Readonly<{ name: string; own: string }>,
  standpoint: Standpoint,
): Doubt | undefined {
  const { commit, run } = section;
  if (keptAs.name !== keptAs.own) {
    return { code: 'other-name', reason: `says that it is "${keptAs.own}"` };
  }
  if (commit.repository !== standpoint.repository) {
    return {
      code: 'other-repository',
      reason: `is of the repository "${shown(commit.repository)}", not of "${shown(standpoint.repository)}"`,
    };
  }
  if (run.id !== standpoint.runId) {
    return { code: 'other-run', reason: `is of run "${run.id}", not of "${standpoint.runId}"` };
  }
  if (run.attempt > standpoint.attempt) {
    return {
      code: 'later-attempt',
      reason: `is of attempt ${run.attempt}, which is later than the current one, ${standpoint.attempt}`,
    };
  }
  if (standpoint.tree !== null && commit.treeHash !== standpoint.tree.hash) {
    return {
      code: 'other-tree',
      reason: `is of the tree ${shown(commit.treeHash)}, not of ${shown(standpoint.tree.hash)}`,
    };
  }
  return undefined;
}

/** Keeps of each kind, subject and key the section of the highest attempt, in the order given. */
export function latestAttempts(sections: readonly Section[]): Section[] {
  const identity = (section: Section): string => `${section.subject}.${section.kind}.${section.run.key}`;
  const highest = new Map<string, number>();
  for (const section of sections) {
    const id = identity(section);
    highest.set(id, Math.max(highest.get(id) ?? 0, section.run.attempt));
  }
  const taken = new Set<string>();
  return sections.filter((section) => {
    const id = identity(section);
    if (section.run.attempt !== highest.get(id) || taken.has(id)) return false;
    taken.add(id);
    return true;
  });
}
