import { createHash } from 'node:crypto';

/** SHA-256 of bytes in memory, in hex. */
export function sha256Of(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
