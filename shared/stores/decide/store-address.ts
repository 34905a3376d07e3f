import { acceptedNames } from '../../action/accepted-names.ts';
import { UsageError } from '../../errors.ts';

export type StoreAddress =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string };

const KINDS = ['directory:', 's3:'] as const;
const EXAMPLES = 'Accepted: directory:<path> and s3://<bucket>/<prefix>.';

/** Amazon S3, "General purpose bucket naming rules". */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Amazon S3, "Object key naming guidelines": the characters that need no special handling, and "=" of Hive's folders. */
const PREFIX = /^[A-Za-z0-9!_.*'()=-]+(?:\/[A-Za-z0-9!_.*'()=-]+)*$/;
/** A key has 1,024 bytes at most, of which a digest's name takes 72. */
const MAX_PREFIX_CHARACTERS = 900;

/** Reads the name of a store. `label` is how the user knows it, such as `Input "store"`. */
export function parseStore(value: string, label: string): StoreAddress {
  const refuse = (what: string, remedy = EXAMPLES): never => {
    // Somebody may have written credentials where other addresses have them.
    throw new UsageError(`${label} is "${value.replace(/^(\w+:\/\/)[^/]*@/, '$1***@')}": ${what}.`, {
      remedy,
    });
  };
  if (value.startsWith('directory:')) {
    const path = value.slice('directory:'.length).trim();
    if (path === '' || path.includes('\0')) {
      return refuse('no folder is named', 'Write directory:<path>, for example directory:/mnt/models.');
    }
    return { kind: 'directory', path };
  }
  if (value.startsWith('s3://')) {
    const [bucket = '', ...folders] = value.slice('s3://'.length).split('/');
    const prefix = folders.join('/').replace(/\/$/, '');
    if (bucket.includes('@')) {
      return refuse(
        'the bucket is named without a user',
        'Credentials are found as the AWS SDK finds them, in the environment.',
      );
    }
    if (!BUCKET.test(bucket) || bucket.includes('..')) {
      return refuse(
        `"${bucket}" is no name of a bucket`,
        'A bucket has 3 to 63 lower-case letters, digits, dots and hyphens: s3://my-models/trainyard.',
      );
    }
    const plain = prefix === '' || (PREFIX.test(prefix) && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(prefix));
    if (!plain || prefix.length > MAX_PREFIX_CHARACTERS) {
      return refuse(
        'the prefix is none that a store can have',
        `Letters, digits and !_.*'()=- in folders divided by "/", at most ${MAX_PREFIX_CHARACTERS} characters, none of them "." or "..".`,
      );
    }
    return { kind: 's3', bucket, prefix };
  }
  const [kind = ''] = /^[^:/]*:?/.exec(value) ?? [];
  return refuse(`there is no store "${kind}"`, `${acceptedNames(kind, KINDS)} ${EXAMPLES}`);
}
