import type { CodeHost, Origin } from '../github/code-host.ts';
import type { ActionName, Kind } from '../names.ts';
import type { BodyOf } from '../record/section.ts';
import type { Blame, Commit, Run } from '../record/common.ts';
import type { RecordStore } from '../record/store.ts';
import type { Verdict } from '../verdict.ts';
import type { InputReader } from './inputs.ts';
import type { Annotation, Logger } from './logger.ts';

/** What every action is given besides its inputs. */
export interface ActionContext {
  readonly action: ActionName;
  readonly logger: Logger;
  readonly host: CodeHost;
  readonly origin: Origin;
  /** As the section will carry them; taken before anything ran. */
  readonly commit: Commit;
  readonly run: Run;
  readonly store: RecordStore;
  /** Absolute; every path from an input is relative to `workingDirectory` and stays inside `workspace`. */
  readonly workspace: string;
  readonly workingDirectory: string;
  /** A folder of this process for temporary files; removed when the action ends. */
  readonly temporaryDirectory: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** Keeps a value for the post step. Must be called as soon as there is something to clean up. */
  saveState(name: string, value: string): void;
  /**
   * Shows in the comment how it stands while the action still works: nothing is stored, and the section that the
   * action ends with replaces it. Best effort: a comment that cannot be written is told in a debug line.
   */
  showProgress<K extends Kind>(outcome: Outcome<K>): Promise<void>;
}

/** What an action found out. The shell adds where, when and for whom, stores it and reports it. */
export interface Outcome<K extends Kind = Kind> {
  readonly subject: string;
  readonly dataset: string | null;
  readonly verdict: Verdict;
  /** Only for `skipped`: that of what it stands for. */
  readonly passed?: boolean;
  readonly summary: string;
  readonly blame: (Omit<Blame, 'contact'> & { readonly contact?: string | null }) | null;
  readonly notices: readonly string[];
  readonly body: BodyOf<K> | null;
  readonly costUsd?: { readonly usd: number; readonly basis: string };
  /** Beyond `verdict`, `passed` and `report-path`, which the shell sets. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly annotations: readonly Annotation[];
}

/** One action, as its `main.ts` exports it. */
export interface Action<K extends Kind, Inputs extends CommonInputs> {
  readonly name: ActionName;
  readonly kind: K;
  /** Names of all inputs in action.yml; another one that is given is an error. */
  readonly inputs: readonly string[];
  /** Names of all outputs in action.yml, with those that the shell sets. */
  readonly outputs: readonly string[];
  readInputs(reader: InputReader): Inputs;
  run(inputs: Inputs, context: ActionContext): Promise<Outcome<K>>;
  /** Where not even its inputs or its origin could be read: ends what others wait for. Never throws. */
  unopened?(reason: string, environment: NodeJS.ProcessEnv, logger: Logger): Promise<void>;
}

/** What the shell itself needs of every action's inputs. */
export interface CommonInputs {
  /** The subject, where the user named it; an error section is only written where it is known. */
  readonly subject: string | undefined;
  readonly onInconclusive: 'warn' | 'fail';
}
