import { messageOf } from '../../../../../shared/errors.ts';
import type { FileReference } from '../../../../../shared/record/common.ts';
import { modelDigest } from '../../../../../shared/record/digest.ts';
import { parseSection, type Section, type SectionOf } from '../../../../../shared/record/section.ts';
import type { Fingerprint, TrainingBody } from '../../../../../shared/record/training-section.ts';
import type { DeclaredOutput } from '../../engines/engine.ts';
import { isConsistent } from '../../fingerprint/fingerprint.ts';
import { matchesOutput } from './matches-output.ts';

/** An earlier training that passed, and whose results could stand for those of an equal one. */
export interface Trained {
  readonly section: SectionOf<'training'>;
  readonly body: TrainingBody;
  readonly fingerprint: Fingerprint;
}

export interface Standpoint {
  readonly subject: string;
  /** `owner/name`; null in a terminal outside a GitHub repository. */
  readonly repository: string | null;
}

/** Why something found is not taken; `reason` is half a sentence after "it". */
export interface Refused {
  readonly reason: string;
}

/** Folders that say what is run: no training's results belong there, whatever its outputs match. */
const GUARDED = ['.git', '.github', '.trainyard', 'node_modules'];

/** Reads a section that an earlier run left somewhere. What lies there is hostile until it has been read. */
export function readTrained(text: string, label: string, standpoint: Standpoint): Trained | Refused {
  let section: Section;
  try {
    section = parseSection(text, label);
  } catch (error) {
    return { reason: `cannot be read: ${messageOf(error)}` };
  }
  return trainedOf(section, standpoint);
}

/** As `readTrained`, of a section that has been parsed. */
export function trainedOf(section: Section, { subject, repository }: Standpoint): Trained | Refused {
  if (section.kind !== 'training' || section.subject !== subject) {
    return { reason: `is no training of "${subject}"` };
  }
  if (section.commit.repository !== repository) return { reason: 'is of another repository' };
  if (section.commit.fork) return { reason: "was trained from a fork's code" };
  const { body } = section;
  if (section.verdict !== 'pass' || body === null) return { reason: `ended as ${section.verdict}` };
  const { fingerprint } = body;
  if (fingerprint === null) return { reason: 'has no fingerprint' };
  if (!isConsistent(fingerprint)) return { reason: 'has a fingerprint that is not that of its components' };
  return { section, body, fingerprint };
}

/** The files to restore; checkpoints that no output declares stay where they are. */
export function filesToRestore(
  { body }: Trained,
  outputs: readonly Pick<DeclaredOutput, 'role' | 'glob'>[],
): readonly FileReference[] | Refused {
  const declared = (file: FileReference): boolean => outputs.some((output) => matchesOutput(file, output));
  const files = body.files.filter((file) => file.role !== 'checkpoint' || declared(file));
  const stranger = files.find(
    (file) => !declared(file) || file.path.split('/').some((name) => GUARDED.includes(name.toLowerCase())),
  );
  if (stranger !== undefined) {
    return {
      reason: `has a file "${stranger.path}" (${stranger.role}) that no output of this step declares`,
    };
  }
  if (modelDigest(files) !== body.modelDigest)
    return { reason: 'has files that are not those of its model digest' };
  return files;
}
