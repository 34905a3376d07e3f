import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { contractSchema } from '../../actions/validate-data/src/contract/odcs.ts';
import { standard } from '../standards.ts';
import { mutate, seeded } from './mutate.ts';

const SCHEMA = standard('odcs-v3.1.0.json');
const CONTRACTS = join(import.meta.dirname, 'contracts');
const MUTANTS = 5000;

const jsonSchema = z.json();

function official(): (document: unknown) => boolean {
  const ajv = new Ajv2019({ allErrors: false, strict: false });
  addFormats.default(ajv);
  const validate = ajv.compile(
    z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(SCHEMA.path, 'utf8'))),
  );
  return (document) => validate(document);
}

function examples(): z.infer<typeof jsonSchema>[] {
  return readdirSync(CONTRACTS).map((name) =>
    jsonSchema.parse(parse(readFileSync(join(CONTRACTS, name), 'utf8'))),
  );
}

describe.skipIf(SCHEMA.missing !== undefined)(
  `our types and the standard agree (${SCHEMA.missing ?? 'it is there'})`,
  () => {
    it('accept all examples', () => {
      const validate = official();
      for (const example of examples()) {
        expect(contractSchema.safeParse(example).error).toBeUndefined();
        expect(validate(example)).toBe(true);
      }
    });

    it(`judge ${MUTANTS} changed documents alike`, { timeout: 120_000 }, () => {
      const validate = official();
      const random = seeded(20_261_122);
      const originals = examples();
      const verdicts = { accepted: 0, refused: 0 };
      for (let count = 0; count < MUTANTS; count++) {
        const original = originals[count % originals.length] ?? null;
        const document = mutate(original, random);
        const theirs = validate(document);
        const ours = contractSchema.safeParse(document).success;
        verdicts[theirs ? 'accepted' : 'refused'] += 1;
        if (ours !== theirs) expect({ ours, theirs, document }).toBe('alike');
      }
      // A generator that only made refuse would prove nothing.
      expect(verdicts.accepted).toBeGreaterThan(MUTANTS / 20);
      expect(verdicts.refused).toBeGreaterThan(MUTANTS / 20);
    });
  },
);
