import { messageOf } from '../errors.ts';
import { type ActionName, ACTION_NAMES, type Kind, KIND_OF_ACTION } from '../names.ts';
import { nameOfSection, sectionName, type SectionName } from './artifact-name.ts';
import { type Doubt, doubtOf, latestAttempts, type Standpoint } from './decide/believe.ts';
import { parseSection, type Section } from './section.ts';

/** A section as it was found, before anybody looked whether it may be believed. */
export interface Kept {
  readonly name: SectionName;
  /** How a person knows the place: a path, or an artifact's name. */
  readonly label: string;
  readonly text: string;
}

export interface Refusal {
  readonly kind: Kind;
  readonly subject: string;
  readonly code: Doubt['code'] | 'not-valid';
  readonly message: string;
}

export interface Judged {
  readonly believed: readonly Section[];
  readonly refused: readonly Refusal[];
}

/** Reads what was found, and keeps apart what may be believed and what may not. */
export function judge(found: readonly Kept[], standpoint: Standpoint): Judged {
  const believed: Section[] = [];
  const refused: Refusal[] = [];
  for (const { name, label, text } of found) {
    const refuse = (code: Refusal['code'], message: string): void => {
      refused.push({ kind: name.kind, subject: name.subject, code, message });
    };
    let section: Section;
    try {
      section = parseSection(text, label);
    } catch (error) {
      refuse('not-valid', messageOf(error));
      continue;
    }
    const doubt = doubtOf(section, { name: sectionName(name), own: nameOfSection(section) }, standpoint);
    if (doubt === undefined) believed.push(section);
    else refuse(doubt.code, `The section of the record in ${label} ${doubt.reason}. It is not believed.`);
  }
  return { believed: latestAttempts(believed), refused };
}

/** The action that writes a kind of section. */
export function actionOf(kind: Kind): ActionName {
  const found = ACTION_NAMES.find((action) => KIND_OF_ACTION[action] === kind);
  if (found === undefined) throw new TypeError(`No action writes ${kind} sections.`);
  return found;
}

/** The first refusal that concerns what is looked for. */
export function refusalOf(
  refused: readonly Refusal[],
  kind: Kind,
  subject: string | undefined,
): Refusal | undefined {
  return refused.find(
    (refusal) => refusal.kind === kind && (subject === undefined || refusal.subject === subject),
  );
}
