import { fullFormats } from 'ajv-formats/dist/formats.js';
import { z } from 'zod';

// Open Data Contract Standard 3.1.0, https://bitol-io.github.io/open-data-contract-standard/v3.1.0/.
// The types agree with the standard's JSON Schema, which test/data/odcs-agreement.test.ts proves.

type Format = 'uri' | 'date' | 'date-time';

/** The formats of JSON Schema, as the validator that most readers of the standard use has them. */
function holdsFormat(name: Format, text: string): boolean {
  const format: unknown = fullFormats[name];
  const validate =
    typeof format === 'object' && format !== null && 'validate' in format ? format.validate : format;
  if (typeof validate !== 'function') throw new TypeError(`the format ${name} has no function`);
  const result: unknown = Reflect.apply(validate, undefined, [text]);
  return result === true;
}

const formatted = (name: Format) => z.string().refine((text) => holdsFormat(name, text), `a ${name}`);

export const uriSchema = formatted('uri');
export const dateSchema = formatted('date');
export const dateTimeSchema = formatted('date-time');

/** JSON Schema's integer: also beyond what a double holds exactly. */
export const integerSchema = z.number().refine(Number.isInteger, 'a whole number');
export const naturalSchema = integerSchema.refine((value) => value >= 0, 'a whole number from 0');

export const openObjectSchema = z.looseObject({});
/** Any value, but one is required. */
export const anyValueSchema = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.array(z.unknown()),
  openObjectSchema,
]);

export const stableIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/, 'letters, digits, hyphens and underscores');
export const tagsSchema = z.array(z.string());

export const customPropertySchema = z.strictObject({
  id: stableIdSchema.optional(),
  property: z.string(),
  value: anyValueSchema,
  description: z.string().optional(),
});
export const customPropertiesSchema = z.array(customPropertySchema);

export const authoritativeDefinitionsSchema = z.array(
  z.strictObject({
    id: stableIdSchema.optional(),
    url: z.string(),
    type: z.string(),
    description: z.string().optional(),
  }),
);

export const roleSchema = z.strictObject({
  id: stableIdSchema.optional(),
  role: z.string(),
  description: z.string().optional(),
  access: z.string().optional(),
  firstLevelApprovers: z.string().optional(),
  secondLevelApprovers: z.string().optional(),
  customProperties: customPropertiesSchema.optional(),
});

const teamMemberSchema = z.strictObject({
  id: stableIdSchema.optional(),
  username: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  role: z.string().optional(),
  dateIn: dateSchema.optional(),
  dateOut: dateSchema.optional(),
  replacedByUsername: z.string().optional(),
  tags: tagsSchema.optional(),
  customProperties: customPropertiesSchema.optional(),
  authoritativeDefinitions: authoritativeDefinitionsSchema.optional(),
});

/** An object since 3.1.0; a list of members before. */
export const teamSchema = z.union([
  z.strictObject({
    id: stableIdSchema.optional(),
    name: z.string().optional(),
    description: z.string().optional(),
    members: z.array(teamMemberSchema).optional(),
    tags: tagsSchema.optional(),
    customProperties: customPropertiesSchema.optional(),
    authoritativeDefinitions: authoritativeDefinitionsSchema.optional(),
  }),
  z.array(teamMemberSchema),
]);

export const supportSchema = z.array(
  z.strictObject({
    id: stableIdSchema.optional(),
    channel: z.string(),
    url: z.string().optional(),
    description: z.string().optional(),
    tool: z.string().optional(),
    scope: z.string().optional(),
    invitationUrl: z.string().optional(),
    customProperties: customPropertiesSchema.optional(),
  }),
);

export const priceSchema = z.strictObject({
  id: stableIdSchema.optional(),
  priceAmount: z.number().optional(),
  priceCurrency: z.string().optional(),
  priceUnit: z.string().optional(),
});

const plainValueSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const slaPropertiesSchema = z.array(
  z.strictObject({
    id: stableIdSchema.optional(),
    property: z.string(),
    value: plainValueSchema,
    valueExt: plainValueSchema.optional(),
    unit: z.string().optional(),
    element: z.string().optional(),
    driver: z.string().optional(),
    description: z.string().optional(),
    scheduler: z.string().optional(),
    schedule: z.string().optional(),
  }),
);

const NAME = '[A-Za-z_][A-Za-z0-9_]*';
const SHORT_REFERENCE = new RegExp(`^${NAME}\\.${NAME}$`);
const STEP = `${NAME}/[A-Za-z0-9_-]+`;
const FULL_REFERENCE = new RegExp(`^(?:(?:https?://)?[A-Za-z0-9._\\-/]+\\.yaml#)?/?${STEP}(?:/${STEP})*$`);
const referenceSchema = z
  .string()
  .refine(
    (text) => SHORT_REFERENCE.test(text) || FULL_REFERENCE.test(text),
    'a reference such as object.property',
  );
const referencesSchema = z.array(referenceSchema).min(1);

const relationshipKeys = {
  type: z.literal('foreignKey').optional(),
  customProperties: customPropertiesSchema.optional(),
};

export const propertyRelationshipSchema = z.strictObject({
  ...relationshipKeys,
  to: z.union([referenceSchema, referencesSchema]),
});

export const objectRelationshipSchema = z.union([
  z.strictObject({ ...relationshipKeys, from: referenceSchema, to: referenceSchema }),
  z.strictObject({ ...relationshipKeys, from: referencesSchema, to: referencesSchema }),
]);
