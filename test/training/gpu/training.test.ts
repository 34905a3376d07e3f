import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { openWorkplace } from '../workplace.ts';
import { oneT4, openTools } from './tools.ts';

/** Why nothing can be trained on a GPU here; undefined where it can. */
function whyNoGpu(): string | undefined {
  try {
    execFileSync('nvidia-smi', ['-L'], { stdio: 'ignore', timeout: 20_000 });
  } catch {
    return 'no nvidia-smi that answers';
  }
  try {
    execFileSync('python3', ['-c', 'import torch; assert torch.cuda.is_available()'], {
      stdio: 'ignore',
      timeout: 120_000,
    });
  } catch {
    return 'no PyTorch that sees a GPU';
  }
  return undefined;
}

const missing = whyNoGpu();

/** Multiplies matrices on the card for long enough to be sampled a few times. */
const TORCH = `
import json, os, time, torch
torch.manual_seed(int(os.environ["TRAINYARD_SEED"]))
torch.use_deterministic_algorithms(True)
x = torch.randn(4096, 4096, device="cuda", requires_grad=True)
begun = time.time()
step = 0
while time.time() - begun < 16:
    loss = (x @ x).square().mean()
    loss.backward()
    with torch.no_grad():
        x -= 1e-6 * x.grad
        x.grad = None
    step += 1
torch.cuda.synchronize()
json.dump({"loss": loss.item(), "steps": step}, open("metrics.json", "w"))
`;

describe('a training on a machine with a GPU', () => {
  it.skipIf(missing !== undefined)(
    `is sampled for real with PyTorch${missing === undefined ? '' : ` (skipped: ${missing})`}`,
    async () => {
      await using place = await openWorkplace();
      await place.write('train.py', TORCH);
      const inputs = {
        command: 'python3 train.py',
        metrics: 'metrics.json',
        seed: '7',
        deterministic: 'true',
      };
      const { body, verdict } = await place.train(inputs, { environment: process.env });
      expect(verdict).toBe('pass');
      expect(body?.hardware.gpus.length).toBeGreaterThan(0);
      expect(body?.hardware.gpus[0]?.driver).toMatch(/^\d+\.\d+/);
      expect(body?.gpuUse.some((use) => (use.maxMemoryMiB ?? 0) > 100 && use.samples >= 2)).toBe(true);
      expect(body?.energyKwh).toBeGreaterThan(0);
      expect(body?.environment.packages.map(({ name }) => name)).toContain('torch');
      expect(body?.metrics['steps']).toBeGreaterThan(10);
    },
  );

  it('records the GPU that the command gets, what it did, and what makes the training repeatable', async () => {
    await using place = await openWorkplace();
    await using tools = await openTools();
    await tools.write('nvidia-smi', oneT4({ used: 5120, utilisation: '80', power: '60.00' }));
    const { body, verdict } = await place.script(
      `const { writeFileSync } = await import('node:fs');
       writeFileSync('metrics.json', JSON.stringify({ seed: Number(process.env.PYTHONHASHSEED), attempt: Number(process.env.TRAINYARD_ATTEMPT) }));
       await new Promise((resolve) => setTimeout(resolve, 700));`,
      { metrics: 'metrics.json', seed: '7', deterministic: 'true' },
      { environment: tools.environment },
    );
    expect(verdict).toBe('pass');
    expect(body?.metrics).toEqual({ seed: 7, attempt: 1 });
    expect(body?.hardware.gpus).toMatchObject([{ name: 'Tesla T4', memoryMiB: 15360, mig: false }]);
    expect(body?.gpuUse).toMatchObject([{ name: 'Tesla T4', meanUtilisation: 80, maxMemoryMiB: 5120 }]);
    expect(body?.environment.variables).toEqual({
      CUBLAS_WORKSPACE_CONFIG: ':4096:8',
      NVIDIA_TF32_OVERRIDE: '0',
      PL_GLOBAL_SEED: '7',
      PYTHONHASHSEED: '7',
      TF_DETERMINISTIC_OPS: '1',
      TRAINYARD_SEED: '7',
    });
  });

  it('goes on where a driver hangs', async () => {
    await using place = await openWorkplace();
    await using tools = await openTools();
    await tools.write('nvidia-smi', 'sleep 60');
    const begun = performance.now();
    const { body, verdict } = await place.script('', {}, { environment: tools.environment });
    expect(verdict).toBe('pass');
    expect(body?.hardware.gpus).toEqual([]);
    expect(body?.gpuUse).toEqual([]);
    expect(body?.energyKwh).toBeNull();
    expect(performance.now() - begun).toBeLessThan(40_000);
  });
});
