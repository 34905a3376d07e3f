import { posix, resolve, sep } from 'node:path';
import { isInside } from '../action/contained-path.ts';
import { SubjectError } from '../errors.ts';

/**
 * The place of a registry's file below `directory`. A path from a registry is from outside: one that is absolute,
 * leaves the folder or is not written plainly is an error, never a place.
 */
export function placeWithin(directory: string, path: string, registry: string): string {
  const plain =
    path !== '' &&
    path !== '.' &&
    !/[\0\\]/.test(path) &&
    !posix.isAbsolute(path) &&
    posix.normalize(path) === path;
  const place = resolve(directory, path.split('/').join(sep));
  if (plain && isInside(directory, place) && place !== resolve(directory)) return place;
  throw new SubjectError(
    'data',
    `The registry ${registry} holds a file with the path "${path}", which leaves its folder.`,
    {
      remedy: 'Nothing was written. Somebody other than Trainyard wrote this version: do not use it.',
    },
  );
}
