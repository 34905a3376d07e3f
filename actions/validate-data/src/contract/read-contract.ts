import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { UsageError } from '../../../../shared/errors.ts';
import { type Contract, contractSchema } from './odcs.ts';
import { findProblems } from './semantics.ts';

/** Where something stands in the contract: keys and indices from its root. */
export type Path = readonly PropertyKey[];

export interface ReadContract {
  readonly contract: Contract;
  /** The line of a rule, or of the nearest thing around it that the file holds. */
  lineOf(path: Path): number;
}

/** An alias is a convenience; a document that unfolds to more than this many is an attack ("billion laughs"). */
const MAX_ALIASES = 100;
/** So many problems are told at once. */
const MAX_PROBLEMS = 5;

/** Reads a contract's text: YAML, then the standard's schema, then what the schema lets through and makes no sense. */
export function readContract(text: string, file: string): ReadContract {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const refuse = (problems: readonly { path: Path; message: string }[]): UsageError => {
    const [first] = problems;
    const line = first === undefined ? 1 : lineOf(first.path);
    const shown = problems
      .slice(0, MAX_PROBLEMS)
      .map((problem) => `line ${lineOf(problem.path)}: ${problem.message}`);
    const rest = problems.length - shown.length;
    return new UsageError(
      `${file} is no contract that can be checked. ${shown.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}.`,
      { remedy: 'Write it as the Open Data Contract Standard 3.1 has it.', where: { file, line } },
    );
  };
  const lineOf = (path: Path): number => {
    let node: unknown = document.contents;
    let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    for (const step of path) {
      const child = childOf(node, step);
      if (child === undefined) break;
      offset = child.offset;
      node = child.value;
    }
    return lines.linePos(offset).line;
  };

  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line } = lines.linePos(broken.pos[0]);
    throw new UsageError(`${file}, line ${line} is no valid YAML: ${broken.message}`, {
      where: { file, line },
    });
  }
  const parsed = contractSchema.safeParse(unfold(document, file));
  if (!parsed.success) {
    throw refuse(
      parsed.error.issues.map((issue) => ({
        path: [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])],
        message: `${issue.path.join('.') || 'the document'}: ${issue.message}`,
      })),
    );
  }
  const problems = findProblems(parsed.data);
  if (problems.length > 0) throw refuse(problems);
  return { contract: parsed.data, lineOf };
}

function unfold(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw new UsageError(`${file} unfolds to far more than it says: its aliases name each other too often.`, {
      remedy: `Write the values out; at most ${MAX_ALIASES} aliases are followed.`,
      where: { file },
      cause,
    });
  }
}

/** A mapping's child begins at its key, a list's at itself. */
function childOf(node: unknown, step: PropertyKey): { value: unknown; offset: number } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
    if (pair === undefined || !isScalar(pair.key)) return undefined;
    return { value: pair.value, offset: pair.key.range?.[0] ?? 0 };
  }
  if (typeof step !== 'number' || typeof node !== 'object' || node === null || !('items' in node))
    return undefined;
  const item: unknown = Array.isArray(node.items) ? node.items[step] : undefined;
  return isNode(item) ? { value: item, offset: offsetOf(item) } : undefined;
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
