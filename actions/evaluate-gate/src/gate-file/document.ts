import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { messageOf } from '../../../../shared/errors.ts';
import { type Path, refusal, type Source } from './source.ts';

/** An alias or two is a convenience; thousands are an attack on memory. */
const MAX_ALIASES = 100;

/** Reads YAML into plain values, and keeps where each of them stands. `file` is how the user knows it. */
export function readDocument(text: string, file: string): { values: unknown; source: Source } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const source: Source = {
    lineOf: (path) => lineIn(document, lines, path),
    nameOf: nameInFile,
    placeOf: (line) => ({ prefix: `${file}:${line}: `, short: `line ${line}`, where: { file, line } }),
  };
  const broken = document.errors[0] ?? document.warnings[0];
  if (broken !== undefined) {
    const { line } = lines.linePos(broken.pos[0]);
    throw refusal(source, [{ line, message: `is no valid YAML: ${broken.message}` }]);
  }
  refusePrototype(document, lines, source);
  try {
    return { values: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, source };
  } catch (cause) {
    const remedy = 'Write values out instead of using many YAML aliases.';
    throw refusal(source, [{ line: 1, message: `is refused: ${messageOf(cause)}`, remedy }], cause);
  }
}

/** A schema of names and values leaves out the key `__proto__` without a word; nothing may be left out so. */
function refusePrototype(document: Document, lines: LineCounter, source: Source): void {
  visit(document, {
    Pair(_, { key }) {
      if (!isScalar(key) || key.value !== '__proto__') return;
      const line = key.range ? lines.linePos(key.range[0]).line : 1;
      throw refusal(source, [{ line, message: 'the key "__proto__" is accepted nowhere' }]);
    },
  });
}

/** What stands at `path` of a gate file, as the subject of a sentence. */
export function nameInFile(path: Path): string {
  const [first, second, ...rest] = path;
  if (first === undefined) return 'the gate file';
  if (first === 'rules' && typeof second === 'number') {
    return `${rest.length === 0 ? '' : `"${rest.map(String).join('.')}" of `}rule ${second + 1}`;
  }
  return `"${path.map(String).join('.')}"`;
}

function lineIn(document: Document, lines: LineCounter, path: Path): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = document.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    const pair = isMap(parent)
      ? parent.items.find(({ key: node }) => isScalar(node) && String(node.value) === key)
      : undefined;
    const node = pair?.key ?? document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
