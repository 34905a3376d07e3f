import type { Kind } from '../names.ts';
import type { FileReference } from './common.ts';
import type { Section, SectionOf } from './section.ts';

export interface FindOptions {
  /** Model or dataset; undefined means the run's only one. */
  readonly subject?: string | undefined;
  /** Which of several keys counts, where the matrix leg does not decide. */
  readonly fromKey?: string | undefined;
  /** `run:<id>`: another run of this repository; undefined means this run. */
  readonly recordFrom?: string | undefined;
}

/**
 * The record of the run: where actions leave their sections and files for one another.
 * A reader only ever gets sections that may be believed (design, "Who may be believed").
 */
export interface RecordStore {
  /** Writes a section so that later steps and jobs see it. A second one of the same name is a UsageError. */
  save(section: Section, signal: AbortSignal): Promise<void>;
  /** Every section of this run that may be believed, one for each kind, subject and key. */
  list(signal: AbortSignal): Promise<Section[]>;
  /** The one section of a kind that counts; undefined where there is none; a UsageError where several could. */
  find<K extends Kind>(kind: K, options: FindOptions, signal: AbortSignal): Promise<SectionOf<K> | undefined>;
  /**
   * Makes files available to later steps and jobs, and returns the references with their new locations.
   * `directory` is what the references' paths are relative to.
   */
  saveFiles(
    subject: string,
    directory: string,
    files: readonly FileReference[],
    signal: AbortSignal,
  ): Promise<FileReference[]>;
  /**
   * Keeps report.html: a file on this machine (in a terminal `.trainyard/<subject>/report.html`), and where the host
   * has artifacts one of the name `trainyard-report.<subject>.<kind>.<key>.<attempt>`, whose page is `url`.
   */
  saveReport(
    section: Pick<Section, 'subject' | 'kind'>,
    html: string,
    signal: AbortSignal,
  ): Promise<{ path: string; url: string | null }>;
  /**
   * Brings files into `directory` under their own paths, and verifies every digest.
   * Returns their absolute paths in the order given. What does not verify is an error; nothing is left of it.
   */
  fetchFiles(files: readonly FileReference[], directory: string, signal: AbortSignal): Promise<string[]>;
}
