import { fieldsOf, packedVarints, type WireField } from './wire-format.ts';

/** Field numbers of tensorflow/core/util/event.proto, framework/summary.proto and framework/tensor.proto. */
const EVENT = { step: 2, summary: 5 } as const;
const SUMMARY_VALUE = 1;
const VALUE = { tag: 1, simple: 2, tensor: 8, metadata: 9 } as const;
const METADATA_PLUGIN = 1;
const PLUGIN_NAME = 1;
const TENSOR = { type: 1, shape: 2, content: 4, float: 5, double: 6, int: 7, int64: 10 } as const;
const SHAPE_DIMENSION = 2;
/** framework/types.proto. */
const DATATYPE = { float: 1, double: 2, int32: 3, int64: 9 } as const;
/** The plugin of TensorBoard whose tensors are curves. */
const SCALARS = 'scalars';

export interface EventScalars {
  readonly step: number;
  readonly scalars: readonly (readonly [string, number])[];
}

/** The scalars of one event; others of its values (histograms, images, text) are passed over. */
export function scalarsOf(event: Buffer, plugins: Map<string, string>): EventScalars {
  let step = 0;
  const scalars: [string, number][] = [];
  for (const field of fieldsOf(event)) {
    if (field.number === EVENT.step) step = Number(BigInt.asIntN(64, field.varint));
    if (field.number !== EVENT.summary) continue;
    for (const value of fieldsOf(field.bytes)) {
      if (value.number !== SUMMARY_VALUE) continue;
      const scalar = scalarOf(value.bytes, plugins);
      if (scalar !== undefined) scalars.push(scalar);
    }
  }
  return { step, scalars };
}

function scalarOf(message: Buffer, plugins: Map<string, string>): [string, number] | undefined {
  let tag = '';
  let simple: number | undefined;
  let tensor: Buffer | undefined;
  let plugin: string | undefined;
  for (const field of fieldsOf(message)) {
    if (field.number === VALUE.tag) tag = field.bytes.toString('utf8');
    else if (field.number === VALUE.simple && field.type === 'fixed32') simple = field.bytes.readFloatLE();
    else if (field.number === VALUE.tensor) tensor = field.bytes;
    else if (field.number === VALUE.metadata) plugin = pluginOf(field.bytes);
  }
  // Only the first value of a tag says whose it is.
  if (plugin !== undefined) plugins.set(tag, plugin);
  if (simple !== undefined) return [tag, simple];
  if (tensor === undefined || (plugins.get(tag) ?? SCALARS) !== SCALARS) return undefined;
  const value = tensorScalar(tensor);
  return value === undefined ? undefined : [tag, value];
}

function pluginOf(metadata: Buffer): string | undefined {
  for (const field of fieldsOf(metadata)) {
    if (field.number !== METADATA_PLUGIN) continue;
    for (const part of fieldsOf(field.bytes)) {
      if (part.number === PLUGIN_NAME && part.type === 'bytes') return part.bytes.toString('utf8');
    }
  }
  return undefined;
}

/** The number in a tensor without dimensions; undefined for any other tensor. */
function tensorScalar(tensor: Buffer): number | undefined {
  let datatype = 0;
  let content: Buffer | undefined;
  let listed: number | undefined;
  for (const field of fieldsOf(tensor)) {
    if (field.number === TENSOR.type) datatype = Number(field.varint);
    else if (field.number === TENSOR.shape) {
      for (const part of fieldsOf(field.bytes)) if (part.number === SHAPE_DIMENSION) return undefined;
    } else if (field.number === TENSOR.content && field.bytes.length > 0) content = field.bytes;
    else listed ??= listedNumber(field);
  }
  return content === undefined ? listed : contentNumber(datatype, content);
}

function listedNumber(field: WireField): number | undefined {
  const { number, bytes } = field;
  if (number === TENSOR.float) return bytes.length >= 4 ? bytes.readFloatLE() : undefined;
  if (number === TENSOR.double) return bytes.length >= 8 ? bytes.readDoubleLE() : undefined;
  if (number !== TENSOR.int && number !== TENSOR.int64) return undefined;
  const [first] = packedVarints(field);
  return first === undefined ? undefined : Number(BigInt.asIntN(64, first));
}

function contentNumber(datatype: number, content: Buffer): number | undefined {
  if (datatype === DATATYPE.float && content.length === 4) return content.readFloatLE();
  if (datatype === DATATYPE.double && content.length === 8) return content.readDoubleLE();
  if (datatype === DATATYPE.int32 && content.length === 4) return content.readInt32LE();
  if (datatype === DATATYPE.int64 && content.length === 8) return Number(content.readBigInt64LE());
  return undefined;
}
