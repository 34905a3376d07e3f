import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { endProcess, isRunning, startTimeOf } from './process-identity.ts';

describe('endProcess', () => {
  it('ends a process and one that ignores SIGTERM', async () => {
    const script = "process.on('SIGTERM', () => {}); process.stdout.write('up'); setInterval(() => {}, 1000)";
    const child = spawn(process.execPath, ['-e', script], { detached: true });
    await once(child.stdout, 'data');
    const pid = child.pid ?? 0;
    const startTime = (await startTimeOf(pid)) ?? null;
    expect(await isRunning(pid, startTime)).toBe(true);
    await endProcess({ pid, startTime: 'another', group: true }, 100);
    expect(await isRunning(pid, startTime)).toBe(true);
    const exited = once(child, 'exit');
    await endProcess({ pid, startTime, group: true }, 200);
    expect((await exited)[1]).toBe('SIGKILL');
    expect(await isRunning(pid, startTime)).toBe(false);
    await endProcess({ pid, startTime, group: false }, 100);
  });

  it('knows no process of a number that nobody has', async () => {
    expect(await startTimeOf(2 ** 22 + 1)).toBeUndefined();
    expect(await isRunning(process.pid, null)).toBe(false);
  });
});
