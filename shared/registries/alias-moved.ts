import { InfrastructureError } from '../errors.ts';

/** The refusal of a compare-and-set: the alias points elsewhere than the caller saw it. Null means that it was not set. */
export function aliasMoved(alias: {
  readonly registry: string;
  readonly model: string;
  readonly name: string;
  /** What it points at now, as far as that is known. */
  readonly current: string | null;
  readonly expected: string | null;
}): InfrastructureError {
  const { registry, model, name, current, expected } = alias;
  return new InfrastructureError(
    `The alias ${name} of ${model} in ${registry} points at ${current ?? 'nothing'}, not at ${expected ?? 'nothing'} as before.`,
    {
      remedy:
        'Another run moved it meanwhile; the alias was left where it is. Run again if this model is to win.',
    },
  );
}

/** The refusal to point an alias at a version that the registry does not have. */
export function noSuchVersion(
  registry: string,
  model: string,
  version: string,
  name: string,
): InfrastructureError {
  return new InfrastructureError(
    `The registry ${registry} has no ${version} of ${model} to point ${name} at.`,
  );
}
