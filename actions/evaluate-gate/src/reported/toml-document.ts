import { messageOf, UsageError } from '../../../../shared/errors.ts';
import { MAX_DEPTH } from './collected.ts';

/** Parses one TOML document; the language itself refuses a key that stands twice. */
export async function parseTomlDocument(text: string, source: string): Promise<unknown> {
  const { parse } = await import('smol-toml');
  try {
    return parse(text.replace(/^\uFEFF/, ''), { maxDepth: MAX_DEPTH });
  } catch (cause) {
    // The library's message goes on with lines of the file, which are not for a log.
    const [first = ''] = messageOf(cause).split('\n');
    const problem = first.replace(/^Invalid TOML document: /, '').replace(/\.$/, '');
    const at = cause instanceof Error && 'line' in cause ? `line ${String(cause.line)}: ` : '';
    throw new UsageError(`The metrics in ${source} are no valid TOML: ${at}${problem}.`, {
      remedy: 'Write one table of names and numbers, as in accuracy = 0.98.',
      cause,
    });
  }
}
