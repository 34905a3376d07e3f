import type { ActionContext } from '../../../shared/action/action.ts';
import { variableOf } from '../../../shared/action/inputs.ts';
import { canonicalDigest } from '../../../shared/record/digest.ts';
import type { SectionOf } from '../../../shared/record/section.ts';
import type { Declared, Fingerprint, TrainingBody } from '../../../shared/record/training-section.ts';
import { childEnvironment } from './decide/child-environment.ts';
import { declaredBy } from './declared.ts';
import { describeCode } from './describe-code.ts';
import { describeEnvironment, describeHardware } from './describe-machine.ts';
import { fingerprintData } from './fingerprint/data-paths.ts';
import { fingerprintOf, type FingerprintParts } from './fingerprint/fingerprint.ts';
import { findGpus, type FoundGpus } from './gpu/find-gpus.ts';
import type { Inputs } from './inputs.ts';
import { metricsOutputs } from './metrics-outputs.ts';

/** All that is known of a training before it begins. */
export interface Prepared {
  readonly data: SectionOf<'data'> | undefined;
  readonly dataFingerprint: string | null;
  readonly codeFingerprint: string | null;
  readonly declared: Declared;
  readonly environment: TrainingBody['environment'];
  readonly hardware: TrainingBody['hardware'];
  /** One look before anything is spent: a driver that hangs is waited for once. */
  readonly gpus: FoundGpus;
  readonly fingerprint: Fingerprint;
  /** Names the training so that a step that is run again finds it (design, `submissionKey`). */
  readonly submissionKey: string;
  readonly notices: string[];
}

/** Describes what a training is made from: data, code, environment, machine, and the fingerprint over them. */
export async function prepare(inputs: Inputs, context: ActionContext): Promise<Prepared> {
  const { workingDirectory, commit, signal } = context;
  const notices = idleInputs(inputs, context);
  const data = await findData(inputs, context, notices);
  const dataFingerprint =
    data?.body?.dataFingerprint ??
    (inputs.dataPaths.length === 0
      ? null
      : await fingerprintData(inputs.dataPaths, signal, { workspace: context.workspace, workingDirectory }));
  const code = await describeCode(workingDirectory, inputs.paths, commit.patchDigest, signal);
  if (code.notice !== null) notices.push(code.notice);

  const seen = childEnvironment(context.environment, {
    parameters: inputs.parameters,
    seed: inputs.seed,
    deterministic: inputs.deterministic,
    mark: 'describe',
  });
  const environment = await describeEnvironment(inputs.command, workingDirectory, seen, signal);
  const gpus = await findGpus(seen, signal);
  const hardware = await describeHardware(seen, context.origin.runnerEnvironment, signal, gpus);
  const described = {
    data,
    dataFingerprint,
    codeFingerprint: code.fingerprint,
    declared: await declaredBy(inputs, workingDirectory, signal),
    environment,
    hardware,
    gpus,
    submissionKey: inputs.dispatched?.submissionKey ?? submissionKey(inputs, context),
    notices,
  };
  return { ...described, fingerprint: fingerprintAt(inputs, described, workingDirectory) };
}

/** The fingerprint of a training at the place that the inputs name: another place is another machine. */
export function fingerprintAt(
  inputs: Inputs,
  prepared: Omit<Prepared, 'fingerprint'>,
  workingDirectory: string,
): Fingerprint {
  const { environment, hardware } = prepared;
  return fingerprintOf({
    command: inputs.command,
    code: prepared.codeFingerprint,
    data: prepared.dataFingerprint,
    parameters: inputs.parameters,
    seed: inputs.seed,
    ...machineOf(inputs, environment, hardware),
    outputs: [...inputs.outputs, ...metricsOutputs(inputs, workingDirectory)],
    metricsSources: inputs.metricsSources,
  });
}

/** A dispatching step knows the worker's machine only by its labels, and both must come to the same fingerprint. */
function machineOf(
  { dispatch, dispatched }: Inputs,
  environment: TrainingBody['environment'],
  hardware: TrainingBody['hardware'],
): Pick<FingerprintParts, 'environment' | 'gpus'> {
  const labels = dispatch?.runsOn ?? dispatched?.['runs-on'];
  if (labels === undefined) return { environment, gpus: hardware.gpus };
  const machine = { name: 'runs-on', version: [...labels].sort().join(', ') };
  return {
    environment: { ...environment, interpreter: machine, image: null },
    gpus: [{ name: machine.version }],
  };
}

/** Who forgets the engine would train here without knowing it; an expression may choose the engine, so it is no error. */
function idleInputs({ dispatch, dispatched }: Inputs, { environment }: ActionContext): string[] {
  if (dispatch !== undefined || dispatched !== undefined) return [];
  const idle = ['runs-on', 'gate', 'fallback'].filter((name) => environment[variableOf(name)]?.trim());
  if (idle.length === 0) return [];
  const names = idle.map((name) => `"${name}"`).join(', ');
  return [`The training ran here, with "engine: local": ${names} only count with "engine: github".`];
}

async function findData(
  { dataset, fromKey, recordFrom }: Inputs,
  { store, signal }: ActionContext,
  notices: string[],
): Promise<SectionOf<'data'> | undefined> {
  const data = await store.find('data', { subject: dataset, fromKey, recordFrom }, signal);
  if (dataset !== undefined && data === undefined) {
    notices.push(`No data section of "${dataset}" was found: the data fingerprint is unknown.`);
  }
  if (data !== undefined && (data.verdict === 'fail' || data.verdict === 'error')) {
    notices.push(
      `The data of "${data.subject}" ended as ${data.verdict}: what is trained on it cannot be published.`,
    );
  }
  return data;
}

/** Run, job and leg, and what is trained; never the attempt, so that a step that is run again finds it. */
function submissionKey(inputs: Inputs, { run, commit }: ActionContext): string {
  const { command, parameters, seed, engine, subject, outputs, dispatch } = inputs;
  return canonicalDigest({
    run: run.id,
    key: run.key,
    tree: commit.treeHash,
    patch: commit.patchDigest,
    engine,
    subject,
    command,
    parameters,
    seed,
    outputs: outputs.map(({ role, glob }) => `${role}=${glob}`),
    inputs: dispatch?.raw ?? {},
  }).slice(0, 40);
}
