import type { Outcome } from '../../../shared/action/action.ts';
import type { Inputs } from './inputs.ts';
import { emptyBody, outcomeOf } from './outcome.ts';
import type { Prepared } from './prepare.ts';
import type { Hit } from './reuse/find-equal.ts';

const PLACES: Readonly<Record<Hit['from'], string>> = {
  record: 'the record of this folder',
  cache: 'the cache',
  run: 'a run of this repository',
  registry: 'the registry',
};

/** What the step says where an equal training's results were taken: they are that training's, and so are its series. */
export function outcomeOfHit(inputs: Inputs, prepared: Prepared, hit: Hit): Outcome<'training'> {
  const body = {
    ...emptyBody(inputs, prepared),
    environment: hit.body.environment,
    hardware: hit.body.hardware,
    reused: { from: hit.from, where: hit.where },
    attempts: hit.body.attempts,
    stoppedEarly: hit.body.stoppedEarly,
    series: hit.body.series,
    metrics: hit.body.metrics,
    files: [...hit.files],
    modelDigest: hit.body.modelDigest,
  };
  const summary = `Not trained again: all that determines the result equals a training in ${PLACES[hit.from]} (${hit.where}), whose files were verified and taken.`;
  return outcomeOf(inputs, prepared, body, { verdict: 'pass', summary, blame: null }, []);
}
