import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { isInside } from '../action/contained-path.ts';
import { SubjectError } from '../errors.ts';
import { type Field, MalformedMessage, MessageFile, type Range } from './protobuf.ts';

/** A protocol buffer message cannot be larger; weights beyond it lie in files of their own (external data). */
export const MAX_MODEL_BYTES = 2 * 1024 ** 3;
/** Of nested graphs (If, Loop, Scan). Deeper than any exporter goes, and no danger to the stack. */
const MAX_NESTING = 64;
/** Longest path of external data that is read; Linux allows no longer one. */
const MAX_LOCATION_BYTES = 4096;

/** Field numbers of onnx.proto3 (github.com/onnx/onnx) for those messages that can hold a tensor. */
const MODEL = { irVersion: 1, graph: 7, functions: 25 } as const;
const GRAPH = { node: 1, initializer: 5, sparseInitializer: 15 } as const;
const FUNCTION_NODE = 7;
const NODE_ATTRIBUTE = 5;
const ATTRIBUTE = {
  tensor: 5,
  graph: 6,
  tensors: 10,
  graphs: 11,
  sparseTensor: 22,
  sparseTensors: 23,
} as const;
const SPARSE_TENSOR = { values: 1, indices: 2 } as const;
const TENSOR_EXTERNAL_DATA = 13;
const ENTRY = { key: 1, value: 2 } as const;

const rangeOf = (field: Field): Range => {
  if (typeof field.value === 'object') return field.value;
  throw new MalformedMessage(`field ${field.number} is a number where a message belongs`);
};

/**
 * Makes sure that a file is an ONNX model before it is given to native code: a protocol buffer message with the
 * fields of a model, whose external data lies in the model's own folder. `label` is how the user knows the file.
 */
export function checkModelFile(path: string, label: string, maxBytes = MAX_MODEL_BYTES): void {
  const size = statSync(path).size;
  if (size > maxBytes) {
    throw new SubjectError(
      'model',
      `The model "${label}" has ${size} bytes; at most ${maxBytes} can be loaded.`,
      {
        remedy: 'Export the weights as external data, beside the .onnx file.',
      },
    );
  }
  const file = new MessageFile(path);
  try {
    checkModel(file, path, label);
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    throw new SubjectError('model', `The file "${label}" is not an ONNX model: ${error.message}.`, {
      remedy: 'Give the .onnx file that the training exported, whole.',
      cause: error,
    });
  } finally {
    file.close();
  }
}

function checkModel(file: MessageFile, path: string, label: string): void {
  const seen = new Set<number>();
  const walk = new Walk(file, (location) => checkLocation(location, path, label));
  for (const field of file.fields()) {
    seen.add(field.number);
    if (field.number === MODEL.graph) walk.graph(rangeOf(field), 0);
    if (field.number === MODEL.functions) walk.nodes(rangeOf(field), FUNCTION_NODE, 0);
  }
  if (!seen.has(MODEL.irVersion)) throw new MalformedMessage('it has no version of the format (ir_version)');
  if (!seen.has(MODEL.graph)) throw new MalformedMessage('it has no graph');
}

/** Goes through everything that can hold a tensor, and reports where external data is said to lie. */
class Walk {
  readonly #file: MessageFile;
  readonly #onLocation: (location: string) => void;

  constructor(file: MessageFile, onLocation: (location: string) => void) {
    this.#file = file;
    this.#onLocation = onLocation;
  }

  graph(range: Range, depth: number): void {
    if (depth > MAX_NESTING) throw new MalformedMessage('its graphs are nested too deeply');
    for (const field of this.#file.fields(range)) {
      if (field.number === GRAPH.initializer) this.#tensor(rangeOf(field));
      if (field.number === GRAPH.sparseInitializer) this.#sparseTensor(rangeOf(field));
      if (field.number === GRAPH.node) this.#node(rangeOf(field), depth);
    }
  }

  nodes(range: Range, number: number, depth: number): void {
    for (const field of this.#file.fields(range)) {
      if (field.number === number) this.#node(rangeOf(field), depth);
    }
  }

  #node(range: Range, depth: number): void {
    for (const field of this.#file.fields(range)) {
      if (field.number === NODE_ATTRIBUTE) this.#attribute(rangeOf(field), depth);
    }
  }

  #attribute(range: Range, depth: number): void {
    for (const field of this.#file.fields(range)) {
      const { number } = field;
      if (number === ATTRIBUTE.graph || number === ATTRIBUTE.graphs) this.graph(rangeOf(field), depth + 1);
      if (number === ATTRIBUTE.tensor || number === ATTRIBUTE.tensors) this.#tensor(rangeOf(field));
      if (number === ATTRIBUTE.sparseTensor || number === ATTRIBUTE.sparseTensors)
        this.#sparseTensor(rangeOf(field));
    }
  }

  #sparseTensor(range: Range): void {
    for (const field of this.#file.fields(range)) {
      if (field.number === SPARSE_TENSOR.values || field.number === SPARSE_TENSOR.indices)
        this.#tensor(rangeOf(field));
    }
  }

  #tensor(range: Range): void {
    for (const field of this.#file.fields(range)) {
      if (field.number === TENSOR_EXTERNAL_DATA) this.#entry(rangeOf(field));
    }
  }

  #entry(range: Range): void {
    const texts = new Map<number, string>();
    for (const field of this.#file.fields(range)) {
      const text = rangeOf(field);
      if (text.end - text.start > MAX_LOCATION_BYTES)
        throw new MalformedMessage('a path of external data is too long');
      texts.set(field.number, this.#file.text(text));
    }
    if (texts.get(ENTRY.key) === 'location') this.#onLocation(texts.get(ENTRY.value) ?? '');
  }
}

function checkLocation(location: string, modelPath: string, label: string): void {
  const folder = realpathSync(dirname(modelPath));
  const target = resolve(folder, location);
  const refused =
    location === '' || location.includes('\0') || isAbsolute(location) || !isInside(folder, target);
  if (refused || (existsSync(target) && !isInside(folder, realpathSync(target)))) {
    throw new SubjectError(
      'model',
      `The model "${label}" keeps weights outside its own folder: "${location}".`,
      {
        remedy: 'Export the external data beside the .onnx file, under a relative path.',
      },
    );
  }
  if (!existsSync(target) || !statSync(target).isFile()) {
    throw new SubjectError(
      'model',
      `The model "${label}" keeps weights in "${location}", which is not there.`,
      {
        remedy: 'Declare that file as an output of the training with the role model, like the .onnx file.',
      },
    );
  }
}
