import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMasker } from '../../shared/process/decide/masker.ts';
import type { Submission, TrainingJob } from '../../actions/train-model/src/engines/engine.ts';
import type { LiveMetrics } from '../../actions/train-model/src/engines/live-metrics.ts';
import { createLocalEngine, type LocalEngine } from '../../actions/train-model/src/engines/local.ts';
import { listProcesses } from '../../shared/process/processes.ts';
import { isAlive, until } from './wait.ts';

const { signal } = new AbortController();
let directory: string;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-engine-')));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Hears every line, as a pattern on the output would, and tells one point. */
function listen(): LiveMetrics & { lines: number; heard: string[] } {
  return {
    lines: 0,
    heard: [],
    line(text) {
      this.lines += 1;
      if (text.startsWith('metric')) this.heard.push(text);
    },
    async *points({ ended }) {
      yield { step: 1, values: { loss: 0.5 }, total: undefined };
      while (!ended()) await sleep(10);
    },
  };
}

let marks = 0;
function jobOf(command: readonly [string, ...string[]], variables: Record<string, string> = {}): TrainingJob {
  marks += 1;
  const mark = `engine-test-${process.pid}-${marks}`;
  return {
    command,
    directory,
    environment: { PATH: process.env['PATH'] ?? '', TRAINYARD_SUBMISSION: mark, ...variables },
    outputs: [],
    seriesFiles: [],
  };
}

const node = (code: string): [string, ...string[]] => [process.execPath, '-e', code];

/** Follows a training to its end, and returns what it said. */
async function linesOf(engine: LocalEngine, submission: Submission): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of engine.logs(submission, signal)) lines.push(line);
  return lines;
}

async function endOf(engine: LocalEngine, submission: Submission) {
  await until('it has ended', async () => {
    const { phase } = await engine.status(submission, signal);
    return phase !== 'running' && phase !== 'stopping';
  });
  return await engine.status(submission, signal);
}

describe('the local engine', () => {
  it('knows only what it runs, attaches to nothing, costs nothing and records nothing itself', async () => {
    const engine = createLocalEngine({ metrics: listen() });
    const stranger = { id: 'x', key: 'y', url: null };
    expect(() => engine.status(stranger, signal)).toThrow('runs no training "x"');
    expect(await engine.find('y', signal)).toBeUndefined();
    expect(await engine.cost(stranger, signal)).toEqual([]);
    expect(await engine.recorded(stranger, signal)).toBeUndefined();
    expect(engine.lastSubmissionId()).toBe('');
    expect(engine.pollMs).toBeLessThan(1_000);
  });

  it('says so where a program cannot be started', async () => {
    await writeFile(join(directory, 'broken'), '#!/does/not/exist\n', { mode: 0o755 });
    const engine = createLocalEngine({ metrics: listen() });
    await expect(engine.submit(jobOf(['./broken']), 'k', signal)).rejects.toThrow(
      /"\.\/broken" could not be started/,
    );
  });

  it.each<[string, string, RegExp, RegExp]>([
    [
      './train.py',
      'is there',
      /"\.\/train\.py" is a file that may not be run\.$/,
      /Write "python \.\/train\.py", or make/,
    ],
    [
      'train.py',
      'is there',
      /may not be run, and none of PATH\.$/,
      /Write "python train\.py".* write "\.\/train\.py"/,
    ],
    ['./run', 'is there', /"\.\/run" is a file that may not be run\.$/, /^Make it executable/],
    ['./train.py', 'is not there', /"\.\/train\.py" does not exist/, /There is no shell/],
    ['no-such-program', 'is not there', /"no-such-program" does not exist/, /PATH/],
  ])(
    'tells what is wrong with a command before it starts it: %s, which %s',
    async (program, there, message, remedy) => {
      if (there === 'is there') await writeFile(join(directory, program), 'print(1)\n', { mode: 0o644 });
      const [finding] = await createLocalEngine({ metrics: listen() }).check(jobOf([program]), signal);
      expect(finding?.message).toMatch(message);
      expect(finding?.remedy).toMatch(remedy);
    },
  );

  it('tells a folder from a program, and runs a script that may be run', async () => {
    const engine = createLocalEngine({ metrics: listen() });
    expect((await engine.check(jobOf(['./']), signal))[0]?.message).toMatch(/is a folder/);
    await writeFile(join(directory, 'train'), '#!/bin/sh\necho "trained by $1"\n', { mode: 0o755 });
    expect(await engine.check(jobOf(['./train', 'me']), signal)).toEqual([]);
    const submission = await engine.submit(jobOf(['./train', 'me']), 'k', signal);
    expect(await linesOf(engine, submission)).toEqual(['trained by me']);
    expect(engine.lastSubmissionId()).toBe(submission.id);
    expect(await endOf(engine, submission)).toMatchObject({ phase: 'succeeded', waiting: null, exitCode: 0 });
  });

  it('hears every command to its end, also one that ends before anybody could listen', async () => {
    const engine = createLocalEngine({ metrics: listen() });
    const said = Array.from({ length: 24 }, async (_, number) => {
      const submission = await engine.submit(
        jobOf(['sh', '-c', `echo ${number}`]),
        `quick-${number}`,
        signal,
      );
      return (await linesOf(engine, submission)).join();
    });
    expect(await Promise.all(said)).toEqual(said.map((_, number) => String(number)));
  });

  it('masks secrets in all that it passes on', async () => {
    const metrics = listen();
    const engine = createLocalEngine({ metrics, masker: createMasker(['hunter2-hunter2']) });
    const code = `console.log('metric hunter2-hunter2'); console.error('hunter2-hunter2'); process.exit(3);`;
    const submission = await engine.submit(jobOf(node(code)), 'k', signal);
    expect((await linesOf(engine, submission)).sort()).toEqual(['***', 'metric ***']);
    expect(metrics.heard).toEqual(['metric ***']);
    expect(JSON.stringify(await endOf(engine, submission))).not.toContain('hunter2');
  });

  it('follows the points of its metrics until it has ended', async () => {
    const engine = createLocalEngine({ metrics: listen() });
    const submission = await engine.submit(jobOf(node('')), 'k', signal);
    const points = [];
    for await (const point of engine.metrics(submission, signal)) points.push(point.values);
    expect(points).toEqual([{ loss: 0.5 }]);
  });
});

describe('a flood of output', () => {
  it('fills no memory here, is counted beyond the budget, and is heard to its end', async () => {
    const metrics = listen();
    const engine = createLocalEngine({ metrics });
    // 300 MB in lines of a thousand characters, as fast as the pipe takes them; the last one is a metric.
    const script = `
      import sys
      line = "x" * 999 + "\\n"
      block = line * 1000
      for _ in range(300):
          sys.stdout.write(block)
      print("metric 42")
      print("y" * 20_000_000)
      print("the end")
    `.replaceAll(/^ {6}/gm, '');
    await writeFile(join(directory, 'flood.py'), script);
    const submission = await engine.submit(jobOf(['python3', 'flood.py']), 'k', signal);
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let most = 0;
    let count = 0;
    let characters = 0;
    let last: string[] = [];
    for await (const line of engine.logs(submission, signal)) {
      count += 1;
      characters += line.length;
      last = [...last.slice(-60), line];
      if (count % 1_000 === 0) most = Math.max(most, process.memoryUsage().rss - before);
    }
    expect(metrics.lines).toBe(300_003);
    expect(metrics.heard).toEqual(['metric 42']);
    expect(characters).toBeLessThan(70 * 1024 * 1024);
    expect(most).toBeLessThan(200 * 1024 * 1024);
    expect(last.at(-1)).toBe('the end');
    expect(last.at(-2)).toMatch(/^y{16384} … \(19983616 more characters\)$/);
    expect(last.at(-3)).toBe('metric 42');
    expect(last.some((line) => /^\d+ lines were not shown\. The last 50:$/.test(line))).toBe(true);
    expect((await endOf(engine, submission)).phase).toBe('succeeded');
  }, 120_000);

  it('waits for its reader', async () => {
    const engine = createLocalEngine({ metrics: listen() });
    const script = `
      const block = ('z'.repeat(999) + '\\n').repeat(1000);
      const { writeSync } = require('node:fs');
      for (let index = 0; index < 50; index += 1) {
        writeSync(1, block);
        writeSync(2, '');
        require('node:fs').writeFileSync('written', String(index));
      }`;
    const submission = await engine.submit(jobOf(node(script)), 'k', signal);
    await until('it has written something', () => existsSync(join(directory, 'written')));
    await sleep(500);
    // 50 MB are due; nobody has read a line yet, and little more than the pipe and the queue hold is written.
    expect(Number(readFileSync(join(directory, 'written'), 'utf8'))).toBeLessThan(10);
    expect(await linesOf(engine, submission)).toHaveLength(50_000);
  });
});

describe('the machine that trains', () => {
  it('keeps enough for its runner: every process of the command yields, and looks stay on time', async () => {
    const engine = createLocalEngine({ metrics: listen() });
    const busy = `
      const { spawn } = require('node:child_process');
      for (let index = 0; index < ${availableParallelism() * 2}; index += 1)
        spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'inherit' });
      require('node:fs').writeFileSync('ready', '');
      for (;;) {}`;
    const submission = await engine.submit(jobOf(node(busy)), 'k', signal);
    await until('it is busy', () => existsSync(join(directory, 'ready')));
    const leader = engine.groupOf(submission).pid;
    const family = async () => (await listProcesses()).filter((one) => one.session === leader);
    await until('all have low priority', async () =>
      (await family()).every(({ pid }) => getPriority(pid) === 10),
    );
    expect((await family()).length).toBe(availableParallelism() * 2 + 1);
    for (const { pid } of await family()) {
      expect(Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'))).toBe(500);
    }
    let latest = 0;
    for (let look = 0; look < 10; look += 1) {
      const start = performance.now();
      await sleep(engine.pollMs);
      await engine.status(submission, signal);
      latest = Math.max(latest, performance.now() - start);
    }
    await engine.stop(submission, 0, 'cancelled');
    expect(latest).toBeLessThan(engine.pollMs + 2_000);
    expect(await family()).toEqual([]);
    expect(await engine.status(submission, signal)).toMatchObject({ phase: 'cancelled' });
  }, 60_000);
});

describe('a training that is stopped', () => {
  const witness = `
    const { appendFileSync, writeFileSync } = require('node:fs');
    for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => appendFileSync('signals', name + ' '));
    writeFileSync('ready', String(process.pid));
    setInterval(() => {}, 1000);`;
  const start = async (engine: LocalEngine, command: [string, ...string[]]): Promise<Submission> => {
    const submission = await engine.submit(jobOf(command), 'k', signal);
    await until('it is ready', () => existsSync(join(directory, 'ready')));
    await sleep(50);
    return submission;
  };

  it.each([
    ['limit', 'SIGTERM '],
    ['cancelled', 'SIGINT SIGTERM '],
  ] as const)('by a %s gets %s and is killed where it ignores that', async (why, signals) => {
    const engine = createLocalEngine({ metrics: listen() });
    const submission = await start(engine, node(witness));
    await engine.stop(submission, 600, why);
    expect(readFileSync(join(directory, 'signals'), 'utf8')).toBe(signals);
    expect(await engine.status(submission, signal)).toMatchObject({ phase: 'cancelled', signal: 'SIGKILL' });
    expect(await isAlive(engine.groupOf(submission).pid)).toBe(false);
  });

  it('takes along a daemon that left its group, its session and its parents', async () => {
    const engine = createLocalEngine({ metrics: listen() });
    const daemon = `
import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid() if os.getpid() != os.getsid(0) else None
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        os.close(0); os.close(1); os.close(2)
        open("daemon", "w").write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
while not os.path.exists("daemon") or open("daemon").read() == "": time.sleep(0.01)
open("ready", "w").close()
time.sleep(600)
`;
    const submission = await start(engine, ['python3', '-c', daemon]);
    const pid = Number(readFileSync(join(directory, 'daemon'), 'utf8'));
    expect(await isAlive(pid)).toBe(true);
    await engine.stop(submission, 300, 'limit');
    expect(await isAlive(pid)).toBe(false);
  });

  it('takes along what dropped its environment and its session, and whose parents have gone since', async () => {
    const engine = createLocalEngine({ metrics: listen() });
    const stray = `
import os, subprocess, time
one = subprocess.Popen(["sleep", "600"], env={"PATH": os.environ["PATH"]}, start_new_session=True)
open("stray", "w").write(str(one.pid))
time.sleep(1.2)
`;
    const submission = await engine.submit(jobOf(['python3', '-c', stray]), 'k', signal);
    expect(await endOf(engine, submission)).toMatchObject({ phase: 'succeeded' });
    expect(await isAlive(Number(readFileSync(join(directory, 'stray'), 'utf8')))).toBe(false);
  });

  it('and had ended by itself keeps its end', async () => {
    const engine = createLocalEngine({ metrics: listen() });
    const submission = await engine.submit(jobOf(node('process.exit(7)')), 'k', signal);
    await endOf(engine, submission);
    await engine.stop(submission, 100, 'limit');
    expect(await engine.status(submission, signal)).toMatchObject({ phase: 'failed', exitCode: 7 });
  });
});

describe('a full disk', () => {
  it('is told from other failures, by a device that is always full', async () => {
    const engine = createLocalEngine({ metrics: listen() });
    const submission = await engine.submit(
      jobOf(['python3', '-c', 'print("weights", file=open("/dev/full", "w"), flush=True)']),
      'k',
      signal,
    );
    void linesOf(engine, submission);
    const status = await endOf(engine, submission);
    expect(status).toMatchObject({ phase: 'failed', failureClass: 'disk-full' });
    expect(status.reason).toMatch(/after "No space left on device"/);
  });

  it.runIf(canMount())('is confirmed by what was seen of it', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory]);
    try {
      const engine = createLocalEngine({ metrics: listen() });
      const code = `require('node:fs').writeFileSync('model.bin', Buffer.alloc(8_000_000))`;
      const submission = await engine.submit(jobOf(node(code)), 'k', signal);
      void linesOf(engine, submission);
      const status = await endOf(engine, submission);
      expect(status).toMatchObject({ phase: 'failed', failureClass: 'disk-full' });
      expect(status.reason).toContain(`"${directory}" had 0 MiB left.`);
    } finally {
      execFileSync('umount', [directory]);
    }
  });
});

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
