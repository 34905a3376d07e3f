import { describe, expect, it } from 'vitest';
import type { GpuReading } from './gpu-reading.ts';
import { type Device, type Vendor, visibleDevices } from './gpu-visible.ts';

function device(index: string, uuid: string | null, mig = false): Device {
  const gpu = { name: `card ${index}`, memoryMiB: 1, uuid, driver: null, capability: null, mig };
  const reading: GpuReading = { index, gpu, memoryUsedMiB: null, utilisation: null, powerWatts: null };
  return { reading, gpu };
}

const CARDS = [device('0', 'GPU-aaa'), device('1', 'GPU-bbb'), device('2', 'GPU-ccc')];
const PARTS = [device('0', 'MIG-a1', true), device('0', 'MIG-a2', true), device('1', 'GPU-bbb')];
const AMD = [device('0', '0xAB12'), device('2', '0xcd34'), device('3', null)];

function seen(devices: readonly Device[], vendor: Vendor, environment: NodeJS.ProcessEnv): unknown[] {
  return visibleDevices(devices, vendor, environment).map(({ gpu }) => gpu.uuid);
}

describe('visibleDevices', () => {
  it.each<[NodeJS.ProcessEnv, string[]]>([
    [{}, ['GPU-aaa', 'GPU-bbb', 'GPU-ccc']],
    [{ CUDA_VISIBLE_DEVICES: '2, 0' }, ['GPU-ccc', 'GPU-aaa']],
    [{ CUDA_VISIBLE_DEVICES: '' }, []],
    [{ CUDA_VISIBLE_DEVICES: '-1' }, []],
    [{ CUDA_VISIBLE_DEVICES: '1,9,0' }, ['GPU-bbb']],
    [{ CUDA_VISIBLE_DEVICES: '1,1' }, ['GPU-bbb']],
    [{ CUDA_VISIBLE_DEVICES: 'GPU-b,0' }, ['GPU-bbb', 'GPU-aaa']],
    [{ CUDA_VISIBLE_DEVICES: 'GPU-' }, []],
    [{ NVIDIA_VISIBLE_DEVICES: 'none' }, []],
    [{ NVIDIA_VISIBLE_DEVICES: 'void' }, []],
    [{ NVIDIA_VISIBLE_DEVICES: 'all' }, ['GPU-aaa', 'GPU-bbb', 'GPU-ccc']],
    // A number is the host's, where this may have been card 3.
    [{ NVIDIA_VISIBLE_DEVICES: '3' }, ['GPU-aaa', 'GPU-bbb', 'GPU-ccc']],
    [{ NVIDIA_VISIBLE_DEVICES: 'GPU-ccc,GPU-bbb', CUDA_VISIBLE_DEVICES: '0' }, ['GPU-ccc']],
    [{ NVIDIA_VISIBLE_DEVICES: 'GPU-of-the-host' }, ['GPU-aaa', 'GPU-bbb', 'GPU-ccc']],
  ])('gives of three cards, with %j, %j', (environment, uuids) => {
    expect(seen(CARDS, 'nvidia', environment)).toEqual(uuids);
  });

  it('gives parts of cards by their ids, and all of a card by its number', () => {
    expect(seen(PARTS, 'nvidia', { CUDA_VISIBLE_DEVICES: 'MIG-a2' })).toEqual(['MIG-a2']);
    expect(seen(PARTS, 'nvidia', { CUDA_VISIBLE_DEVICES: '0' })).toEqual(['MIG-a1', 'MIG-a2']);
    expect(seen(PARTS, 'nvidia', { CUDA_VISIBLE_DEVICES: '1' })).toEqual(['GPU-bbb']);
  });

  it("follows AMD's variables one after the other", () => {
    expect(seen(AMD, 'amd', {})).toEqual(['0xAB12', '0xcd34', null]);
    expect(seen(AMD, 'amd', { ROCR_VISIBLE_DEVICES: 'GPU-cd34,0' })).toEqual(['0xcd34', '0xAB12']);
    expect(seen(AMD, 'amd', { ROCR_VISIBLE_DEVICES: '1,2', HIP_VISIBLE_DEVICES: '0' })).toEqual(['0xcd34']);
    expect(seen(AMD, 'amd', { CUDA_VISIBLE_DEVICES: '2' })).toEqual([null]);
    expect(seen(AMD, 'amd', { HIP_VISIBLE_DEVICES: '0', CUDA_VISIBLE_DEVICES: '2' })).toEqual(['0xAB12']);
  });
});
