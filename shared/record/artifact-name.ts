import { type Kind, KINDS } from '../names.ts';
import type { Section } from './section.ts';

/** What the name of a section's artifact tells. None of its parts holds a dot. */
export interface SectionName {
  readonly subject: string;
  readonly kind: Kind;
  readonly key: string;
  readonly attempt: number;
}

const SECTION_NAME = new RegExp(
  `^trainyard\\.([a-z0-9][a-z0-9-]{0,62})\\.(${KINDS.join('|')})\\.([A-Za-z0-9_-]{1,100})\\.([1-9][0-9]{0,8})$`,
);
const FILES_NAME =
  /^trainyard\.[a-z0-9][a-z0-9-]{0,62}\.files\.[A-Za-z0-9_-]{1,100}\.[1-9][0-9]{0,8}(-[1-9][0-9]{0,8})?$/;

/** The name under which a section is kept: unique in its run, so a second one is noticed. */
export function sectionName({ subject, kind, key, attempt }: SectionName): string {
  return `trainyard.${subject}.${kind}.${key}.${attempt}`;
}

/** The name of the section that a section says it is. */
export function nameOfSection(section: Section): string {
  const { subject, kind, run } = section;
  return sectionName({ subject, kind, key: run.key, attempt: run.attempt });
}

/** Reads a section's name; undefined for any other artifact of the run. */
export function parseSectionName(name: string): SectionName | undefined {
  const [, subject, kindText, key, attempt] = SECTION_NAME.exec(name) ?? [];
  const kind = KINDS.find((candidate) => candidate === kindText);
  if (subject === undefined || kind === undefined || key === undefined) return undefined;
  return { subject, kind, key, attempt: Number(attempt) };
}

/** The name of the artifact that holds a subject's files; `part` counts from 1. */
export function filesName(subject: string, key: string, attempt: number, part: number): string {
  return `trainyard.${subject}.files.${key}.${attempt}${part === 1 ? '' : `-${part}`}`;
}

/** True for the name of an artifact that holds files. */
export function isFilesName(name: string): boolean {
  return FILES_NAME.test(name);
}

/** The name of the artifact that holds report.html as it was after a section. */
export function reportName({ subject, kind, key, attempt }: SectionName): string {
  return `trainyard-report.${subject}.${kind}.${key}.${attempt}`;
}
