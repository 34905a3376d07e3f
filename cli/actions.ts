import type { ActionName } from '../shared/names.ts';
import { variableOf } from '../shared/action/inputs.ts';
import { type Flag, parseFlags } from './flags.ts';
import { isExpression } from './help.ts';
import type { ActionManual } from './suite.ts';

/** Imports an action's entry, which runs it at once: each is a chunk of its own that only loads when it is asked for. */
export const START: Readonly<Record<ActionName, () => Promise<unknown>>> = {
  'validate-data': () => import('../actions/validate-data/src/index.ts'),
  'train-model': () => import('../actions/train-model/src/index.ts'),
  'evaluate-gate': () => import('../actions/evaluate-gate/src/index.ts'),
  'publish-model': () => import('../actions/publish-model/src/index.ts'),
  'deploy-endpoint': () => import('../actions/deploy-endpoint/src/index.ts'),
};

const flagsOf = ({ inputs }: ActionManual): Flag[] =>
  Object.entries(inputs).map(([name, input]) => ({ name, boolean: /^(true|false)$/i.test(input.default) }));

/** The environment in which an action finds its inputs: what the flags gave, and the defaults of action.yml. */
export function inputVariables(
  action: ActionName,
  manual: ActionManual,
  args: readonly string[],
): Map<string, string> {
  const given = parseFlags(args, flagsOf(manual), `trainyard ${action}`);
  return new Map(
    Object.entries(manual.inputs).map(([name, { default: value }]) => [
      variableOf(name),
      given.get(name) ?? (isExpression(value) ? '' : value),
    ]),
  );
}
