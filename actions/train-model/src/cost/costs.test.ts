import { describe, expect, it } from 'vitest';
import { costItemSchema } from '../../../../shared/record/training-section.ts';
import { estimateCost, trainingCosts, usdFor, waitingCost } from './costs.ts';
import { priceOf, readPrices } from './prices.ts';

const NONE = readPrices(undefined);
const OWN = readPrices({ gpu: 2, 'storage-gb-month': 0.5 });
const gpu = priceOf(['gpu'], 'self-hosted', OWN);
const hosted = priceOf(['ubuntu-latest'], 'github-hosted', NONE);
if (gpu === undefined || hosted === undefined) throw new Error('both have a price');
const MINUTE = 60_000;

describe('usdFor', () => {
  it('counts a started minute whole on a hosted runner, and by time elsewhere', () => {
    expect(usdFor(hosted, 61_000)).toBeCloseTo(0.012, 12);
    expect(usdFor(hosted, 60_000)).toBeCloseTo(0.006, 12);
    expect(usdFor(hosted, 0)).toBe(0);
    expect(usdFor(gpu, 90 * MINUTE)).toBeCloseTo(3, 12);
  });
});

describe('estimateCost', () => {
  it('is an upper bound by the limit, and likelier by an earlier training', () => {
    expect(estimateCost({ price: gpu, maxMs: 120 * MINUTE, earlierMs: undefined })).toEqual({
      what: 'Estimate',
      usd: 4,
      basis:
        'at most $4.00: "max-minutes" allows 2.0 h, at $2.00 an hour for the label "gpu" (input "prices").',
    });
    const likely = estimateCost({ price: gpu, maxMs: undefined, earlierMs: 30 * MINUTE });
    expect(likely).toMatchObject({
      usd: 1,
      basis: expect.stringMatching(/^about \$1\.00: an earlier/) as string,
    });
    expect(estimateCost({ price: gpu, maxMs: 6 * MINUTE, earlierMs: 30 * MINUTE })?.usd).toBeCloseTo(0.2, 12);
  });

  it('is none where price or time is unknown', () => {
    expect(estimateCost({ price: undefined, maxMs: MINUTE, earlierMs: MINUTE })).toBeUndefined();
    expect(estimateCost({ price: gpu, maxMs: undefined, earlierMs: undefined })).toBeUndefined();
  });
});

describe('trainingCosts', () => {
  const base = { prices: NONE, artifactBytes: 0, checkpointBytes: 0, terminal: false };

  it('counts compute for each attempt, and what is stored', () => {
    const items = trainingCosts({
      ...base,
      price: hosted,
      durationMs: 61_000,
      earlierMs: [30_000],
      artifactBytes: 2e9,
      checkpointBytes: 5e6,
      cacheBytes: 3e9,
    });
    for (const item of items) expect(costItemSchema.parse(item)).toEqual(item);
    expect(items.map(({ what, usd }) => [what, usd && Number(usd.toFixed(6))])).toEqual([
      ['Compute', 0.018],
      ['Artifacts', 1.5],
      ['Checkpoints', 0.00375],
      ['Cache', 0.049],
    ]);
    expect(items.map(({ basis }) => basis)).toEqual([
      `1.5 min in 2 attempts at ${hosted.basis}.`,
      "2.00 GB for 90 days at $0.25 a GB and month (GitHub's published price), beyond what is included.",
      "5.00 MB for 90 days at $0.25 a GB and month (GitHub's published price), beyond what is included.",
      "3.00 GB for 7 days at $0.0700 a GB and month (GitHub's published price), beyond what is included.",
    ]);
  });

  it("takes the user's price of storage", () => {
    const [, artifacts] = trainingCosts({
      ...base,
      price: gpu,
      prices: OWN,
      durationMs: 1,
      artifactBytes: 1e9,
    });
    expect(artifacts).toMatchObject({ usd: 1.5, basis: expect.stringContaining('input "prices"') as string });
  });

  it('says so where a price is unknown', () => {
    expect(
      trainingCosts({ ...base, price: undefined, durationMs: 45_000, labels: ['self-hosted', 'a100'] }),
    ).toEqual([
      {
        what: 'Compute',
        usd: null,
        basis:
          '45 s; the price of the runner is not known. Give what an hour costs in the input "prices", such as "a100: 1.20".',
      },
    ]);
  });

  it('has nothing to say in a terminal that names no price', () => {
    const terminal = { ...base, terminal: true, artifactBytes: 1e9, durationMs: MINUTE };
    expect(trainingCosts({ ...terminal, price: undefined })).toEqual([]);
    expect(trainingCosts({ ...terminal, price: gpu }).map(({ what }) => what)).toEqual(['Compute']);
  });
});

describe('waitingCost', () => {
  it('is that of the job which followed', () => {
    expect(waitingCost({ price: hosted, ms: 10 * MINUTE })).toEqual([
      {
        what: 'Waiting',
        usd: expect.closeTo(0.06, 12) as number,
        basis: `10.0 min in which the dispatching job followed, at ${hosted.basis}. With "mode: detach" no job waits.`,
      },
    ]);
    expect(waitingCost({ price: undefined, ms: 1 })[0]?.usd).toBeNull();
  });
});
