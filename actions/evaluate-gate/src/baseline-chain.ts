import { isExpected } from '../../../shared/errors.ts';
import type { Version } from '../../../shared/registries/registry.ts';
import type { BaselineOptions, CollectedBaseline, FoundBaseline } from './baseline.ts';
import {
  countOf,
  foundVersion,
  noRegistry,
  openNamedRegistry,
  registryInReach,
  unavailable,
} from './baseline-registry.ts';
import { branchBaseline, noRunOf } from './baseline-run.ts';

const ALIASES = ['production', 'candidate'] as const;

/** What the registry answered, where no version of it is the baseline. */
interface Passed {
  readonly empty: boolean;
  /** Why the next in the chain is asked, in half a sentence. */
  readonly why: string;
}

/**
 * The baseline of a gate that names none: what is deployed, else what is published, else the record of the base branch.
 * Only an answer leads on to the next: whoever did not answer might have had one. A first run is one whose registry is
 * empty, and whose base branch has no record either.
 */
export async function defaultBaseline(options: BaselineOptions): Promise<CollectedBaseline> {
  const { model, context, source } = options;
  const asked = await askRegistry(options);
  if ('kind' in asked) return asked;
  const { empty, why } = asked;
  // A registry that the change can write decides who is asked next, so what comes of it is in its reach too.
  const inReach = registryInReach(options);
  if (context.host.kind !== 'github') {
    if (options.inputs.registry === undefined) throw noRegistry(options);
    return empty
      ? { kind: 'first-run', inReach }
      : unavailable(source, {
          owner: 'configuration',
          message: `No baseline was found: ${why}.`,
          remedy: 'Publish a version, or name one by "from: version:<v>" under "baseline" in the gate file.',
        });
  }
  const asRule = 'Compare with something that is named, by "from" under "baseline" in the gate file.';
  let branch: string | undefined;
  let found: FoundBaseline | undefined;
  try {
    branch = await baseBranch(context);
    if (branch !== undefined) found = await branchBaseline(options, { branch, text: `branch:${branch}` });
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isExpected(error)) throw error;
    const text = branch === undefined ? source.text : `branch:${branch}`;
    return unavailable(
      { text },
      {
        owner: error.owner,
        message: `${sentence(why)}, and the record of the base branch could not be had: ${error.message}`,
        remedy: error.remedy === undefined ? asRule : `${error.remedy} ${asRule}`,
      },
    );
  }
  if (branch === undefined) {
    const message = `${sentence(why)}, and the event "${context.origin.event}" names no base branch.`;
    return unavailable(source, { owner: 'configuration', message, remedy: asRule });
  }
  if (found !== undefined) {
    const notice = `Compared with ${found.what}: ${why}.`;
    return { ...found, inReach, notices: [...found.notices, notice] };
  }
  if (empty) return { kind: 'first-run', inReach };
  return unavailable(
    { text: `branch:${branch}` },
    {
      owner: 'configuration',
      message: `${sentence(why)}. ${noRunOf(branch, model)}`,
      remedy:
        options.inputs.registry === undefined
          ? 'Add the registry that publish-model publishes to by the input "registry": only a registry that is empty makes a first run. Or compare with a file, by "baseline: file:<path>".'
          : 'Publish or deploy a version, or run the gate on that branch.',
    },
  );
}

/** The version in production, else the candidate, else why neither. What the registry cannot answer throws. */
async function askRegistry(options: BaselineOptions): Promise<FoundBaseline | Passed> {
  const { model, context } = options;
  const registry = await openNamedRegistry(options);
  if (registry === undefined) return { empty: false, why: 'the input "registry" was not given' };
  const versions = await registry.list(model, context.signal);
  if (versions.length === 0) return { empty: true, why: `the registry ${registry.name} is empty` };
  const has = `the registry ${registry.name} has ${countOf(versions, model)}`;
  for (const alias of ALIASES) {
    const version: Version | undefined = await registry.resolve(model, alias, context.signal);
    if (version === undefined) continue;
    const found = await foundVersion(options, registry, version, { kind: 'alias', alias, text: alias });
    if (alias === 'production') return found;
    const notice = `Compared with ${found.what}: ${has}, and no alias "production".`;
    return { ...found, notices: [...found.notices, notice] };
  }
  return { empty: false, why: `${has}, and neither an alias "production" nor "candidate"` };
}

/** The branch that this code is to be merged into, or has been; undefined where the event does not tell. */
async function baseBranch({ origin, environment }: BaselineOptions['context']): Promise<string | undefined> {
  if (origin.pullRequest !== null) return origin.pullRequest.baseRef;
  const { readPayload } = await import('../../../shared/github/event.ts');
  const { merge_group: group, repository } = await readPayload(environment, origin.event);
  const merged = branchOf(group?.base_ref) ?? repository?.default_branch;
  // A schedule runs on the default branch, and its event need not name it (docs: "Events that trigger workflows").
  return merged ?? (origin.event === 'schedule' ? branchOf(origin.ref) : undefined);
}

const HEADS = 'refs/heads/';

function branchOf(ref: string | null | undefined): string | undefined {
  return ref?.startsWith(HEADS) === true ? ref.slice(HEADS.length) : undefined;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
