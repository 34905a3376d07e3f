import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PREDICATE_TYPE } from '../../shared/attestation/predicate.ts';
import type { Origin } from '../../shared/github/code-host.ts';
import type { Commit, Run } from '../../shared/record/common.ts';
import type { Logger } from '../../shared/action/logger.ts';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { keepLogs } from '../record/logs.ts';
import { commitOf, runOf } from '../record/sections.ts';
import { terminalOrigin } from '../terminal-origin.ts';
import { DIGEST } from './evaluation.ts';
import { type Sigstore, startSigstore } from './sigstore.ts';

export interface YardContext {
  readonly host: { readonly kind: 'github' | 'terminal' };
  readonly origin: Origin;
  readonly commit: Commit;
  readonly run: Run;
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Logger;
  readonly temporaryDirectory: string;
  readonly signal: AbortSignal;
}

/** The step of the gate in run 42 of acme/digits, with a GitHub and a Sigstore on 127.0.0.1. */
export interface Yard extends AsyncDisposable {
  readonly fake: FakeGitHub;
  readonly sigstore: Sigstore;
  readonly lines: string[];
  readonly trustedRoot: { readonly path: string; readonly written: string };
  readonly context: YardContext;
  /** Puts a bundle beside the model, as GitHub would take it from anybody who may write. */
  keep(bundle: Record<string, unknown>): void;
}

export async function openYard(): Promise<Yard> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'ty-yard-')));
  const fake = await startFakeGitHub();
  const sigstore = await startSigstore();
  const path = join(folder, 'root.json');
  await writeFile(path, sigstore.trustedRoot);
  const { logger, lines } = keepLogs();
  return {
    fake,
    sigstore,
    lines,
    trustedRoot: { path, written: 'root.json' },
    context: {
      host: { kind: 'github' },
      origin: terminalOrigin({
        repository: 'acme/digits',
        serverUrl: 'https://github.com',
        event: 'push',
        runId: '42',
      }),
      commit: commitOf(),
      run: runOf({ job: 'gate', key: 'gate' }),
      environment: {
        GITHUB_API_URL: fake.url,
        GITHUB_TOKEN: fake.defaultToken,
        ACTIONS_ID_TOKEN_REQUEST_URL: 'https://tokens.test/',
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request',
      },
      logger,
      temporaryDirectory: folder,
      signal: new AbortController().signal,
    },
    keep(bundle) {
      const id = fake.world.nextId();
      const subjects = [`sha256:${DIGEST}`];
      fake.world.attestations.push({ id, subjects, predicateType: PREDICATE_TYPE, bundle });
    },
    async [Symbol.asyncDispose]() {
      await sigstore[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
      await fake[Symbol.asyncDispose]();
    },
  };
}
