import { z } from 'zod';
import {
  authoritativeDefinitionsSchema,
  customPropertiesSchema,
  anyValueSchema,
  dateTimeSchema,
  integerSchema,
  naturalSchema,
  objectRelationshipSchema,
  openObjectSchema,
  priceSchema,
  propertyRelationshipSchema,
  roleSchema,
  slaPropertiesSchema,
  stableIdSchema,
  supportSchema,
  tagsSchema,
  teamSchema,
} from './odcs-parts.ts';
import { qualitySchema } from './odcs-quality.ts';
import { serverSchema } from './odcs-servers.ts';

export const LOGICAL_TYPES = [
  ...(['string', 'date', 'timestamp', 'time', 'number', 'integer'] as const),
  ...(['object', 'array', 'boolean'] as const),
] as const;
export type LogicalType = (typeof LOGICAL_TYPES)[number];

const textBounds = {
  format: z.string().optional(),
  exclusiveMaximum: z.string().optional(),
  maximum: z.string().optional(),
  exclusiveMinimum: z.string().optional(),
  minimum: z.string().optional(),
};
const momentOptionsSchema = z.strictObject({
  ...textBounds,
  timezone: z.boolean().optional(),
  defaultTimezone: z.string().optional(),
});
const numberBounds = {
  multipleOf: z.number().gt(0).optional(),
  maximum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
};

export const INTEGER_FORMATS = [
  'i8',
  'i16',
  'i32',
  'i64',
  'i128',
  'u8',
  'u16',
  'u32',
  'u64',
  'u128',
] as const;

/** The options that each logical type has; a boolean may have any. */
export const OPTIONS = {
  string: z.strictObject({
    minLength: naturalSchema.optional(),
    maxLength: naturalSchema.optional(),
    pattern: z.string().optional(),
    format: z.string().optional(),
  }),
  date: z.strictObject(textBounds),
  timestamp: momentOptionsSchema,
  time: momentOptionsSchema,
  integer: z.strictObject({ ...numberBounds, format: z.enum(INTEGER_FORMATS).optional() }),
  number: z.strictObject({ ...numberBounds, format: z.enum(['f32', 'f64']).optional() }),
  object: z.strictObject({
    maxProperties: naturalSchema.optional(),
    minProperties: naturalSchema.optional(),
    required: z
      .array(z.string())
      .min(1)
      .refine((names) => new Set(names).size === names.length, 'no name twice')
      .optional(),
  }),
  array: z.strictObject({
    maxItems: naturalSchema.optional(),
    minItems: naturalSchema.optional(),
    uniqueItems: z.boolean().optional(),
  }),
  boolean: openObjectSchema,
} as const satisfies Record<LogicalType, z.ZodType>;

const elementKeys = {
  id: stableIdSchema.optional(),
  physicalType: z.string().optional(),
  description: z.string().optional(),
  businessName: z.string().optional(),
  authoritativeDefinitions: authoritativeDefinitionsSchema.optional(),
  tags: tagsSchema.optional(),
  customProperties: customPropertiesSchema.optional(),
};

const propertyKeys = {
  ...elementKeys,
  primaryKey: z.boolean().optional(),
  primaryKeyPosition: integerSchema.optional(),
  logicalType: z.enum(LOGICAL_TYPES).optional(),
  logicalTypeOptions: openObjectSchema.optional(),
  physicalName: z.string().optional(),
  required: z.boolean().optional(),
  unique: z.boolean().optional(),
  partitioned: z.boolean().optional(),
  partitionKeyPosition: integerSchema.optional(),
  classification: z.string().optional(),
  encryptedName: z.string().optional(),
  transformSourceObjects: z.array(z.string()).optional(),
  transformLogic: z.string().optional(),
  transformDescription: z.string().optional(),
  examples: z.array(anyValueSchema).optional(),
  criticalDataElement: z.boolean().optional(),
  relationships: z.array(propertyRelationshipSchema).optional(),
  quality: z.array(qualitySchema).optional(),
};

interface Typed {
  readonly logicalType?: LogicalType | undefined;
  readonly logicalTypeOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly properties?: unknown;
  readonly items?: unknown;
}

/** What a property may have besides depends on its logical type; without one it may have no options. */
function refineTyped(property: Typed, context: z.RefinementCtx): void {
  const { logicalType, logicalTypeOptions = {} } = property;
  const refuse = (path: string[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  if (logicalType === undefined) {
    const [key] = Object.keys(logicalTypeOptions);
    if (key !== undefined) refuse(['logicalTypeOptions', key], 'options need a logicalType');
    return;
  }
  const options = OPTIONS[logicalType].safeParse(logicalTypeOptions);
  for (const issue of options.error?.issues ?? []) {
    context.addIssue({ code: 'custom', path: ['logicalTypeOptions', ...issue.path], message: issue.message });
  }
  if (property.properties !== undefined && logicalType !== 'object') {
    refuse(['properties'], 'only a property of logicalType object has properties');
  }
  if (property.items !== undefined && logicalType !== 'array') {
    refuse(['items'], 'only a property of logicalType array has items');
  }
}

/** A column, or a part of one. */
export type ContractProperty = z.infer<z.ZodObject<typeof propertyKeys>> & {
  name: string;
  properties?: ContractProperty[] | undefined;
  items?: ContractItem | undefined;
};
type ContractItem = Omit<ContractProperty, 'name'> & { name?: string | undefined };

// The standard nests properties without end, so these two schemas name each other.
const nestedKeys = {
  properties: z.lazy((): z.ZodType<ContractProperty[]> => z.array(propertySchema)).optional(),
  items: z.lazy((): z.ZodType<ContractItem> => itemSchema).optional(),
};
export const propertySchema: z.ZodType<ContractProperty> = z
  .strictObject({ ...propertyKeys, name: z.string(), ...nestedKeys })
  .superRefine(refineTyped);
const itemSchema: z.ZodType<ContractItem> = z
  .strictObject({ ...propertyKeys, name: z.string().optional(), ...nestedKeys })
  .superRefine(refineTyped);

/** A table. */
export const objectSchema = z.strictObject({
  ...elementKeys,
  name: z.string(),
  logicalType: z.literal('object').optional(),
  physicalName: z.string().optional(),
  dataGranularityDescription: z.string().optional(),
  properties: z.array(propertySchema).optional(),
  relationships: z.array(objectRelationshipSchema).optional(),
  quality: z.array(qualitySchema).optional(),
});

export const contractSchema = z.strictObject({
  version: z.string(),
  kind: z.literal('DataContract'),
  apiVersion: z.enum(['v3.1.0', 'v3.0.2', 'v3.0.1', 'v3.0.0', 'v2.2.2', 'v2.2.1', 'v2.2.0']),
  id: z.string(),
  name: z.string().optional(),
  tenant: z.string().optional(),
  tags: tagsSchema.optional(),
  status: z.string(),
  servers: z.array(serverSchema).optional(),
  dataProduct: z.string().optional(),
  description: z
    .looseObject({
      usage: z.string().optional(),
      purpose: z.string().optional(),
      limitations: z.string().optional(),
      authoritativeDefinitions: authoritativeDefinitionsSchema.optional(),
      customProperties: customPropertiesSchema.optional(),
    })
    .optional(),
  domain: z.string().optional(),
  schema: z.array(objectSchema).optional(),
  support: supportSchema.optional(),
  price: priceSchema.optional(),
  team: teamSchema.optional(),
  roles: z.array(roleSchema).optional(),
  slaDefaultElement: z.string().optional(),
  slaProperties: slaPropertiesSchema.optional(),
  authoritativeDefinitions: authoritativeDefinitionsSchema.optional(),
  customProperties: customPropertiesSchema.optional(),
  contractCreatedTs: dateTimeSchema.optional(),
});
export type Contract = z.infer<typeof contractSchema>;
export type ContractObject = z.infer<typeof objectSchema>;
