// Writes what is generated from the source: the tables of each action's README, and the JSON Schemas under schemas/.
//   node scripts/docs.ts [--check]      --check writes nothing, and fails where something differs
import { existsSync, globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import prettier from 'prettier';
import { parse } from 'yaml';
import { z } from 'zod';
import { actionFileSchema } from './docs/action-file.ts';
import { withTables } from './docs/readme-tables.ts';
import { SCHEMAS } from './docs/schemas.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Path, relative to the repository, of every generated file, with the text that it must have. */
async function generated(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const path of globSync('actions/*/action.yml', { cwd: ROOT }).sort()) {
    const readme = join(dirname(path), 'README.md');
    if (!existsSync(join(ROOT, readme))) throw new Error(`${readme} is missing.`);
    const action = actionFileSchema.safeParse(parse(await readFile(join(ROOT, path), 'utf8')));
    if (!action.success) throw new Error(`${path}: ${z.prettifyError(action.error)}`);
    files.set(readme, withTables(await readFile(join(ROOT, readme), 'utf8'), action.data, readme));
  }
  const style = await prettier.resolveConfig(join(ROOT, 'schemas/x.json'));
  for (const [name, { title, schema }] of Object.entries(SCHEMAS)) {
    const document = { title, ...z.toJSONSchema(schema, { io: 'input' }) };
    const text = await prettier.format(JSON.stringify(document), { ...style, parser: 'json' });
    files.set(`schemas/${name}.schema.json`, text);
  }
  return files;
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const stale: string[] = [];
for (const [path, text] of await generated()) {
  const absolute = join(ROOT, path);
  if (existsSync(absolute) && (await readFile(absolute, 'utf8')) === text) continue;
  stale.push(path);
  if (values.check) continue;
  await mkdir(dirname(absolute), { recursive: true });
  await writeFile(absolute, text);
}
if (stale.length > 0)
  console.log(`${values.check ? 'Differs from its source' : 'Written'}: ${stale.join(', ')}`);
if (stale.length > 0 && values.check) {
  console.error('Run "npm run docs" and commit the result.');
  process.exitCode = 1;
}
