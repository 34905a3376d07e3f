import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { type Kind, KINDS, SUBJECT_PATTERN } from '../names.ts';
import { RECORD_FOLDER } from './disk-store.ts';
import { actionOf } from './judge.ts';
import { namesIn } from './section-folder.ts';

/** Says so where somebody expects a record in the workspace to count: what is committed or left there is not ours. */
export async function refuseWorkspace(
  workingDirectory: string,
  kind: Kind,
  subject: string | undefined,
): Promise<void> {
  const root = join(workingDirectory, RECORD_FOLDER);
  for (const name of await namesIn(root)) {
    if (!SUBJECT_PATTERN.test(name) || (subject !== undefined && subject !== name)) continue;
    for (const candidate of KINDS) {
      if (candidate !== kind || !(await namesIn(join(root, name))).includes(`${kind}.json`)) continue;
      const path = `${RECORD_FOLDER}/${name}/${kind}.json`;
      throw new UsageError(
        `${path} lies in the workspace; on a runner a record in the workspace is not believed.`,
        {
          remedy: `Run ${actionOf(kind)} in this run, before this step, and remove ${RECORD_FOLDER} from the repository.`,
          where: { file: path },
        },
      );
    }
  }
}
