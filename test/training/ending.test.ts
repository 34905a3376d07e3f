import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endLeftovers } from '../../actions/train-model/src/end-leftovers.ts';
import { MARK } from '../../shared/process/decide/stripped-environment.ts';
import { startOf } from '../../shared/process/processes.ts';
import { GROUP_STATE } from '../../actions/train-model/src/post-state.ts';
import { keepLogs } from '../record/logs.ts';
import { isAlive, openWorkplace, until, type Workplace } from './workplace.ts';

/** A command with a child of its own that shares its output, and one that leaves group and session. */
const FAMILY = `
  import { spawn } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  const forever = 'setInterval(() => {}, 1000); process.on("SIGINT", () => {}); process.on("SIGTERM", () => {});';
  const near = spawn(process.execPath, ['-e', forever], { stdio: 'inherit' });
  const far = spawn(process.execPath, ['-e', forever], { stdio: 'ignore', detached: true });
  far.unref();
  near.unref();
`;
const READY = `writeFileSync('ready', [process.pid, near.pid, far.pid].join(' '));`;

async function pidsOf(place: Workplace): Promise<number[]> {
  const path = join(place.directory, 'ready');
  await until('the command is ready', async () => existsSync(path) && (await readFile(path, 'utf8')) !== '');
  return (await readFile(path, 'utf8')).split(' ').map(Number);
}

describe('the end of a training', () => {
  it('takes along what the command left behind', async () => {
    await using place = await openWorkplace();
    const outcome = await place.script(`${FAMILY} ${READY} process.exit(0);`);
    expect(outcome.verdict).toBe('pass');
    const [, near = 0, far = 0] = await pidsOf(place);
    expect(await Promise.all([near, far].map(isAlive))).toEqual([false, false]);
  });

  it('comes by cancellation: forwarded, then everything is killed', async () => {
    await using place = await openWorkplace();
    const controller = new AbortController();
    const trained = place.script(
      `${FAMILY}
       process.on('SIGINT', () => console.log('got SIGINT'));
       process.on('SIGTERM', () => console.log('got SIGTERM'));
       ${READY} setInterval(() => {}, 1000);`,
      { 'grace-seconds': '1' },
      { signal: controller.signal },
    );
    const pids = await pidsOf(place);
    expect(await Promise.all(pids.map(isAlive))).toEqual([true, true, true]);
    controller.abort(new Error('cancelled'));
    const outcome = await trained;
    expect(await Promise.all(pids.map(isAlive))).toEqual([false, false, false]);
    expect(outcome).toMatchObject({ verdict: 'error', blame: { owner: 'infrastructure' } });
    expect(outcome.summary).toMatch(/The step was cancelled, and was ended \(SIGKILL\)/);
    expect(outcome.body?.attempts[0]?.failureClass).toBe('cancelled');
    expect(outcome.body?.attempts[0]?.peakMemoryBytes).toBeGreaterThan(10_000_000);
    const said = place.lines.filter((line) => line.includes('got SIG'));
    expect(said).toEqual(['user: got SIGINT', 'user: got SIGTERM']);
  });

  it('leaves time to save a checkpoint', async () => {
    await using place = await openWorkplace();
    const controller = new AbortController();
    const trained = place.script(
      `import { writeFileSync } from 'node:fs';
       process.on('SIGINT', () => setTimeout(() => { writeFileSync('saved', ''); process.exit(0); }, 200));
       writeFileSync('ready', String(process.pid)); setInterval(() => {}, 1000);`,
      {},
      { signal: controller.signal },
    );
    await pidsOf(place);
    controller.abort(new Error('cancelled'));
    expect((await trained).summary).toContain('exit code 0');
    expect(existsSync(join(place.directory, 'saved'))).toBe(true);
  });

  it('comes by the time limit', async () => {
    await using place = await openWorkplace();
    const outcome = await place.script('setInterval(() => {}, 1000);', { 'max-minutes': '0.01' });
    expect(outcome.verdict).toBe('error');
    expect(outcome.body?.attempts[0]?.failureClass).toBe('time-limit');
    expect(outcome.summary).toContain('longer than "max-minutes" allows (0.01)');
  });
});

describe('the post step', () => {
  const sleeper = (mark: string) =>
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      detached: true,
      stdio: 'ignore',
      env: { [MARK]: mark },
    });

  it('has the group since the training began', async () => {
    await using place = await openWorkplace();
    await place.script('');
    const state: unknown = JSON.parse(place.state.get(GROUP_STATE) ?? '');
    expect(state).toMatchObject({
      pid: expect.any(Number) as number,
      mark: expect.stringContaining('terminal-') as string,
    });
  });

  it('ends what a killed step left behind', async () => {
    const child = sleeper('post-1');
    const pid = child.pid ?? 0;
    await until('it runs', () => isAlive(pid));
    const { logger, lines } = keepLogs();
    await endLeftovers(JSON.stringify({ pid, started: await startOf(pid), mark: 'post-1' }), logger);
    await until('it is gone', async () => !(await isAlive(pid)));
    expect(lines).toEqual(['warning: Ended 1 processes that the training had left behind.']);
  });

  it('finds by their mark those of a step that was killed before it knew a pid', async () => {
    const child = sleeper('post-3');
    const pid = child.pid ?? 0;
    await until('it runs', () => isAlive(pid));
    const { logger, lines } = keepLogs();
    await endLeftovers(JSON.stringify({ pid: null, started: null, mark: 'post-3' }), logger);
    await until('it is gone', async () => !(await isAlive(pid)));
    expect(lines).toEqual(['warning: Ended 1 processes that the training had left behind.']);
  });

  it('never touches a process that was given the same pid', async () => {
    const child = sleeper('somebody-else');
    const pid = child.pid ?? 0;
    try {
      await until('it runs', () => isAlive(pid));
      const { logger, lines } = keepLogs();
      await endLeftovers(JSON.stringify({ pid, started: 'earlier', mark: 'post-2' }), logger);
      await endLeftovers(JSON.stringify({ pid, started: null, mark: 'post-2' }), logger);
      expect(lines).toEqual(Array(2).fill('info: The training has left no process behind.'));
      expect(await isAlive(pid)).toBe(true);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('says why it does nothing', async () => {
    const { logger, lines } = keepLogs();
    await endLeftovers(undefined, logger);
    await endLeftovers('', logger);
    await endLeftovers('nonsense', logger);
    expect(lines[0]).toBe('info: No training was started: nothing to clean up.');
    expect(lines[2]).toMatch(/^warning: What the training left behind could not be looked for/);
  });
});
