import { posix } from 'node:path';
import { SubjectError } from '../errors.ts';
import { containedPath } from '../action/contained-path.ts';

/**
 * Where a reference's file belongs below `directory`. A reference is from outside: a path that is absolute, not
 * written plainly, leaves the folder or goes through a symbolic link out of it is an error, never a place.
 */
export function placeOf(directory: string, path: string): string {
  const plain =
    !/[\0\\]/.test(path) &&
    !posix.isAbsolute(path) &&
    !/^[A-Za-z]:/.test(path) &&
    posix.normalize(path) === path &&
    path !== '.' &&
    !path.endsWith('/');
  const refuse = (cause?: unknown): never => {
    throw new SubjectError('data', `The record refers to a file "${path}", which leaves its folder.`, {
      remedy: 'Nothing was fetched. No step of Trainyard writes such a path: do not trust this record.',
      cause,
    });
  };
  if (!plain || path.split('/')[0] === '..') return refuse();
  try {
    return containedPath(directory, directory, path, 'The record');
  } catch (error) {
    return refuse(error);
  }
}
