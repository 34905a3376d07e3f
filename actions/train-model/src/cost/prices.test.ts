import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../shared/errors.ts';
import { priceOf, readPrices, refuseUnknownPrice, usdText } from './prices.ts';

const NONE = readPrices(undefined);

describe('readPrices', () => {
  it('takes labels and storage, and nothing at all', () => {
    const prices = readPrices(parse('gpu: 1.5\nA100: 0\nstorage-gb-month: 0.02\n'));
    expect([...prices.labels]).toEqual([
      ['gpu', 1.5],
      ['a100', 0],
    ]);
    expect(prices.storageGbMonthUsd).toBe(0.02);
    expect(readPrices(null)).toEqual(NONE);
  });

  it.each([
    ['gpu: -1', 'Input "prices": "gpu" is "-1".'],
    ['gpu: .nan', 'Input "prices": "gpu" is "NaN".'],
    ['gpu: .inf', 'Input "prices": "gpu" is "Infinity".'],
    ['gpu: $2', 'Input "prices": "gpu" is "$2".'],
    ['gpu: "2"', 'Input "prices": "gpu" is "2".'],
    ['gpu:', 'Input "prices": "gpu" is no number.'],
    ['gpu: [1]', 'Input "prices": "gpu" is no number.'],
    ['storage-gb-month: free', 'Input "prices": "storage-gb-month" is "free".'],
    ['- gpu', 'Input "prices" is no map.'],
    ['12', 'Input "prices" is no map.'],
  ])('refuses %j, naming the key and the value', (text, message) => {
    const refused = (): unknown => readPrices(parse(text));
    expect(refused).toThrow(UsageError);
    expect(refused).toThrow(expect.objectContaining({ message }) as Error);
  });

  it('holds a label that looks like a member of every object', () => {
    const prices = readPrices(parse('constructor: 3\n'));
    expect(priceOf(['constructor'], 'self-hosted', prices)?.usdPerHour).toBe(3);
    expect(priceOf(['toString'], 'self-hosted', prices)).toBeUndefined();
  });
});

describe('priceOf', () => {
  it("takes the user's price before GitHub's, of several labels the dearest", () => {
    const prices = readPrices({ GPU: 2, linux: 0.5, 'ubuntu-latest': 0 });
    expect(priceOf(['self-hosted', 'linux', 'gpu'], 'self-hosted', prices)).toEqual({
      usdPerHour: 2,
      basis: '$2.00 an hour for the label "gpu" (input "prices")',
      byStartedMinute: false,
    });
    expect(priceOf(['ubuntu-latest'], 'github-hosted', prices)?.usdPerHour).toBe(0);
  });

  it("knows GitHub's published prices, by the minute", () => {
    const price = priceOf(['ubuntu-latest'], 'github-hosted', NONE);
    expect(price?.usdPerHour).toBeCloseTo(0.36, 12);
    expect(price).toMatchObject({
      basis:
        "$0.006 a started minute on a Linux 2-core runner (GitHub's published price; nothing in public repositories and within included minutes)",
      byStartedMinute: true,
    });
    expect(priceOf(['ubuntu-slim'], 'github-hosted', NONE)?.basis).toContain('in public repositories');
    expect(priceOf(['linux_8_core'], 'github-hosted', NONE)?.basis).toBe(
      "$0.022 a started minute on a Linux 8-core runner (GitHub's published price)",
    );
    expect(priceOf(['linux_4_core_gpu'], 'github-hosted', NONE)?.usdPerHour).toBeCloseTo(3.12, 12);
    expect(priceOf(['ubuntu-latest'], null, NONE)?.basis).toContain('if GitHub hosts it');
  });

  it('tells a hosted runner by itself where its labels are not known', () => {
    const machine = { os: 'Linux', architecture: 'X64', cpus: 4, gpus: 1 };
    expect(priceOf([], 'github-hosted', NONE, machine)?.usdPerHour).toBeCloseTo(3.12, 12);
    expect(priceOf([], 'github-hosted', NONE)).toBeUndefined();
    expect(priceOf([], 'self-hosted', NONE, machine)).toBeUndefined();
  });

  it('knows none of a self-hosted runner, whatever it calls itself', () => {
    expect(priceOf(['ubuntu-latest'], 'self-hosted', NONE)).toBeUndefined();
    expect(priceOf(['Self-Hosted', 'ubuntu-latest'], null, NONE)).toBeUndefined();
    expect(priceOf(['gpu-t4-4-core'], null, NONE)).toBeUndefined();
  });
});

describe('refuseUnknownPrice', () => {
  it('says what to give', () => {
    expect(() => refuseUnknownPrice(undefined, ['self-hosted', 'gpu'])).toThrow(
      expect.objectContaining({
        message:
          'Input "max-cost-usd" is given, but what an hour on a runner with the labels self-hosted, gpu costs is not known: the training could not be stopped in time.',
        remedy: 'Give what an hour costs in the input "prices", such as "gpu: 1.20".',
      }) as Error,
    );
    expect(() => refuseUnknownPrice(undefined, [])).toThrow(/on this machine costs is not known/);
    expect(() => {
      refuseUnknownPrice(priceOf(['ubuntu-latest'], null, NONE), []);
    }).not.toThrow();
  });
});

describe('usdText', () => {
  it.each([
    [0, '$0.00'],
    [12.345, '$12.35'],
    [0.1, '$0.10'],
    [0.0025, '$0.0025'],
    [0.000012, '$0.000012'],
  ])('writes %d as %s', (usd, text) => {
    expect(usdText(usd)).toBe(text);
  });
});
