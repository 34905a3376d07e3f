import { join } from 'node:path';
import { git } from '../../../../shared/github/git.ts';
import { RECORD_FOLDER } from '../../../../shared/record/disk-store.ts';
import { readSectionText } from '../../../../shared/record/section-folder.ts';
import { readTrained } from './decide/admit.ts';
import { type Looked, NOTHING, notTaken, type Search } from './place.ts';

/**
 * Looks into the terminal's own record, also of another tree: the fingerprint says what is equal. On a runner what the
 * workspace holds is never believed, nor in a terminal what is committed.
 */
export async function lookInRecord({ subject, context }: Search): Promise<Looked> {
  const { host, workingDirectory, commit, signal } = context;
  if (host.kind !== 'terminal') return NOTHING;
  const where = `${RECORD_FOLDER}/${subject}/training.json`;
  const text = await readSectionText(join(workingDirectory, where));
  if (text === undefined) return NOTHING;
  const committed = await git(workingDirectory, ['ls-files', '-z', '--', where], signal);
  if (committed !== undefined && committed.length > 0) {
    return { candidates: [], notices: [notTaken(where, 'is committed to the repository')] };
  }
  const trained = readTrained(text, where, { subject, repository: commit.repository });
  if ('reason' in trained) {
    context.logger.debug(notTaken(where, trained.reason));
    return NOTHING;
  }
  return {
    candidates: [{ from: 'record', where, trained, files: (files) => Promise.resolve(files) }],
    notices: [],
  };
}
