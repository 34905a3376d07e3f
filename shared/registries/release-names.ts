import { isVersionName } from './version-name.ts';

/** The tag of a version's release. */
export function tagOf(model: string, version: string): string {
  return `${model}-${version}`;
}

/** The version that a tag stands for; undefined for a tag of something else. */
export function versionOfTag(model: string, tag: string): string | undefined {
  const version = tag.startsWith(`${model}-`) ? tag.slice(model.length + 1) : '';
  return isVersionName(version) ? version : undefined;
}

/** What the tags of all drafts of a model begin with. */
export function draftPrefix(model: string): string {
  return `${model}-draft-`;
}

/** The tag of a draft, which becomes a tag of Git only when it is published, and then under another name. */
export function draftTagOf(model: string, modelDigest: string): string {
  return `${draftPrefix(model)}${modelDigest.slice(0, 16)}`;
}

/** Where a model's aliases lie, below `refs/`. */
export function aliasFolder(model: string): string {
  return `trainyard/${model}/`;
}

/** The line by which a tag's message names the model. */
export function digestLine(modelDigest: string): string {
  return `Trainyard-Model-Digest: ${modelDigest}`;
}
