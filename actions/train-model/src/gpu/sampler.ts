import { setTimeout as sleep } from 'node:timers/promises';
import type { GpuUse } from '../../../../shared/record/training-section.ts';
import { GpuWatch, sampleGap } from '../decide/gpu-use.ts';
import { visibleDevices } from '../decide/gpu-visible.ts';
import { cardsOf, devicesOf } from './find-gpus.ts';
import { type GpuTool, lookAgain, lookForGpus } from './read-gpus.ts';

const LOOK_TIMEOUT_MS = 10_000;
/** After so many looks in a row without an answer a driver is left alone. */
const MAX_FAILURES = 3;

export interface Sampler {
  /** What the GPUs do now, in one line; null where there are none. */
  line(): string | null;
  /** Ends the sampling; the same answer every time it is asked. */
  finish(): Promise<SampledUse>;
}

export interface SampledUse {
  readonly use: GpuUse[];
  /** Null where a card does not tell its power. */
  readonly energyKwh: number | null;
  readonly notices: string[];
}

export interface SamplerOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}

/** Samples the GPUs that a program with this environment gets, until it is finished. Nothing of it throws. */
export function startSampler({ environment, intervalMs, signal }: SamplerOptions): Sampler {
  const watch = new GpuWatch();
  const ending = new AbortController();
  const until = AbortSignal.any([signal, ending.signal]);
  const notices: string[] = [];
  const options = { environment, timeoutMs: LOOK_TIMEOUT_MS, signal: until };
  const begunMs = performance.now();

  const sampling = async (): Promise<void> => {
    let tool: GpuTool | undefined;
    let visible: ReadonlySet<string> = new Set();
    let failures = 0;
    while (!until.aborted) {
      const lookedMs = performance.now();
      const look = tool === undefined ? await lookForGpus(options) : await lookAgain(tool, options);
      if (isOver()) return;
      const now = performance.now();
      if (look.kind === 'found') {
        failures = 0;
        if (tool === undefined) {
          tool = look.tool;
          const devices = await devicesOf(tool, look.readings, options);
          const cards = cardsOf(visibleDevices(devices, tool.vendor, environment));
          visible = new Set(cards.map(({ index }) => index));
          if (visible.size === 0) return;
        }
        watch.add(
          look.readings.filter(({ index }) => visible.has(index)),
          lookedMs - begunMs,
        );
      } else {
        // What is not there at the beginning does not come later.
        if (tool === undefined) return;
        failures += 1;
        if (failures === MAX_FAILURES) {
          notices.push(
            `The GPUs were not watched to the end: ${look.kind === 'problem' ? look.problem : 'they are not seen any more.'}`,
          );
          return;
        }
      }
      await sleep(sampleGap(intervalMs, now - begunMs, now - lookedMs), undefined, {
        signal: until,
        ref: false,
      });
    }
  };
  const isOver = (): boolean => until.aborted;
  const sampled = sampling().catch(() => undefined);

  return {
    line: () => watch.line(),
    async finish() {
      ending.abort();
      await sampled;
      return { use: watch.use(), energyKwh: watch.energyKwh(), notices: [...watch.notices(), ...notices] };
    },
  };
}
