import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  artifactsOf,
  type CheckpointArtifacts,
} from '../../../actions/train-model/src/checkpoints/checkpoint-artifacts.ts';
import { checkpointName } from '../../../actions/train-model/src/checkpoints/checkpoint-name.ts';
import type { Artifacts } from '../../../shared/record/artifacts.ts';
import { startFakeGitHub } from '../../github/fake-github.ts';
import { KEY, openCheckpointPlace, signal, STATE } from './place.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');

/** Runs code in a child process with the runner's environment, which the artifact client reads from the process. */
async function step(environment: Record<string, string>, code: string): Promise<unknown> {
  const imports = `
    import { checkpointArtifacts } from './actions/train-model/src/checkpoints/checkpoint-artifacts.ts';
    import { openCheckpoints } from './actions/train-model/src/checkpoints/open-checkpoints.ts';
    const say = (level) => (text) => console.log(level + ': ' + text);
    const logger = { info: say('info'), warning: say('warning'), debug: say('debug') };
    const { signal } = new AbortController();
    const contextOf = (runId) => ({
      host: { kind: 'github', hasArtifacts: true }, environment: process.env, logger,
      origin: { worker: null }, run: { id: runId }, commit: { repository: process.env.GITHUB_REPOSITORY },
    });
    const open = (runId, more) => openCheckpoints({
      artifacts: checkpointArtifacts(contextOf(runId)), submissionKey: '${KEY}', generation: 1, attempt: 1,
      subject: 'digits', temporaryDirectory: process.env.RUNNER_TEMP, workingDirectory: process.env.GITHUB_WORKSPACE,
      folder: process.env.GITHUB_WORKSPACE + '/ckpt', logger, ...more });
    const state = { step: 5, series: [], attempts: [] };
  `;
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module-typescript', '--eval', imports + code],
    {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...environment },
      timeout: 60_000,
    },
  );
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as unknown;
}

describe('checkpoints as artifacts', () => {
  it('are saved, replaced, found by the next generation in another run, and cleared away', async () => {
    await using fake = await startFakeGitHub();
    await using place = await openCheckpointPlace();
    const environment = (runId: number, job: string) =>
      fake.environment({
        directory: join(place.directory, job),
        workspace: place.work,
        runId,
        job,
        token: fake.defaultToken,
      });
    await mkdir(join(place.directory, 'first'));
    await mkdir(join(place.directory, 'second'));
    await place.write('work/ckpt/model.pt', 'weights');
    const saved = await step(
      await environment(42, 'first'),
      `import { writeFileSync } from 'node:fs';
       const checkpoints = open('42');
       const names = [];
       for (const text of ['one', 'two', 'three', 'four']) {
         writeFileSync(process.env.GITHUB_WORKSPACE + '/ckpt/model.pt', text);
         const saved = await checkpoints.save({ state, signal });
         names.push([saved.name.slice(-4), saved.files[0].locations]);
       }
       console.log('\\n' + JSON.stringify({ names, usage: checkpoints.usage() }));`,
    );
    const name = (sequence: number) =>
      checkpointName({ submissionKey: KEY, generation: 1, attempt: 1, sequence });
    expect(saved).toEqual({
      names: [1, 2, 3, 4].map((sequence) => [
        String(sequence).padStart(4, '0'),
        [{ kind: 'artifact', artifact: name(sequence), runId: '42' }],
      ]),
      usage: { bytes: 9, count: 2 },
    });
    expect(fake.world.artifacts.map((artifact) => artifact.name)).toEqual([name(3), name(4)]);

    await place.loseFolder();
    const restored = await step(
      await environment(43, 'second'),
      `const restored = await open('43', { generation: 2 })
         .restore({ resumeFrom: undefined, previousRuns: ['42', '41'], signal });
       console.log('\\n' + JSON.stringify(restored));`,
    );
    expect(restored).toEqual({ name: name(4), from: 'run 42', step: 5, series: [], attempts: [] });
    expect(await readFile(join(place.folder, 'model.pt'), 'utf8')).toBe('four');

    await place.loseFolder();
    const named = await step(
      await environment(44, 'second'),
      `const other = { submissionKey: 'f'.repeat(40) };
       const by = (resumeFrom) => open('44', other).restore({ resumeFrom, previousRuns: [], signal });
       const errors = [];
       for (const from of ['run:7', 'run:42/' + 'e'.repeat(40)]) await by(from).catch((error) => errors.push(error.message));
       const restored = await by('run:42');
       console.log('\\n' + JSON.stringify({ errors, restored }));`,
    );
    expect(named).toEqual({
      errors: [
        expect.stringMatching(/^Input "resume-from" names the run 7, which is no run of/) as string,
        expect.stringMatching(/run 42 has no checkpoint of the training e{40}/) as string,
      ],
      restored: { name: name(4), from: 'run 42', step: 5, series: [], attempts: [] },
    });
    await step(await environment(42, 'first'), `await open('42').clear(); console.log('\\n1');`);
    expect(fake.world.artifacts).toEqual([]);
  }, 120_000);
});

/** Artifacts of runs that only the test knows: what no service would answer. */
function artifactsWith(names: Readonly<Record<string, readonly string[]>>): CheckpointArtifacts {
  const never = (): never => {
    throw new Error('is of no concern here');
  };
  const artifacts: Artifacts = {
    upload: never,
    download: () => Promise.reject(new Error('410 gone')),
    list: (other) =>
      Promise.resolve(
        (names[other?.runId ?? 'own'] ?? never()).map((name, id) => ({
          name,
          id,
          bytes: 1,
          digest: undefined,
        })),
      ),
  };
  return artifactsOf(artifacts, {
    ownRunId: '1',
    openRun: (runId) => Promise.resolve({ runId, repository: 'a/b', token: 't' }),
    remove: () => Promise.reject(new Error('403')),
  });
}

const nameOf = (submissionKey: string): string =>
  checkpointName({ submissionKey, generation: 1, attempt: 1, sequence: 1 });

describe('another run', () => {
  it('that holds checkpoints of several trainings needs one to be named', async () => {
    await using place = await openCheckpointPlace();
    const keys = ['a'.repeat(40), 'b'.repeat(40)];
    const artifacts = artifactsWith({ own: [], 7: [...keys.map(nameOf), 'something else'] });
    const from = (resumeFrom: string) => place.restore({ resumeFrom }, { artifacts });
    await expect(from('run:7')).rejects.toMatchObject({
      message: 'Input "resume-from": run 7 has checkpoints of 2 trainings.',
      remedy: `Accepted: ${keys.map((key) => `"run:7/${key}"`).join(', ')}.`,
    });
    await expect(from(`run:7/${'a'.repeat(40)}`)).rejects.toThrow(
      /run 7 has no whole checkpoint of "digits"/,
    );
    expect(place.lines.at(-1)).toMatch(/of run 7 cannot be read: 410 gone/);
  });

  it('that cannot be read is no reason not to train, the own one is', async () => {
    await using place = await openCheckpointPlace();
    const restore = (names: Record<string, string[]>) =>
      place.restore({ previousRuns: ['8'] }, { artifacts: artifactsWith(names) });
    expect(await restore({ own: [] })).toBeUndefined();
    expect(place.lines).toEqual(['warning: The checkpoints of run 8 cannot be read: is of no concern here']);
    await expect(restore({ 8: [] })).rejects.toThrow('is of no concern here');
  });

  it('may have expired, and deleting is best effort', async () => {
    await using place = await openCheckpointPlace();
    const artifacts = artifactsWith({ own: [nameOf(KEY)] });
    await expect(artifacts.download('gone', place.directory, undefined, signal)).rejects.toThrow(/expired/);
    await artifacts.remove(nameOf(KEY), signal);
    await place.open({ artifacts }).clear();
    await expect(place.open({ artifacts }).save({ state: STATE, signal })).resolves.toBeUndefined();
  });
});
