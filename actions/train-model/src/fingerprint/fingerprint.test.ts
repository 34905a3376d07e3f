import { describe, expect, it } from 'vitest';
import { canonicalDigest } from '../../../../shared/record/digest.ts';
import { FINGERPRINT_COMPONENTS, fingerprintSchema } from '../../../../shared/record/training-section.ts';
import { changedComponents } from './changed.ts';
import { fingerprintOf, type FingerprintParts, isConsistent, unknownComponents } from './fingerprint.ts';

function partsOf(overrides: Partial<FingerprintParts> = {}): FingerprintParts {
  return {
    command: ['python', 'train.py'],
    code: 'c'.repeat(64),
    data: 'd'.repeat(64),
    parameters: { epochs: 3, rate: 0.1 },
    seed: 7,
    environment: {
      lockFiles: [
        { path: 'requirements.txt', sha256: 'a'.repeat(64) },
        { path: 'uv.lock', sha256: 'b'.repeat(64) },
      ],
      interpreter: { name: 'python', version: '3.12.1' },
      image: null,
      variables: { PYTHONHASHSEED: '7' },
    },
    gpus: [{ name: 'NVIDIA H100' }, { name: 'NVIDIA A10' }],
    outputs: [
      { role: 'model', glob: 'out/model.onnx' },
      { role: 'metrics', glob: 'out/metrics.json' },
    ],
    metricsSources: ['tensorboard=runs', 'stdout=loss (?<loss>.+)'],
    ...overrides,
  };
}

const { environment } = partsOf();

describe('fingerprintOf', () => {
  it('names every component, and is the digest of their canonical JSON', () => {
    const found = fingerprintOf(partsOf());
    expect(fingerprintSchema.parse(found)).toEqual(found);
    expect(Object.keys(found.components).sort()).toEqual([...FINGERPRINT_COMPONENTS].sort());
    expect(found.sha256).toBe(canonicalDigest(found.components));
    expect(isConsistent(found)).toBe(true);
    expect(isConsistent({ ...found, sha256: '0'.repeat(64) })).toBe(false);
  });

  it('does not depend on the order in which things were found', () => {
    const parts = partsOf();
    const turned = partsOf({
      parameters: { rate: 0.1, epochs: 3 },
      environment: { ...environment, lockFiles: [...environment.lockFiles].reverse() },
      gpus: [...parts.gpus].reverse(),
      outputs: [...parts.outputs].reverse(),
      metricsSources: [...parts.metricsSources].reverse(),
    });
    expect(fingerprintOf(turned)).toEqual(fingerprintOf(parts));
  });

  it.each<[string, Partial<FingerprintParts>]>([
    ['command', { command: ['python', 'train.py', '--fast'] }],
    ['code', { code: '0'.repeat(64) }],
    ['data', { data: '0'.repeat(64) }],
    ['parameters', { parameters: { epochs: 4, rate: 0.1 } }],
    ['seed', { seed: null }],
    ['lock files', { environment: { ...environment, lockFiles: [] } }],
    ['interpreter', { environment: { ...environment, interpreter: { name: 'python', version: '3.13.0' } } }],
    ['interpreter', { environment: { ...environment, interpreter: null } }],
    ['image', { environment: { ...environment, image: 'ubuntu24 20261101.1' } }],
    ['accelerator', { gpus: [] }],
    ['variables', { environment: { ...environment, variables: {} } }],
    ['outputs', { outputs: [{ role: 'predictions', glob: 'out/model.onnx' }] }],
    ['outputs', { metricsSources: [] }],
  ])('changes in its component %s alone', (component, overrides) => {
    const [before, after] = [fingerprintOf(partsOf()), fingerprintOf(partsOf(overrides))];
    expect(changedComponents(before, after)).toEqual([component]);
    expect(after.sha256).not.toBe(before.sha256);
  });

  it('tells a machine without a GPU from one whose GPU is called so', () => {
    expect(fingerprintOf(partsOf({ gpus: [] })).components.accelerator).toBe(canonicalDigest(['cpu']));
  });

  it('leaves unknown what is unknown, and says how to make it known', () => {
    const found = fingerprintOf(partsOf({ code: null, data: null }));
    expect(found.components).toMatchObject({ code: null, data: null });
    expect(unknownComponents(found)).toBe(
      'No earlier training is looked for: what it is trained from is not known (code and data). To make it known, commit the code to git, so that its tree is known; run validate-data before, or name what the command reads in the input "data-paths".',
    );
    expect(unknownComponents(fingerprintOf(partsOf()))).toBeUndefined();
    // Two unknown things are not equal.
    expect(changedComponents(found, found)).toEqual(['code', 'data']);
  });
});
