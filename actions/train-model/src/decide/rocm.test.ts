import { describe, expect, it } from 'vitest';
import { jsonIn, parseAmd, parseRocm, rocmAnswer } from './rocm.ts';

/** ROCm 6.2 with one MI300X. */
const MI300 = {
  card0: {
    'Unique ID': '0x1234567890abcdef',
    'GPU use (%)': '97',
    'Current Socket Graphics Package Power (W)': '601.0',
    'VRAM Total Memory (B)': '206141652992',
    'VRAM Total Used Memory (B)': '104857600',
    'Card Series': 'AMD Instinct MI300X',
    'Card Model': '0x74a1',
    'GFX Version': 'gfx942',
  },
  system: { 'Driver version': '6.8.5' },
};
/** ROCm 5: other names, and the second die of a card tells no power of its own. */
const OLD = {
  card0: { 'Card series': 'N/A', 'Card model': '0x0c34', 'Average Graphics Package Power (W)': '42.0' },
  card1: { 'Average Graphics Package Power (W)': 'N/A (Secondary die)', 'GPU use (%)': 'N/A' },
};

describe('parseRocm', () => {
  it('reads a card', () => {
    expect(parseRocm(JSON.stringify(MI300))).toEqual([
      {
        index: '0',
        gpu: {
          name: 'AMD Instinct MI300X',
          memoryMiB: 196592,
          uuid: '0x1234567890abcdef',
          driver: '6.8.5',
          capability: 'gfx942',
          mig: false,
        },
        memoryUsedMiB: 100,
        utilisation: 97,
        powerWatts: 601,
      },
    ]);
  });

  it('reads what older releases told, behind their warnings', () => {
    const text = `WARNING: AMD GPU device(s) is/are in a low-power state.\n[not JSON\n${JSON.stringify(OLD)}\n`;
    expect(parseRocm(text)).toMatchObject([
      { powerWatts: 42, utilisation: null, memoryUsedMiB: null, gpu: { name: '0x0c34', driver: null } },
      { index: '1', powerWatts: null, gpu: { name: 'AMD GPU', uuid: null } },
    ]);
  });

  it.each(['', 'WARNING: No JSON data to report', '[1]', '{"card0": 1}'])('finds none in %j', (text) => {
    expect(parseRocm(text)).toEqual([]);
  });

  it('takes JSON from anywhere, as the tool prints it', () => {
    expect(jsonIn('\n  {"a": 1}')).toEqual({ a: 1 });
  });
});

const STATIC = [
  {
    gpu: 0,
    asic: { market_name: 'AMD Radeon PRO W7700', asic_serial: '0xABC', target_graphics_version: 'gfx1101' },
    vram: { type: 'GDDR6', size: { value: 16368, unit: 'MB' } },
    driver: { name: 'amdgpu', version: '6.12.12' },
  },
];
const METRIC = [
  {
    gpu: 0,
    usage: { gfx_activity: { value: 42, unit: '%' }, vcn_activity: ['N/A'] },
    power: { socket_power: { value: 120, unit: 'W' } },
    mem_usage: { total_vram: { value: 16368, unit: 'MB' }, used_vram: { value: 14569, unit: 'MB' } },
  },
];

describe('parseAmd', () => {
  const expected = [
    {
      index: '0',
      gpu: {
        name: 'AMD Radeon PRO W7700',
        memoryMiB: 16368,
        uuid: '0xABC',
        driver: '6.12.12',
        capability: 'gfx1101',
        mig: false,
      },
      memoryUsedMiB: 14569,
      utilisation: 42,
      powerWatts: 120,
    },
  ];

  it('reads both lists, as ROCm 6 and 7 print them', () => {
    expect(parseAmd(JSON.stringify(STATIC), JSON.stringify(METRIC))).toEqual(expected);
    expect(parseAmd(JSON.stringify({ gpu_data: STATIC }), JSON.stringify({ gpu_data: METRIC }))).toEqual(
      expected,
    );
  });

  it('knows nothing where a card tells nothing', () => {
    const silent = [{ gpu: 0, usage: 'N/A', power: { socket_power: 'N/A' }, mem_usage: { total_vram: 512 } }];
    expect(
      parseAmd('[{"gpu": 0, "asic": "N/A", "vram": "N/A", "driver": "N/A"}]', JSON.stringify(silent)),
    ).toEqual([
      {
        index: '0',
        gpu: { name: 'AMD GPU', memoryMiB: 512, uuid: null, driver: null, capability: null, mig: false },
        memoryUsedMiB: null,
        utilisation: null,
        powerWatts: null,
      },
    ]);
    expect(parseAmd('[{"gpu": 1}]', '')).toMatchObject([{ index: '1', utilisation: null }]);
    expect(parseAmd('nothing', '[]')).toEqual([]);
  });
});

describe('rocmAnswer', () => {
  it('is what was found, or why there is nothing', () => {
    const readings = parseRocm(JSON.stringify(MI300));
    expect(rocmAnswer(readings, 'rocm-smi', '')).toEqual({ kind: 'found', readings });
    expect(rocmAnswer([], 'rocm-smi', '')).toEqual({ kind: 'none' });
    expect(
      rocmAnswer([], 'rocm-smi', 'ERROR:root:Driver not initialized (amdgpu not found in modules)'),
    ).toMatchObject({ kind: 'problem', problem: expect.stringMatching(/amdgpu is not loaded/) as string });
    expect(rocmAnswer([], 'amd-smi', 'AMDSMI_STATUS_NO_PERM')).toMatchObject({
      kind: 'problem',
      problem: expect.stringMatching(/"render" and "video"/) as string,
    });
  });
});
