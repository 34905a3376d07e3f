import { describe, expect, it } from 'vitest';
import { EnergyMeter } from './energy.ts';

const HOUR = 3_600_000;

describe('EnergyMeter', () => {
  it('integrates power over time', () => {
    const meter = new EnergyMeter();
    meter.sample(0, 100);
    meter.sample(HOUR, 300);
    meter.sample(2 * HOUR, 300);
    expect(meter.kwh()).toBeCloseTo(0.2 + 0.3, 12);
  });

  it('knows nothing from one sample, or where the power is not told', () => {
    const meter = new EnergyMeter();
    expect(meter.kwh()).toBeNull();
    meter.sample(0, 100);
    expect(meter.kwh()).toBeNull();
    meter.sample(HOUR, null);
    meter.sample(2 * HOUR, 100);
    expect(meter.kwh()).toBeNull();
    // Two samples of one moment span no time.
    meter.sample(2 * HOUR, 500);
    expect(meter.kwh()).toBeNull();
    meter.sample(3 * HOUR, 500);
    expect(meter.kwh()).toBeCloseTo(0.5, 12);
  });
});
