import { describe, expect, it } from 'vitest';
import { evaluationSection } from '../registries/sections.ts';
import { openScene, type Scene } from './scene.ts';

const NEVER = new AbortController().signal;
const ATTESTED = {
  id: '7',
  url: 'https://github.com/acme/digits/attestations/7',
  bundleSha256: 'b'.repeat(64),
};

/** A model that has passed, by a section that may say that GitHub keeps an attestation of it. */
async function judged(attestation: typeof ATTESTED | null): Promise<Scene> {
  const scene = await openScene();
  const section = evaluationSection(await scene.train());
  if (section.body === null) throw new Error('the section has no body');
  await scene.save({ ...section, body: { ...section.body, attestation } });
  return scene;
}

describe('publishing what is attested', () => {
  it('refuses an attestation that is claimed and cannot be verified, and publishes nothing', async () => {
    await using scene = await judged(ATTESTED);
    const outcome = await scene.publish();
    expect(outcome.verdict).toBe('error');
    expect(outcome.summary).toContain('made in a terminal, where nothing attests it');
    expect(await scene.registry.list('digits', NEVER)).toEqual([]);
  });

  it('refuses a verdict without an attestation where one is required', async () => {
    await using scene = await judged(null);
    expect((await scene.publish({ 'require-attestation': 'true' })).verdict).toBe('error');
    expect(await scene.registry.list('digits', NEVER)).toEqual([]);
    // The same model, where none is required.
    expect((await scene.publish()).verdict).toBe('pass');
    expect(await scene.registry.list('digits', NEVER)).toHaveLength(1);
  });

  it('looks at no attestation where nobody is to', async () => {
    await using scene = await judged(ATTESTED);
    expect((await scene.publish({ 'require-attestation': 'false' })).verdict).toBe('pass');
  });
});
