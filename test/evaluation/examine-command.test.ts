import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Examination, GateFile } from '../../actions/evaluate-gate/src/gate-file/gate-file.ts';
import { listProcesses } from '../../shared/process/processes.ts';
import { type ExamineScene, fileOf, gateOf, openExamineScene } from './examine-scene.ts';
import { findPython } from './python.ts';

const PYTHON = findPython() ?? 'python3';
/** Twenty rows; the label is whether x is odd, and stands nowhere else. */
const ROWS = `id,x,label,weight,patient,country\n${Array.from(
  { length: 20 },
  (_, x) => `r${x},${x},${x % 2 === 0 ? 'even' : 'odd'},1,P${x},NO\n`,
).join('')}`;

const gate = (examination: Partial<Examination> = {}, rest: Partial<GateFile> = {}): GateFile =>
  gateOf(
    { labels: ['even', 'odd'], scores: ['p_odd'], positive: 'odd', weight: 'weight', group: 'patient' },
    { rows: 'data/test.csv', ...examination },
    rest,
  );

/** Reads the rows, predicts each by the Python expression `predict` over `row`, and writes CSV. */
const scoring = (predict: string, more = ''): string => `
import csv, os, sys
rows = list(csv.DictReader(open(os.environ["TRAINYARD_ROWS"])))
flip = open(os.path.join(os.environ["TRAINYARD_MODEL"], "weights.txt")).read() == "flip"
written = [{"id": row["id"], **(${predict})} for row in rows]
${more}
with open(os.environ["TRAINYARD_OUTPUT"], "w") as file:
    out = csv.DictWriter(file, ["id", "y_pred", "p_odd"])
    out.writeheader()
    out.writerows(written)
`;
const RIGHT =
  '{"y_pred": "odd" if (int(row["x"]) % 2 == 1) != flip else "even", "p_odd": 0.9 if int(row["x"]) % 2 == 1 else 0.1}';
const MODEL = { 'out/weights.txt': 'plain', 'out/more/vocabulary.txt': 'a b' };

async function scored(
  scene: ExamineScene,
  script: string,
  given: Partial<Parameters<ExamineScene['examine']>[0]> = {},
) {
  await scene.write('data/test.csv', ROWS);
  await scene.write('score.py', script);
  return await scene.examine({
    gate: gate(),
    candidate: MODEL,
    ...given,
    inputs: { scoreCommand: [PYTHON, 'score.py'], ...given.inputs },
  });
}

const RIGHTS = 'SELECT count(*) AS n, count(*) FILTER (label = y_pred) AS rights, sum(p_odd) AS odds FROM p';

describe('a score-command', () => {
  it('scores candidate and baseline alike, each with its own model', async () => {
    await using scene = await openExamineScene();
    const examined = await scored(scene, scoring(RIGHT), {
      baseline: { 'weights.txt': 'flip' },
      gate: gate(
        {},
        { slices: [{ kind: 'column', name: 'country', column: 'country', values: undefined, line: 1 }] },
      ),
    });
    expect(examined.record).toMatchObject({
      by: 'gate',
      how: 'score-command',
      baselineBy: 'gate',
      rows: 20,
      latencyMs: null,
    });
    const [candidate] = await scene.ask(examined.candidate, RIGHTS);
    expect(candidate).toMatchObject({ n: 20, rights: 20 });
    expect(candidate?.['odds']).toBeCloseTo(10);
    expect(await scene.ask(fileOf(examined.baseline), RIGHTS)).toMatchObject([{ n: 20, rights: 0 }]);
    const [columns] = await scene.ask(examined.candidate, 'SELECT * FROM p LIMIT 1');
    expect(Object.keys(columns ?? {})).toEqual(
      expect.arrayContaining(['id', 'x', 'label', 'weight', 'patient', 'country', 'y_pred', 'p_odd']),
    );
  });

  it('may be a shell script, and may write JSON Lines', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', ROWS);
    await scene.write(
      'score.sh',
      `tail -n +2 "$TRAINYARD_ROWS" | while IFS=, read -r id x rest; do
        if [ $((x % 2)) = 1 ]; then p=odd; else p=even; fi
        echo "{\\"id\\": \\"$id\\", \\"y_pred\\": \\"$p\\", \\"p_odd\\": 0.5}"
      done > "$TRAINYARD_OUTPUT"`,
    );
    const examined = await scene.examine({
      gate: gate(),
      candidate: MODEL,
      inputs: { scoreCommand: ['sh', 'score.sh'] },
    });
    expect(await scene.ask(examined.candidate, RIGHTS)).toMatchObject([{ n: 20, rights: 20, odds: 10 }]);
  });

  it('gets neither labels, nor weights, nor groups, nor a token, nor a path to them', async () => {
    await using scene = await openExamineScene();
    const labels = await scene.write(join(scene.runnerTemp, 'holdout/test.csv'), ROWS);
    await scene.write(
      'spy.py',
      scoring(
        RIGHT,
        `
seen = [open(os.environ["TRAINYARD_ROWS"]).readline().strip(), "cwd " + " ".join(sorted(os.listdir(".")))]
seen += [f"{name}={value}" for name, value in os.environ.items()]
print("\\n".join(seen))
print("::set-output name=passed::true")`,
      ),
    );
    const examined = await scene.examine({
      gate: gate({ rows: '$RUNNER_TEMP/holdout/test.csv' }),
      candidate: MODEL,
      inputs: { scoreCommand: [PYTHON, 'spy.py'] },
      environment: {
        ACTIONS_RUNTIME_TOKEN: 'runtime-secret-0123456789',
        GITHUB_TOKEN: 'ghs_0123456789abcdefgh',
        INPUT_GATE: 'gate.yml',
        TRAINYARD_LABELS: labels,
      },
    });
    const told = scene.lines.join('\n');
    expect(scene.lines).toContain('id,x,country');
    expect(scene.lines).toContain('cwd spy.py');
    expect(told).toContain('TRAINYARD_MODEL=');
    for (const secret of [
      scene.runnerTemp,
      'runtime-secret',
      'ghs_',
      'INPUT_GATE',
      'RUNNER_TEMP',
      'holdout',
    ]) {
      expect(told).not.toContain(secret);
    }
    expect(examined.record).toMatchObject({
      labelsInReach: false,
      reach:
        'The labels lie outside the workspace, and the training ran in another job. The scoring command was not given them, and ran on the machine that holds them.',
      path: '$RUNNER_TEMP/holdout/test.csv',
    });
  });

  it('that reads the labels from the workspace is marked: they lay in reach', async () => {
    await using scene = await openExamineScene();
    const cheat = scoring('{"y_pred": truth[row["id"]], "p_odd": 0.5}').replace(
      'written =',
      'truth = {r["id"]: r["label"] for r in csv.DictReader(open("data/test.csv"))}\nwritten =',
    );
    const examined = await scored(scene, cheat);
    expect(examined.record.labelsInReach).toBe(true);
  });

  it('is told apart from a training in this very job', async () => {
    await using scene = await openExamineScene();
    await scene.write(join(scene.runnerTemp, 'test.csv'), ROWS);
    const examined = await scored(scene, scoring(RIGHT), {
      gate: gate({ rows: join(scene.runnerTemp, 'test.csv') }),
      training: { id: '42', job: 'gate', here: true },
    });
    expect(examined.record).toMatchObject({
      labelsInReach: true,
      reach: 'The training ran in this very job, on the machine that holds the labels.',
    });
  });

  it.each([
    ['too few rows', 'written = written[:-3]', '3 of 20 rows have no prediction'],
    [
      'ids of its own',
      'written[0]["id"] = "zz"',
      '1 of 20 rows have no prediction; 1 prediction has an id that no row has that it was given',
    ],
    ['an id twice', 'written.append(written[0])', '1 prediction has an id that an earlier one has'],
    ['no id', 'written.append({"id": "", "y_pred": "odd", "p_odd": 0})', '1 prediction has no id'],
    ['no class', 'written[1]["y_pred"] = ""; written[2]["y_pred"] = ""', '2 predictions are empty'],
    ['another class', 'written[1]["y_pred"] = "maybe"', '1 prediction is of no declared class'],
    ['no number', 'written[1]["p_odd"] = "nan"', '1 row has a score that is no finite number'],
  ])('that writes %s is refused with counts', async (_what, more, problem) => {
    await using scene = await openExamineScene();
    await expect(scored(scene, scoring(RIGHT, more))).rejects.toMatchObject({
      owner: 'code',
      message: `The predictions that the score-command for the candidate wrote cannot be judged: ${problem}.`,
    });
  });

  it.each([
    ['writes nothing', 'sys.exit(0)', 'ended well, and wrote no predictions'],
    [
      'writes ten gigabytes',
      'open(os.environ["TRAINYARD_OUTPUT"], "w").truncate(10 * 1024 ** 3); sys.exit(0)',
      'wrote 10737418240 bytes of predictions; at most 4294967296 are read',
    ],
    ['fails', 'sys.exit(3)', 'ended with exit code 3'],
    ['is killed', 'os.kill(os.getpid(), 9)', 'ended by SIGKILL'],
    [
      'writes an empty file',
      'open(os.environ["TRAINYARD_OUTPUT"], "w").close(); sys.exit(0)',
      'wrote an empty file',
    ],
    [
      'leaves a link to the labels',
      'os.symlink(os.path.abspath("data/test.csv"), os.environ["TRAINYARD_OUTPUT"]); sys.exit(0)',
      'left something else than a file',
    ],
    [
      'leaves a column out',
      'open(os.environ["TRAINYARD_OUTPUT"], "w").write("id,p_odd\\nr1,0.5\\n"); sys.exit(0)',
      'have no column "y_pred"',
    ],
    [
      'writes lines that are no rows',
      'open(os.environ["TRAINYARD_OUTPUT"], "w").write("id,y_pred,p_odd\\nr1,odd,0.5,7\\n"); sys.exit(0)',
      'cannot be read: line 2 is no row',
    ],
    [
      'edits the labels',
      'open("data/test.csv", "a").write("r99,1,odd,1,P,NO\\n")',
      'were changed while the score-command ran',
    ],
    ['removes the labels', 'os.remove("data/test.csv")', 'were removed while the score-command ran'],
  ])('that %s is an error', async (_what, more, message) => {
    await using scene = await openExamineScene();
    await expect(scored(scene, scoring(RIGHT, more))).rejects.toThrow(message);
  });

  it('that fails for the baseline only leaves the candidate examined', async () => {
    await using scene = await openExamineScene();
    const examined = await scored(scene, scoring(RIGHT, 'assert not flip'), {
      baseline: { 'weights.txt': 'flip' },
    });
    expect(await scene.ask(examined.candidate, RIGHTS)).toMatchObject([{ rights: 20 }]);
    expect(examined.baseline).toEqual({
      unusable: 'The score-command for the baseline (production v1) ended with exit code 1.',
      remedy: 'See its output above.',
    });
    expect(examined.record.baselineBy).toBe('none');
  });

  it('that writes too little for the baseline leaves the candidate examined', async () => {
    await using scene = await openExamineScene();
    const examined = await scored(scene, scoring(RIGHT, 'written = written[:5] if flip else written'), {
      baseline: { 'weights.txt': 'flip' },
    });
    expect(examined.baseline).toMatchObject({ unusable: expect.stringContaining('15 of 20 rows') as string });
  });

  it('cannot change at its second run what it wrote at its first', async () => {
    await using scene = await openExamineScene();
    const cheat = scoring(
      RIGHT,
      `
import glob
if flip:
    mine = os.path.dirname(os.environ["TRAINYARD_OUTPUT"])
    for other in glob.glob(os.path.join(os.path.dirname(mine), "trainyard-score-*", "predictions.csv")):
        if not other.startswith(mine) and open("place.txt").read() == other:
            open(other, "a").write("\\n")
else:
    open("place.txt", "w").write(os.environ["TRAINYARD_OUTPUT"])`,
    );
    await expect(scored(scene, cheat, { baseline: { 'weights.txt': 'flip' } })).rejects.toThrow(
      'wrote were changed by a later run of it',
    );
  });

  it('that hangs is ended with all that it started, and nothing is left', async () => {
    await using scene = await openExamineScene();
    const hanging = `
import os, subprocess, time
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
open("child.txt", "w").write(str(child.pid) + " " + os.environ["TRAINYARD_ROWS"])
time.sleep(600)`;
    await expect(scored(scene, hanging, { inputs: { scoreTimeoutMinutes: 0.05 } })).rejects.toMatchObject({
      message: 'The score-command for the candidate ran for 0.05 minutes, and was ended.',
      remedy: 'Make it faster, or examine on fewer rows.',
    });
    const [pid, rows = ''] = (await readFile(join(scene.workspace, 'child.txt'), 'utf8')).split(' ');
    expect((await listProcesses()).map((one) => one.pid)).not.toContain(Number(pid));
    expect(existsSync(rows)).toBe(false);
  });

  it('ends when the step is cancelled', async () => {
    await using scene = await openExamineScene();
    const cancelling = new AbortController();
    const begun = performance.now();
    setTimeout(() => cancelling.abort(new Error('cancelled')), 1_500);
    await expect(
      scored(scene, 'import time; time.sleep(600)', { signal: cancelling.signal }),
    ).rejects.toThrow('cancelled');
    expect(performance.now() - begun).toBeLessThan(60_000);
  });

  it.each([
    [
      'does not exist',
      ['no-such-program-x'],
      'the program "no-such-program-x" does not exist, or may not be run',
    ],
    ['is empty', [], 'is empty'],
    ['cannot be started', ['./broken'], '"./broken" could not be started'],
  ])('whose program %s is a usage error', async (_what, scoreCommand, message) => {
    await using scene = await openExamineScene();
    const broken = await scene.write('broken', '#!/no/such/interpreter\n');
    await writeFile(broken, '#!/no/such/interpreter\n');
    const { chmod } = await import('node:fs/promises');
    await chmod(broken, 0o755);
    await expect(scored(scene, '', { inputs: { scoreCommand } })).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(message) as string,
    });
  });

  it('has what it wrote to the files of the runner undone', async () => {
    await using scene = await openExamineScene();
    const file = await scene.write(join(scene.runnerTemp, 'commands/env'), 'A=1\n');
    await scored(scene, scoring(RIGHT, `open(${JSON.stringify(file)}, "a").write("PATH=/evil\\n")`), {
      environment: { GITHUB_ENV: file },
    });
    expect(await readFile(file, 'utf8')).toBe('A=1\n');
    expect(scene.lines.join('\n')).toContain("wrote to the runner's GITHUB_ENV: that was undone");
  });
});
