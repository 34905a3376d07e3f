import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/cheats.md'), 'utf8');

/** The names of the cheats that a file of tests has, in their order. */
function written(file: string): string[] {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8');
  return [...text.matchAll(/^\s*cheat\(\s*'([^']+)'/gm)].map(([, name = '']) => name);
}

/** The names that the page lists below the line that names the file. */
function listed(file: string): string[] {
  const [, section = ''] = PAGE.split(`Tests: \`test/cheats/${file}\`.`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^\| (.+?) \| .+ \|$/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'cheat');
}

const FILES = readdirSync(import.meta.dirname).filter((file) => written(file).length > 0);

describe('docs/cheats.md', () => {
  it.each(FILES)('lists every cheat of %s, and no other', (file) => {
    expect(listed(file)).toEqual(written(file));
  });

  it('lists what is tested and nothing else: at least thirty, each once', () => {
    const files = [...PAGE.matchAll(/^Tests: `test\/cheats\/(.+)`\.$/gm)].map(([, file = '']) => file);
    expect(files.toSorted()).toEqual(FILES.toSorted());
    const names = FILES.flatMap(written);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(30);
  });
});
