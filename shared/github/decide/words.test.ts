import { describe, expect, it } from 'vitest';
import { serverHasArtifacts } from './artifact-service.ts';
import { repositoryOfRemote } from './remote.ts';
import { MAX_DESCRIPTION_CHARACTERS, statusDescription } from './status-description.ts';

describe('the description of a status', () => {
  it.each([
    ['short', 'short'],
    [' two\n lines ', 'two lines'],
    [`${'word '.repeat(40)}end`, `${'word '.repeat(27)}word…`.replace(' word…', '…')],
    ['x'.repeat(200), `${'x'.repeat(139)}…`],
    ['x'.repeat(140), 'x'.repeat(140)],
  ])('%j fits', (text, description) => {
    expect(statusDescription(text)).toBe(description);
    expect(statusDescription(text).length).toBeLessThanOrEqual(MAX_DESCRIPTION_CHARACTERS);
  });

  it('never ends in half a character', () => {
    const cut = statusDescription(`${'x'.repeat(138)}😀😀`);
    expect(cut).toBe(`${'x'.repeat(138)}…`);
  });
});

describe('the repository of a remote', () => {
  it.each([
    ['https://github.com/acme/digits.git', 'https://github.com', 'acme/digits'],
    ['https://user:secret@github.com/acme/digits', 'https://github.com', 'acme/digits'],
    ['git@github.com:acme/digits.git\n', 'https://github.com', 'acme/digits'],
    ['ssh://git@ghe.example.org:2222/acme/digits.git/', 'https://ghe.example.org', 'acme/digits'],
  ])('%s', (remote, serverUrl, repository) => {
    expect(repositoryOfRemote(remote)).toEqual({ serverUrl, repository });
  });

  it.each(['', '/srv/git/digits.git', '../other', 'https://gitlab.example.org/a/b/c.git', 'C:\\repo'])(
    'is none of %j',
    (remote) => expect(repositoryOfRemote(remote)).toBeUndefined(),
  );
});

describe('artifacts', () => {
  it.each([
    [undefined, true],
    ['', true],
    ['https://github.com', true],
    ['https://acme.ghe.com', true],
    ['http://github.localhost', true],
    ['https://ghe.example.org', false],
    ['https://notgithub.com', false],
    ['nonsense', false],
  ])('of %s: %s', (server, has) => expect(serverHasArtifacts(server)).toBe(has));
});
