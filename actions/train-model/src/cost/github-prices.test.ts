import { describe, expect, it } from 'vitest';
import { type Machine, rateOfLargerLabel, rateOfMachine, rateOfStandardLabel } from './github-prices.ts';

describe('rateOfStandardLabel', () => {
  it.each([
    ['ubuntu-latest', 0.006],
    ['ubuntu-24.04', 0.006],
    ['Ubuntu-22.04', 0.006],
    ['ubuntu-24.04-arm', 0.005],
    ['ubuntu-slim', 0.002],
    ['windows-latest', 0.01],
    ['windows-2025', 0.01],
    ['windows-2025-vs2026', 0.01],
    ['windows-11-arm', 0.008],
    ['macos-latest', 0.062],
    ['macos-15', 0.062],
    ['macos-15-intel', 0.062],
    ['macos-15-large', 0.077],
    ['macos-26-xlarge', 0.102],
  ])('knows the published price of %s', (label, usdPerMinute) => {
    expect(rateOfStandardLabel(label)?.usdPerMinute).toBe(usdPerMinute);
  });

  it.each(['gpu', 'ubuntu', 'ubuntu-latest-8-cores', 'my-ubuntu-latest', 'windows-2025-large', ''])(
    'does not take "%s" for one of GitHub',
    (label) => {
      expect(rateOfStandardLabel(label)).toBeUndefined();
    },
  );
});

describe('rateOfLargerLabel', () => {
  it.each([
    ['ubuntu-22.04-16-cores', 0.042],
    ['ubuntu-latest-96core', 0.252],
    ['linux_8_core_arm', 0.014],
    ['windows-latest-8-cores', 0.042],
    ['linux_4_core_gpu', 0.052],
    ['gpu-t4-4-core', 0.052],
    ['windows-t4', 0.102],
  ])('reads %s', (label, usdPerMinute) => {
    expect(rateOfLargerLabel(label)?.usdPerMinute).toBe(usdPerMinute);
  });

  it.each(['big', 'ubuntu-7-cores', 'core'])('cannot tell what "%s" is', (label) => {
    expect(rateOfLargerLabel(label)).toBeUndefined();
  });
});

describe('rateOfMachine', () => {
  const machine: Machine = { os: 'Linux', architecture: 'X64', cpus: 4, gpus: 0 };
  it.each<[Partial<Machine>, number | undefined]>([
    [{}, 0.006],
    [{ cpus: 2, architecture: 'ARM64' }, 0.005],
    [{ cpus: 16 }, 0.042],
    [{ gpus: 1 }, 0.052],
    [{ os: 'Windows' }, 0.01],
    [{ os: 'macOS', architecture: 'ARM64', cpus: 3 }, 0.062],
    [{ os: 'macOS', gpus: 1 }, undefined],
    [{ cpus: 7 }, undefined],
    [{ os: undefined }, undefined],
    [{ architecture: undefined }, 0.006],
  ])('finds the price of %j', (facts, usdPerMinute) => {
    expect(rateOfMachine({ ...machine, ...facts })?.usdPerMinute).toBe(usdPerMinute);
  });
});
