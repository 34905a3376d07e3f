import { isScalar, parseDocument, visit } from 'yaml';
import { messageOf, UsageError } from '../../../../shared/errors.ts';

/** An alias or two is a convenience; thousands are an attack on memory. */
const MAX_ALIASES = 100;

/** The library reads a megabyte in seconds, and no metrics have more. */
const MAX_CHARACTERS = 1024 * 1024;

/** Parses one YAML document in which no map has a key twice. */
export function parseYaml(text: string, source: string): unknown {
  if (text.length > MAX_CHARACTERS) {
    throw new UsageError(`The metrics in ${source} have more than ${MAX_CHARACTERS} characters of YAML.`, {
      remedy: 'Give a file of metrics; rows of an evaluation go into "predictions".',
    });
  }
  try {
    // The library compares each key with all others of its map, which takes minutes for a hundred thousand.
    const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false });
    const broken = document.errors[0];
    if (broken !== undefined) throw broken;
    visit(document, {
      Map: (_, { items }) => {
        const keys = new Set<unknown>();
        for (const { key } of items) {
          const name = isScalar(key) ? key.value : key;
          if (keys.has(name)) throw new Error(`the key ${JSON.stringify(name)} stands twice in one map`);
          keys.add(name);
        }
      },
    });
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
  } catch (cause) {
    // The stack's limit is met by thousands of nested brackets.
    const problem = messageOf(cause).replace(/^Maximum call stack.*/s, 'it is nested too deep');
    throw new UsageError(`The metrics in ${source} are no valid YAML: ${problem}.`, {
      remedy: 'Write one map of names and numbers, each name once.',
      cause,
    });
  }
}

const FENCE = /^---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/;

/** The YAML between the two `---` lines at the start of a Markdown file, such as a model card. */
export function parseFrontMatter(text: string, source: string): unknown {
  const matter = FENCE.exec(text.replace(/^\uFEFF/, ''))?.[1];
  if (matter !== undefined) return parseYaml(matter, source);
  throw new UsageError(
    `There are no metrics in ${source}: it does not begin with YAML between two lines of "---".`,
    {
      remedy: 'Write "model-index" into the model card, or give a file of metrics.',
    },
  );
}
