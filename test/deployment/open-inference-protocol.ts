import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { z } from 'zod';
import { standard } from '../standards.ts';

const DESCRIPTION = standard('open-inference-protocol-v2.yaml');

/** Why the standard's description cannot judge here; undefined where it can. */
export const missingReferee = (): string | undefined => DESCRIPTION.missing;

const documentSchema = z.looseObject({
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});

/** Judges a body by one of the standard's schemas; returns what is wrong with it. */
export function createReferee(): (schema: string, body: unknown) => string[] {
  const document = documentSchema.parse(parse(readFileSync(DESCRIPTION.path, 'utf8')));
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addSchema(document, 'oip');
  return (schema, body) => {
    if (document.components.schemas[schema] === undefined)
      throw new Error(`The standard has no schema ${schema}.`);
    const validate = ajv.compile({ $ref: `oip#/components/schemas/${schema}` });
    return validate(body)
      ? []
      : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
  };
}
