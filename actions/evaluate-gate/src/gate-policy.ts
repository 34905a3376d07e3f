import { createHash } from 'node:crypto';
import type { ActionContext } from '../../../shared/action/action.ts';
import { EVENTS_WITH_BASE, readPolicy } from '../../../shared/action/policy.ts';
import { UsageError } from '../../../shared/errors.ts';
import type { Policy } from '../../../shared/record/common.ts';
import { gateFromInputs } from './gate-file/from-inputs.ts';
import type { GateFile } from './gate-file/gate-file.ts';
import { parseGateFile } from './gate-file/parse.ts';
import { STEP_INPUTS } from './gate-file/place-in-gate.ts';
import type { Inputs } from './inputs.ts';

/** The gate in force: the file at the base, or rules of the step's own inputs. */
export async function readGate(
  inputs: Pick<Inputs, 'gate' | 'shorthand' | 'policyFrom'>,
  context: ActionContext,
): Promise<{ readonly gate: GateFile; readonly policy: Policy }> {
  if (inputs.gate !== undefined) {
    const { text, policy } = await readPolicy(context, inputs.gate, inputs.policyFrom);
    return { gate: parseGateFile(text, policy.path), policy };
  }
  if (inputs.shorthand === undefined) throw new UsageError('Neither "gate" nor "rules" was given.');
  const { gate, text } = gateFromInputs(inputs.shorthand);
  return { gate, policy: policyOfInputs(text, context) };
}

/** A pull request runs its own workflow file, so that rules in it are the head's to choose: the report says so. */
function policyOfInputs(text: string, { origin, host }: Pick<ActionContext, 'origin' | 'host'>): Policy {
  const here = host.kind === 'terminal' || origin.headSha === null;
  return {
    path: STEP_INPUTS,
    digest: createHash('sha256').update(text).digest('hex'),
    from: here ? 'working-tree' : EVENTS_WITH_BASE.includes(origin.event) ? 'head' : 'commit',
    ref: here ? null : origin.headSha,
    newInHead: false,
    diff: null,
  };
}
