import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrustedRoot } from '@sigstore/protobuf-specs';
import type { TrustMaterial, VerifierOptions } from '@sigstore/verify';
import { InfrastructureError, messageOf, UsageError } from '../errors.ts';
import gitHubRoot from './github-tuf-root.json' with { type: 'json' };

/** A Sigstore instance whose certificates are believed, and what it must have seen of a signature. */
export interface TrustedInstance {
  readonly name: string;
  readonly material: TrustMaterial;
  readonly thresholds: VerifierOptions;
}

export interface TrustSource {
  /** A trusted_root.json (or JSON Lines of several); undefined: those that TUF distributes. */
  readonly file: { readonly path: string; readonly written: string } | undefined;
  /** Where TUF keeps its metadata while the action runs. */
  readonly temporaryDirectory: string;
}

/** GitHub's own instance, which signs for private repositories (GitHub docs, "Verifying attestations offline"). */
const GITHUB_MIRROR = 'https://tuf-repo.github.com';
const PUBLIC_MIRROR = 'https://tuf-repo-cdn.sigstore.dev';
/** A trusted root holds a few keys and certificates. */
const MAX_ROOT_BYTES = 1024 * 1024;

/** Reads whom to believe: a file that the user named, else the roots of Sigstore and of GitHub, by TUF. */
export async function trustedInstances({
  file,
  temporaryDirectory,
}: TrustSource): Promise<readonly TrustedInstance[]> {
  if (file !== undefined) return await fromFile(file.path, file.written);
  const cachePath = join(temporaryDirectory, 'tuf');
  await mkdir(cachePath, { recursive: true });
  const rootPath = join(cachePath, 'github-root.json');
  await writeFile(rootPath, JSON.stringify(gitHubRoot));
  const { getTrustedRoot } = await import('@sigstore/tuf');
  const sources = [
    { name: 'Sigstore', options: { mirrorURL: PUBLIC_MIRROR, cachePath } },
    { name: "GitHub's Sigstore", options: { mirrorURL: GITHUB_MIRROR, cachePath, rootPath } },
  ];
  const results = await Promise.allSettled(
    sources.map(async ({ name, options }) => instanceOf(name, await getTrustedRoot(options))),
  );
  // One that cannot be reached leaves what the other signed; what only it could vouch for then does not verify.
  const instances = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
  if (instances.length > 0) return instances;
  const reason = results.map((result) => (result.status === 'rejected' ? messageOf(result.reason) : ''))[0];
  throw new InfrastructureError(
    `The trusted roots of Sigstore could not be fetched (${PUBLIC_MIRROR}, ${GITHUB_MIRROR}): ${reason ?? ''}`,
    {
      remedy:
        'Run again, or name a file of them by "trusted-root" (`gh attestation trusted-root` writes one).',
    },
  );
}

async function fromFile(path: string, written: string): Promise<TrustedInstance[]> {
  const refuse = (why: string, cause?: unknown): UsageError =>
    new UsageError(`Input "trusted-root" is "${written}", which is no Sigstore trusted root: ${why}.`, {
      remedy: 'Accepted: a trusted_root.json, or one a line, as `gh attestation trusted-root` writes them.',
      cause,
    });
  const { size } = await stat(path);
  if (size > MAX_ROOT_BYTES) throw refuse(`it has ${size} bytes, and at most ${MAX_ROOT_BYTES} are read`);
  const text = await readFile(path, 'utf8');
  const { TrustedRoot } = await import('@sigstore/protobuf-specs');
  try {
    return await Promise.all(
      documentsOf(text).map(async (document, index) =>
        instanceOf(`${written}#${index + 1}`, TrustedRoot.fromJSON(document)),
      ),
    );
  } catch (cause) {
    throw refuse(messageOf(cause), cause);
  }
}

/** One document over many lines, else one a line. */
function documentsOf(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    if (lines.length === 0) throw new Error('it is empty');
    return lines.map((line): unknown => JSON.parse(line));
  }
}

/** Its certificates name this organization. It keeps no log of private repositories, and stamps the time instead. */
const GITHUB = 'GitHub, Inc.';

/**
 * An instance with a transparency log must have logged the signature; one without, as GitHub's own, must have
 * stamped its time. Otherwise a certificate of ten minutes would sign for ever.
 */
async function instanceOf(name: string, root: TrustedRoot): Promise<TrustedInstance> {
  const { toTrustMaterial } = await import('@sigstore/verify');
  if (root.certificateAuthorities.length === 0) throw new Error('it names no certificate authority');
  if (root.tlogs.length === 0 && root.timestampAuthorities.length === 0) {
    throw new Error('it names neither a transparency log nor a timestamp authority');
  }
  const ofGitHub = root.certificateAuthorities.every(({ subject }) => subject?.organization === GITHUB);
  const logged = root.tlogs.length > 0 && !ofGitHub;
  return {
    name,
    material: toTrustMaterial(root),
    thresholds: {
      ctlogThreshold: logged && root.ctlogs.length > 0 ? 1 : 0,
      tlogThreshold: logged ? 1 : 0,
      tsaThreshold: logged ? 0 : 1,
    },
  };
}
