import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Versions by which images that are made for training name themselves. */
const NAMED_BY = [
  'NVIDIA_PYTORCH_VERSION',
  'NVIDIA_TENSORFLOW_VERSION',
  'NVIDIA_JAX_VERSION',
  'PYTORCH_VERSION',
];

/**
 * The image that this machine was made from: the runner's own name of it, else the container's where something tells
 * it, else `container`; null on a machine without either. `root` is the file system's.
 */
export async function describeImage(
  environment: Readonly<Record<string, string | undefined>>,
  root = '/',
): Promise<string | null> {
  const { ImageOS: name, ImageVersion: version } = environment;
  if (name !== undefined) return `${name}${version === undefined ? '' : ` ${version}`}`;
  // Podman tells the image in that file; where it runs without privileges the file is empty.
  const podman = await readFile(join(root, 'run/.containerenv'), 'utf8').catch(() => undefined);
  const [, image] = /^image="([^"]{1,500})"$/m.exec(podman ?? '') ?? [];
  if (image !== undefined) return image;
  const inside =
    podman !== undefined ||
    environment['KUBERNETES_SERVICE_HOST'] !== undefined ||
    (await isThere(join(root, '.dockerenv')));
  if (!inside) return null;
  const told = NAMED_BY.find((one) => environment[one] !== undefined);
  return told === undefined ? 'container' : `container ${told}=${(environment[told] ?? '').slice(0, 100)}`;
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
