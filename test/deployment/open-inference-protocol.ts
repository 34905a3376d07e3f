import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { z } from 'zod';

/** The standard's own description, beside the checkout; it is not ours to ship. */
const PATH = fileURLToPath(
  new URL('../../../shared/schemas/open-inference-protocol-v2.yaml', import.meta.url),
);

/** Why the standard's description cannot judge here; undefined where it can. In CI it must. */
export function missingReferee(): string | undefined {
  if (existsSync(PATH)) return undefined;
  if (process.env['CI'] === 'true') throw new Error(`${PATH} is missing, and CI does not skip.`);
  return 'the OpenAPI description of the Open Inference Protocol is not beside the checkout';
}

const documentSchema = z.looseObject({
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});

/** Judges a body by one of the standard's schemas; returns what is wrong with it. */
export function createReferee(): (schema: string, body: unknown) => string[] {
  const document = documentSchema.parse(parse(readFileSync(PATH, 'utf8')));
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
