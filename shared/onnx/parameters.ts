import { type Field, MalformedMessage, MessageFile, type Range } from './protobuf.ts';

/** Field numbers of onnx.proto3 (github.com/onnx/onnx) that lead to initialisers. */
const MODEL_GRAPH = 7;
const GRAPH = { node: 1, initializer: 5, sparseInitializer: 15 } as const;
const NODE_ATTRIBUTE = 5;
const ATTRIBUTE = { graph: 6, graphs: 11 } as const;
const SPARSE_VALUES = 1;
const TENSOR_DIMENSION = 1;
/** Of nested graphs (If, Loop, Scan). Deeper than any exporter goes, and no danger to the stack. */
const MAX_NESTING = 64;
/** Of one tensor; ONNX Runtime's own kernels stop long before it. */
const MAX_DIMENSIONS = 64;
/** More than any model that was trained has. */
const MAX_TENSORS = 1_000_000;

/**
 * The elements of all initialisers of an ONNX model, those of nested graphs among them. The shape tells it, so that
 * external data need not be there; of a sparse one the stored values count. Throws `MalformedMessage`.
 */
export function countInitialised(path: string): { readonly tensors: number; readonly elements: number } {
  const file = new MessageFile(path);
  try {
    const count = new Count(file);
    let graphs = 0;
    for (const field of file.fields()) {
      if (field.number !== MODEL_GRAPH) continue;
      graphs += 1;
      count.graph(rangeOf(field), 0);
    }
    // Parsers would merge several into one; nobody who exports a model writes that.
    if (graphs !== 1) throw new MalformedMessage(graphs === 0 ? 'it has no graph' : 'it has several graphs');
    return { tensors: count.tensors, elements: count.elements };
  } finally {
    file.close();
  }
}

class Count {
  tensors = 0;
  elements = 0;
  readonly #file: MessageFile;

  constructor(file: MessageFile) {
    this.#file = file;
  }

  graph(range: Range, depth: number): void {
    if (depth > MAX_NESTING) throw new MalformedMessage('its graphs are nested too deeply');
    for (const field of this.#file.fields(range)) {
      if (field.number === GRAPH.initializer) this.#add(rangeOf(field));
      if (field.number === GRAPH.node) this.#node(rangeOf(field), depth);
      if (field.number !== GRAPH.sparseInitializer) continue;
      for (const part of this.#file.fields(rangeOf(field))) {
        if (part.number === SPARSE_VALUES) this.#add(rangeOf(part));
      }
    }
  }

  #node(range: Range, depth: number): void {
    for (const field of this.#file.fields(range)) {
      if (field.number !== NODE_ATTRIBUTE) continue;
      for (const { number, value } of this.#file.fields(rangeOf(field))) {
        if ((number === ATTRIBUTE.graph || number === ATTRIBUTE.graphs) && typeof value === 'object') {
          this.graph(value, depth + 1);
        }
      }
    }
  }

  #add(tensor: Range): void {
    let elements = 1;
    let dimensions = 0;
    for (const field of this.#file.fields(tensor)) {
      if (field.number !== TENSOR_DIMENSION) continue;
      // Repeated numbers stand one a field, or packed in one (protobuf.dev, "Packed Repeated Fields").
      const sizes = typeof field.value === 'bigint' ? [field.value] : this.#file.numbers(field.value);
      for (const size of sizes) {
        dimensions += 1;
        if (dimensions > MAX_DIMENSIONS) throw new MalformedMessage('a tensor has too many dimensions');
        elements *= sizeOf(size);
      }
    }
    this.tensors += 1;
    this.elements += elements;
    if (this.tensors > MAX_TENSORS) throw new MalformedMessage('it has too many initialisers');
    if (!Number.isSafeInteger(this.elements)) throw new MalformedMessage('its initialisers are too large');
  }
}

function sizeOf(size: bigint): number {
  const signed = Number(BigInt.asIntN(64, size));
  if (signed < 0) throw new MalformedMessage(`a tensor has a dimension of size ${signed}`);
  return signed;
}

function rangeOf({ number, value }: Field): Range {
  if (typeof value === 'object') return value;
  throw new MalformedMessage(`field ${number} is a number where a message belongs`);
}
