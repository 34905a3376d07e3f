import { InfrastructureError, UsageError } from '../errors.ts';
import type { Version } from './registry.ts';
import type { ReleaseApi, TagReference } from './release-api.ts';
import { digestLine, tagOf } from './release-names.ts';
import { nextVersion, versionNumber } from './version-name.ts';

/** Tags of others that may stand in the way of a version's number before we give up. */
const MAX_TAKEN = 100;

interface NumberOptions {
  readonly model: string;
  readonly modelDigest: string;
  /** All that are published. */
  readonly versions: readonly Version[];
  /** The commit that the version is tagged at. */
  readonly headSha: string | null;
  readonly signal: AbortSignal;
}

/**
 * Takes the next number by creating its tag, which GitHub does for one of several. A tag that a cut-off publish of
 * this same model left behind is its own; one of anybody else's is passed over.
 */
export async function takeVersion(api: ReleaseApi, options: NumberOptions): Promise<string> {
  const { model, modelDigest, versions, headSha, signal } = options;
  if (headSha === null) {
    throw new UsageError(`A version in ${api.title} is tagged at its commit, and the commit is not known.`, {
      remedy: 'Run where the commit is checked out and pushed, or use directory:<path>.',
    });
  }
  let version = nextVersion(versions.map((one) => one.version));
  for (let taken = 0; taken < MAX_TAKEN; taken++) {
    const tag = tagOf(model, version);
    let standing = await standingTag(api, tag, signal);
    if (standing === undefined) {
      const message = `${model} ${version}\n\n${digestLine(modelDigest)}\n`;
      const sha = await api.createTagObject(tag, message, headSha, signal);
      if ((await api.createReference(`refs/tags/${tag}`, sha, signal)) === 'created') return version;
      standing = await standingTag(api, tag, signal);
    }
    const message = standing === undefined ? undefined : await api.tagMessage(standing.sha, signal);
    if (message?.includes(digestLine(modelDigest)) === true) return version;
    version = `v${versionNumber(version) + 1}`;
  }
  throw new InfrastructureError(
    `The next ${MAX_TAKEN} tags of the form ${model}-v<n> are all taken, up to ${version}.`,
    { remedy: 'Delete the tags that belong to no release, or give the model another name.' },
  );
}

async function standingTag(
  api: ReleaseApi,
  tag: string,
  signal: AbortSignal,
): Promise<TagReference | undefined> {
  return (await api.references(`tags/${tag}`, signal)).find(({ ref }) => ref === `refs/tags/${tag}`);
}
