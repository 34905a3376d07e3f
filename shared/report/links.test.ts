import { describe, expect, it } from 'vitest';
import { linkerOf, NO_LINKS, repositoryOf } from './links.ts';

const REPOSITORY = 'https://github.com/acme/digits';

describe('links', () => {
  const link = linkerOf(REPOSITORY);

  it('lead to pages of the repository', () => {
    expect(link('run 7', `${REPOSITORY}/actions/runs/7`)).toEqual({
      text: 'run 7',
      url: `${REPOSITORY}/actions/runs/7`,
    });
  });

  it.each([
    null,
    '',
    'no address',
    'https://evil.example/acme/digits/x',
    `${REPOSITORY}-evil/x`,
    `${REPOSITORY}/../../evil/x`,
    `${REPOSITORY}/%2e%2e/%2e%2e/evil/x`,
    REPOSITORY,
    'http://github.com/acme/digits/x',
    'https://github.com@evil.example/acme/digits/x',
    'javascript:alert(1)',
  ])('lead nowhere else: %s', (url) => {
    expect(link('words', url)).toEqual({ text: 'words' });
  });

  it('are none where no repository is known', () => {
    expect(linkerOf(null)('words', `${REPOSITORY}/x`)).toEqual({ text: 'words' });
    expect(NO_LINKS('words', `${REPOSITORY}/x`)).toEqual({ text: 'words' });
  });

  it.each([
    [`${REPOSITORY}/actions/runs/7`, REPOSITORY],
    ['https://github.example:8443/acme/digits/actions', 'https://github.example:8443/acme/digits'],
    [REPOSITORY, null],
    ['http://github.com/acme/digits/x', null],
    ['https://name:password@github.com/acme/digits/x', null],
    [null, null],
  ])('take the repository of %s', (url, repository) => {
    expect(repositoryOf(url)).toBe(repository);
  });
});
