import { arch, release, type } from 'node:os';
import type { TrainingBody } from '../../../shared/record/training-section.ts';
import { givenDeterminism } from './decide/determinism.ts';
import { describeImage } from './describe/image.ts';
import { describeInterpreter } from './describe/interpreter.ts';
import { findLockFiles } from './describe/lock-files.ts';
import { describeProcessors } from './describe/processors.ts';
import { findGpus, type FoundGpus } from './gpu/find-gpus.ts';

/** What does not answer must not hold the training up; a Python on a slow disk takes its seconds. */
const PROBE_TIMEOUT_MS = 20_000;

/** What the training runs in: system, interpreter, packages, lock files, image, and what makes it repeatable. */
export async function describeEnvironment(
  command: readonly [string, ...string[]],
  directory: string,
  childEnvironment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<TrainingBody['environment']> {
  const options = { environment: childEnvironment, directory, timeoutMs: PROBE_TIMEOUT_MS, signal };
  const [told, lockFiles, image] = await Promise.all([
    describeInterpreter(command[0], options),
    findLockFiles(directory, signal),
    describeImage(childEnvironment),
  ]);
  return {
    os: `${type()} ${release()} ${arch()}`,
    ...told,
    lockFiles,
    image,
    variables: givenDeterminism(childEnvironment),
  };
}

/** What the training runs on. `found` spares a second look at the GPUs where somebody has looked. */
export async function describeHardware(
  childEnvironment: NodeJS.ProcessEnv,
  runner: string | null,
  signal: AbortSignal,
  found?: FoundGpus,
): Promise<TrainingBody['hardware']> {
  const [processors, { gpus }] = await Promise.all([
    describeProcessors(),
    found ?? findGpus(childEnvironment, signal),
  ]);
  return { ...processors, gpus: [...gpus], runner };
}
