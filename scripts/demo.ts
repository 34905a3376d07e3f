// `npm run demo`: five candidates for one model go through the five built actions, with the real data, trainings,
// registry and server of examples/digits. Fails where one of the five outcomes is not what the story says.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { z } from 'zod';
import { type ActionName, KIND_OF_ACTION } from '../shared/names.ts';
import type { Verdict } from '../shared/verdict.ts';
import { Stage } from './demo/stage.ts';

const PORT_FREE = '0';
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`.padStart(7);
const bold = (text: string): string => styleText('bold', text);
const dim = (text: string): string => styleText('dim', text);
const say = (text = ''): void => console.log(text);

const COLOURS = {
  pass: 'green',
  fail: 'red',
  error: 'red',
  inconclusive: 'yellow',
  skipped: 'yellow',
  pending: 'yellow',
} as const;

const stage = new Stage();
/** What was not as the story says. */
const surprises: string[] = [];

function check(holds: boolean, what: string): void {
  if (!holds) surprises.push(what);
}

/** Runs one action and says in one line what came of it. */
async function act(action: ActionName, expected: Verdict, ...args: string[]): Promise<void> {
  const { exitCode, durationMs } = await stage.trainyard(action, ...args);
  const { verdict, summary } = await stage.section(KIND_OF_ACTION[action]);
  const label = args.includes('plan') ? `${action} (plan)` : action;
  const shown = styleText(COLOURS[verdict], verdict.padEnd(5));
  say(`  ${label.padEnd(22)} ${shown} ${seconds(durationMs)}  ${summary}`);
  check(
    verdict === expected,
    `${label} ended ${verdict} (exit code ${exitCode ?? 'none'}), expected is ${expected}: ${summary}`,
  );
}

const validate = (): Promise<void> =>
  act(
    'validate-data',
    'pass',
    ...['--dataset', 'digits', '--contract', 'contract.odcs.yaml'],
    ...['--data', 'train=data/train.parquet', '--data', 'test=data/test.parquet'],
  );

const train = (): Promise<void> =>
  act(
    'train-model',
    'pass',
    ...['--model', 'digits', '--dataset', 'digits', '--command', 'python train.py'],
    ...[
      '--outputs',
      'model=out/model.onnx',
      '--outputs',
      'predictions=out/predictions.parquet',
      '--seed',
      '7',
    ],
    ...['--metrics', 'out/metrics.json', '--metrics-series', 'out/learning-curve.jsonl'],
  );

const gate = (expected: Verdict): Promise<void> =>
  act(
    'evaluate-gate',
    expected,
    '--model',
    'digits',
    '--gate',
    'gate.yaml',
    '--registry',
    'directory:registry',
  );

const publish = (...more: string[]): Promise<void> =>
  act('publish-model', 'pass', '--model', 'digits', '--registry', 'directory:registry', ...more);

const deploy = (expected: Verdict, ...more: string[]): Promise<void> =>
  act(
    'deploy-endpoint',
    expected,
    ...['--model', 'digits', '--registry', 'directory:registry', '--golden-rows', 'golden.jsonl'],
    ...['--port', PORT_FREE, '--keep-alive', ...more],
  );

/** A pull request: new parameters, committed. */
async function propose(title: string, parameters: Readonly<Record<string, unknown>>): Promise<void> {
  say(`\n${bold(title)}`);
  await stage.setParameters(parameters);
  stage.commit(title);
}

/** What a reader of the comment sees at first: each closed fold as one line. */
function folded(markdown: string): string[] {
  const shown: string[] = [];
  // How many folds around a line are closed; an open one shows what it holds.
  let closed = 0;
  const open: boolean[] = [];
  for (const line of markdown.trimEnd().split('\n')) {
    const [, isOpen, title = ''] = /<details( open)?>\s*<summary>(.*?)<\/summary>/.exec(line) ?? [];
    const text =
      title === ''
        ? line.replace('</details>', '')
        : `${isOpen ? '▾' : '▸'} ${title.replaceAll(/<\/?b>/g, '')}`;
    if (closed === 0 && !(line !== '' && text === '')) shown.push(text);
    if (line.includes('<details')) open.push(isOpen !== undefined);
    if (line.includes('<details') && isOpen === undefined) closed += 1;
    if (line.includes('</details>') && open.pop() === false) closed -= 1;
  }
  return shown.filter((line, index) => line !== '' || !/^(▸.*)?$/.test(shown[index - 1] ?? ''));
}

/** Shows the comment that the pull request would get. */
async function showComment(name: string): Promise<void> {
  const { stdout } = await stage.trainyard('report', '--model', 'digits', '--comment');
  await writeFile(join(stage.folder, `out/comment-${name}.md`), stdout);
  await stage.trainyard('report', '--model', 'digits', '--output', `out/report-${name}.html`);
  say(`\n  The comment on its pull request (with what is folded: out/comment-${name}.md):\n`);
  for (const line of folded(stdout)) say(`  ${dim('│')} ${line}`);
  check(stdout.includes('digits'), `the comment of ${name} does not name the model`);
}

/** Asks the endpoint for one golden row, as a client would. */
async function answers(url: string): Promise<boolean> {
  const [line = ''] = (await readFile(join(stage.folder, 'golden.jsonl'), 'utf8')).split('\n');
  const row = z
    .object({ inputs: z.object({ X: z.array(z.number()) }), outputs: z.object({ label: z.number() }) })
    .parse(JSON.parse(line));
  const response = await fetch(`${url}/v2/models/digits/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: [{ name: 'X', shape: [1, 64], datatype: 'FP32', data: row.inputs.X }] }),
  });
  const { outputs } = z
    .object({ outputs: z.array(z.looseObject({ name: z.string(), data: z.array(z.unknown()) })) })
    .parse(await response.json());
  return Number(outputs.find(({ name }) => name === 'label')?.data[0]) === row.outputs.label;
}

async function tell(): Promise<void> {
  say(`${bold('Trainyard')}: five candidates for one model, in ${stage.folder}`);
  await stage.open();
  const prepared = await stage.run('python', ['prepare.py']);
  check(prepared.exitCode === 0, 'prepare.py failed');
  say(dim(prepared.stdout.trimEnd().replaceAll(/^/gm, '  ')));

  await propose('v1: a first, weak model', { hidden: 16, epochs: 15 });
  await validate();
  await train();
  await gate('pass');
  await publish();
  await deploy('pass');
  check((await stage.section('evaluation')).body?.firstRun === true, 'v1 was not seen as a first run');
  check((await stage.section('deployment')).body?.version === 'v1', 'v1 does not serve');

  await propose('v2: more units, more epochs', { hidden: 64, epochs: 40 });
  await validate();
  await train();
  await gate('pass');
  await publish('--mode', 'plan');
  await deploy('pass', '--mode', 'plan');
  await showComment('v2');
  say('\n  Merged: on main it is published, and takes over from v1 without a failed request.');
  await publish();
  await deploy('pass');
  const second = (await stage.section('deployment')).body;
  const compared = (await stage.section('evaluation')).body;
  check(compared?.baseline?.version === 'v1', 'v2 was not compared with v1');
  check(compared?.control?.result === 'blocked', 'the negative control of v2 was not blocked');
  check(second?.version === 'v2' && second.strategy === 'blue-green', 'v2 did not take over blue/green');

  await propose('v3: trained on labels of which half are noise', { 'label-noise': 0.5 });
  await validate();
  await train();
  await gate('fail');
  await showComment('v3');
  say('\n  Blocked: it is neither published nor served.');

  await propose('v4: good by its own account, but exported with its labels in another order', {
    'label-noise': 0,
    'export-classes': 'reversed',
  });
  await validate();
  await train();
  await gate('fail');
  const examined = (await stage.section('evaluation')).body;
  check(examined?.predictionsBy === 'gate', 'v4 was not examined by the gate');
  await showComment('v4');
  say('\n  Caught: the gate asked the model itself, and not the training.');

  await propose('v5: good on average; a cleaning step has dropped one row that it should have learned', {
    'export-classes': 'as-trained',
    'leave-out': 1572,
  });
  await validate();
  await train();
  await gate('pass');
  await publish();
  await deploy('fail');
  say('  (The registry counts what is published: v5 is its v3.)');
  const last = (await stage.section('deployment')).body;
  check(last?.rolledBack === true, 'v5 was not rolled back');
  check(last?.smokeTest?.result === 'fail', 'v5 did not fail the smoke test');
  await stage.trainyard('report', '--model', 'digits', '--output', 'out/report-v5.html');
  const url = second?.url ?? '';
  const serves = await answers(url);
  check(serves, `${url} does not answer as v2 does`);
  say(`  Rolled back: ${url} ${serves ? 'still answers with v2' : 'does not answer as v2 does'}.`);
}

const start = performance.now();
try {
  await tell();
} finally {
  await stage.trainyard('stop');
}
say(
  `\nReports: ${['v2', 'v3', 'v4', 'v5'].map((name) => join(stage.folder, `out/report-${name}.html`)).join('\n         ')}`,
);
if (surprises.length === 0)
  say(`All five outcomes are as they should be. ${seconds(performance.now() - start)}`);
for (const surprise of surprises) console.error(`NOT AS EXPECTED: ${surprise}`);
process.exitCode = surprises.length === 0 ? 0 : 1;
