/** What is known of a run that nobody has begun. */
export interface WaitingFacts {
  /** GitHub's word for the run. */
  readonly status: string | null;
  readonly labels: readonly string[];
  readonly queuedSinceMs: number;
  /** Environments whose approval is missing. */
  readonly environments: readonly string[];
  /** The repository's runners; undefined where the token may not know them. */
  readonly runners:
    | readonly { readonly online: boolean; readonly busy: boolean; readonly labels: readonly string[] }[]
    | undefined;
}

/** The same with the time since when it waits. */
export function waitingSince(facts: WaitingFacts): string {
  return `${waitingFor(facts)} (queued since ${new Date(facts.queuedSinceMs).toISOString().slice(0, 16).replace('T', ' ')} UTC)`;
}

/** What a training waits for, in plain words; the same words as long as it waits for the same. */
export function waitingFor({ status, labels, environments, runners }: WaitingFacts): string {
  if (environments.length > 0) return `somebody has to approve the environment ${environments.join(', ')}`;
  if (status === 'waiting') return 'an environment has to let it through';
  if (status === 'pending') return 'another run of its concurrency group has to end first';
  const wanted = `runner with the labels ${labels.join(', ')}`;
  if (runners === undefined) return `no ${wanted} has taken it yet`;
  const names = labels.map((label) => label.toLowerCase());
  const fitting = runners.filter(({ labels: own }) => {
    const has = own.map((label) => label.toLowerCase());
    return names.every((name) => has.includes(name));
  });
  const online = fitting.filter((runner) => runner.online);
  if (online.length === 0) {
    // Runners of the organisation and those that start on demand are not in this list.
    return `no ${wanted} is online in this repository; one of the organisation, or one that starts on demand, may take it`;
  }
  const all = online.length === 1 ? 'the only runner' : `each of the ${online.length} runners`;
  if (online.every(({ busy }) => busy))
    return `${all} with the labels ${labels.join(', ')} works on another job`;
  return `a ${wanted} is online and has to take it`;
}
