import { describe, expect, it } from 'vitest';
import { actionFileSchema } from './action-file.ts';
import { withTables } from './readme-tables.ts';

const action = actionFileSchema.parse({
  name: 'Bake',
  description: 'Bakes.',
  inputs: {
    flour: { description: 'What kind of flour.\nWheat | rye.', required: true },
    minutes: { description: 'How long.', default: '30' },
    note: { description: 'A word.', default: '' },
  },
  outputs: { bread: { description: 'Where it lies.' } },
  runs: { using: 'node24', main: '../../dist/bake/index.js' },
});
const README = `# Bake
<!-- inputs:begin -->
old
<!-- inputs:end -->
text between
<!-- outputs:begin --><!-- outputs:end -->
after
`;

describe('withTables', () => {
  it('replaces what lies between the markers and nothing else', () => {
    expect(withTables(README, action, 'README.md')).toBe(`# Bake
<!-- inputs:begin -->

| Input | Description | Required | Default |
| --- | --- | --- | --- |
| \`flour\` | What kind of flour. Wheat \\| rye. | yes |  |
| \`minutes\` | How long. |  | \`30\` |
| \`note\` | A word. |  |  |

<!-- inputs:end -->
text between
<!-- outputs:begin -->

| Output | Description |
| --- | --- |
| \`bread\` | Where it lies. |

<!-- outputs:end -->
after
`);
  });

  it('changes nothing the second time', () => {
    const once = withTables(README, action, 'README.md');
    expect(withTables(once, action, 'README.md')).toBe(once);
  });

  it.each([
    ['no marker', README.replace('<!-- inputs:begin -->', '')],
    ['no end', README.replace('<!-- outputs:end -->', '')],
    ['two of one', `${README}<!-- inputs:begin -->`],
    ['wrong order', '<!-- inputs:end --><!-- inputs:begin --><!-- outputs:begin --><!-- outputs:end -->'],
  ])('refuses a README with %s', (_, readme) => {
    expect(() => withTables(readme, action, 'actions/bake/README.md')).toThrow(
      /actions\/bake\/README.md needs the markers "<!-- (in|out)puts:begin -->"/,
    );
  });
});

describe('actionFileSchema', () => {
  it.each([
    ['an empty description', { inputs: { flour: { description: ' ' } } }, /has no description/],
    [
      'a description that is no sentence',
      { outputs: { bread: { description: 'bread' } } },
      /no full sentence/,
    ],
    [
      'a default that is no text',
      { inputs: { a: { description: 'A.', default: true } } },
      /must be text in quotes/,
    ],
    ['another Node', { runs: { using: 'node20', main: 'x' } }, /node24/],
  ])('refuses %s', (_, change, message) => {
    const result = actionFileSchema.safeParse({ ...action, ...change });
    expect(result.error?.message).toMatch(message);
  });
});
