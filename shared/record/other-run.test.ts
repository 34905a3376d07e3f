import { describe, expect, it } from 'vitest';
import { openOtherRun, type RunOrigin } from './other-run.ts';

const { signal } = new AbortController();
const open = (facts: RunOrigin | undefined, repository: string | null = 'acme/digits') =>
  openOtherRun('41', { repository, token: 't', lookUp: () => Promise.resolve(facts) }, signal);

describe('openOtherRun', () => {
  it('opens a run of this repository', async () => {
    const facts = { repository: 'acme/digits', headRepository: 'acme/digits' };
    expect(await open(facts)).toEqual({ runId: '41', repository: 'acme/digits', token: 't' });
  });

  it.each([
    [undefined, /no run of "acme\/digits"/],
    [{ repository: 'evil/x', headRepository: 'evil/x' }, /no run of "acme\/digits"/],
    [{ repository: 'acme/digits', headRepository: 'evil/digits' }, /ran code of evil\/digits/],
    [{ repository: 'acme/digits', headRepository: null }, /a repository that is gone/],
  ])('refuses %j', async (facts, message) => {
    await expect(open(facts)).rejects.toThrow(message);
  });

  it('needs a repository', async () => {
    await expect(open(undefined, null)).rejects.toThrow(/cannot be read/);
  });
});
