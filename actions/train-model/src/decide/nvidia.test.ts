import { describe, expect, it } from 'vitest';
import {
  NVIDIA_FIELDS,
  nvidiaAnswer,
  nvidiaQuery,
  parseMigDevices,
  parseNvidia,
  unknownField,
  withParts,
} from './nvidia.ts';

const T4_UUID = 'GPU-11111111-2222-3333-4444-555555555555';
/** Driver 535 on a hosted runner with one T4. */
const T4 = `0, ${T4_UUID}, 535.183.01, 15360, 11264, 93, 68.42, 7.5, [N/A], Tesla T4\n`;
/** Driver 550, a card that is cut into parts, seen from a container: no use, and memory is nobody's business. */
const MIG =
  '0, GPU-aaaaaaaa-0000-0000-0000-000000000000, 550.90.07, [Insufficient Permissions], [Insufficient Permissions], [N/A], 87.10, 8.0, Enabled, NVIDIA A100-SXM4-80GB\r\n' +
  '1, GPU-bbbbbbbb-0000-0000-0000-000000000000, 550.90.07, 81920, 4, 0, 61.00, 8.0, Disabled, NVIDIA A100-SXM4-80GB\r\n';
const MIG_LIST = `GPU 0: NVIDIA A100-SXM4-80GB (UUID: GPU-aaaaaaaa-0000-0000-0000-000000000000)
  MIG 1g.10gb     Device  0: (UUID: MIG-cccccccc-0000-0000-0000-000000000000)
  MIG 3g.40gb     Device  1: (UUID: MIG-dddddddd-0000-0000-0000-000000000000)
GPU 1: NVIDIA A100-SXM4-80GB (UUID: GPU-bbbbbbbb-0000-0000-0000-000000000000)
`;

describe('parseNvidia', () => {
  it('reads a card', () => {
    expect(parseNvidia(T4, NVIDIA_FIELDS)).toEqual([
      {
        index: '0',
        gpu: {
          name: 'Tesla T4',
          memoryMiB: 15360,
          uuid: T4_UUID,
          driver: '535.183.01',
          capability: '7.5',
          mig: false,
        },
        memoryUsedMiB: 11264,
        utilisation: 93,
        powerWatts: 68.42,
      },
    ]);
  });

  it('knows nothing where a driver says so, in any of its ways', () => {
    const old =
      '0, [Unknown Error], 390.157, 2004, 0, [Not Supported], [Not Supported], [N/A], [N/A], GeForce GTX 770\n';
    expect(parseNvidia(old, NVIDIA_FIELDS)).toMatchObject([
      { utilisation: null, powerWatts: null, memoryUsedMiB: 0, gpu: { uuid: null, capability: null } },
    ]);
    const vgpu = '0, GPU-1, 570.86, [N/A], [N/A], [GPU requires reset], ERR!, 9.0, N/A, GRID A, B\n';
    expect(parseNvidia(vgpu, NVIDIA_FIELDS)).toMatchObject([
      { utilisation: null, powerWatts: null, gpu: { name: 'GRID A, B', memoryMiB: null, mig: false } },
    ]);
  });

  it('reads cards that are cut into parts, whose power is that of all their users', () => {
    expect(parseNvidia(MIG, NVIDIA_FIELDS)).toMatchObject([
      { powerWatts: null, utilisation: null, memoryUsedMiB: null, gpu: { mig: true, memoryMiB: null } },
      { powerWatts: 61, utilisation: 0, memoryUsedMiB: 4, gpu: { mig: false } },
    ]);
  });

  it('passes over warnings and what is cut short', () => {
    const text = `WARNING: infoROM is corrupted at gpu 0000:00:1E.0\n\n${T4}0, GPU-1, 535`;
    expect(parseNvidia(text, NVIDIA_FIELDS)).toHaveLength(1);
  });

  it('reads fewer fields of an older driver', () => {
    const fields = NVIDIA_FIELDS.filter((field) => field !== 'compute_cap' && field !== 'mig.mode.current');
    expect(nvidiaQuery(fields)[0]).toBe(
      '--query-gpu=index,uuid,driver_version,memory.total,memory.used,utilization.gpu,power.draw,name',
    );
    expect(parseNvidia('0, GPU-1, 418.226, 16160, 1, 0, 25.1, Tesla V100\n', fields)).toMatchObject([
      { powerWatts: 25.1, gpu: { name: 'Tesla V100', capability: null, mig: false } },
    ]);
  });
});

describe('unknownField', () => {
  it('is the one that the driver names, but none that cannot be left out', () => {
    expect(unknownField('Field "compute_cap" is not a valid field to query.\n')).toBe('compute_cap');
    expect(unknownField('Field "index" is not a valid field to query.\n')).toBeUndefined();
    expect(unknownField('Field "other" is not a valid field to query.\n')).toBeUndefined();
    expect(unknownField(T4)).toBeUndefined();
  });
});

describe('the parts of cards', () => {
  it('are listed below their cards', () => {
    expect([...parseMigDevices(MIG_LIST)]).toEqual([
      [
        '0',
        [
          { profile: '1g.10gb', uuid: 'MIG-cccccccc-0000-0000-0000-000000000000' },
          { profile: '3g.40gb', uuid: 'MIG-dddddddd-0000-0000-0000-000000000000' },
        ],
      ],
      ['1', []],
    ]);
    const old = 'GPU 0: A100 (UUID: GPU-1)\n  MIG 1g.5gb Device 0: (UUID: MIG-GPU-1/7/0)\n';
    expect(parseMigDevices(old).get('0')).toEqual([{ profile: '1g.5gb', uuid: 'MIG-GPU-1/7/0' }]);
    expect(parseMigDevices('  MIG 1g.5gb Device 0: (UUID: MIG-1)').size).toBe(0);
  });

  it('stand for their card, as programs are given them', () => {
    const devices = withParts(parseNvidia(MIG, NVIDIA_FIELDS), parseMigDevices(MIG_LIST));
    expect(devices.map(({ gpu }) => [gpu.name, gpu.mig])).toEqual([
      ['NVIDIA A100-SXM4-80GB MIG 1g.10gb', true],
      ['NVIDIA A100-SXM4-80GB MIG 3g.40gb', true],
      ['NVIDIA A100-SXM4-80GB', false],
    ]);
    expect(withParts(parseNvidia(MIG, NVIDIA_FIELDS), new Map())).toHaveLength(2);
  });
});

describe('nvidiaAnswer', () => {
  it('takes figures also beside a warning with an exit code', () => {
    expect(nvidiaAnswer(14, T4, NVIDIA_FIELDS).kind).toBe('found');
  });

  it.each<[number | null, string]>([
    [0, 'No devices were found\n'],
    [6, ''],
  ])('is none with exit code %s and %j', (code, output) => {
    expect(nvidiaAnswer(code, output, NVIDIA_FIELDS)).toEqual({ kind: 'none' });
  });

  it.each<[number | null, string, RegExp]>([
    [
      9,
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n",
      /driver is not loaded/,
    ],
    [
      18,
      'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 550.144\n',
      /different versions/,
    ],
    [255, 'Failed to initialize NVML: Driver/library version mismatch\n', /different versions/],
    [15, 'Unable to determine the device handle for GPU0000:01:00.0: Unknown Error\n', /fallen off the bus/],
    [12, "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.\n", /--gpus all/],
    [4, 'Failed to initialize NVML: Insufficient Permissions\n', /access to \/dev\/nvidia/],
    [255, 'Failed to initialize NVML: Unknown Error\n', /exit code 255/],
    [null, '', /exit code none/],
  ])('says in plain words what exit code %s means', (code, output, words) => {
    const answer = nvidiaAnswer(code, output, NVIDIA_FIELDS);
    expect(answer).toMatchObject({ kind: 'problem', problem: expect.stringMatching(words) as string });
  });
});
