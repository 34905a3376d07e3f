import { randomUUID } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { SubjectError, UsageError } from '../errors.ts';
import type { Logger } from '../action/logger.ts';
import type { Kind } from '../names.ts';
import { locateArtifacts } from './artifact-files.ts';
import { filesName, nameOfSection, parseSectionName, reportName, sectionName } from './artifact-name.ts';
import type { Artifact, Artifacts, OtherRun } from './artifacts.ts';
import { chooseSection } from './decide/choose.ts';
import type { Standpoint } from './decide/believe.ts';
import { ofKind, textOf, withLocation } from './disk-store.ts';
import { bringFiles } from './file-transport.ts';
import { actionOf, judge, type Judged, type Kept, refusalOf } from './judge.ts';
import { openNamed } from './record-from.ts';
import { placeOf } from './reference-path.ts';
import { namesIn, readSectionText, writeWhole } from './section-folder.ts';
import type { FindOptions, RecordStore } from './store.ts';
import { refuseWorkspace } from './workspace-record.ts';

/** The archive of a section is far smaller; a larger one is not unpacked. */
const MAX_SECTION_ARTIFACT_BYTES = 16 * 1024 * 1024;
/** Artifacts of one name that a job may write: beyond this something repeats that should not. */
const MAX_PARTS = 50;
/** Enough to hide the latency of a matrix's sections, few enough to offend no service. */
const PARALLEL_DOWNLOADS = 8;
const SECTION_FILE = 'section.json';

export interface ArtifactStoreOptions {
  /** Undefined on a host without artifacts: then only later steps of the same job see the record. */
  readonly artifacts: Artifacts | undefined;
  /** Why there are none, in half a sentence. */
  readonly withoutArtifacts: string;
  readonly repository: string | null;
  readonly serverUrl: string | null;
  readonly treeHash: string | null;
  readonly runId: string;
  readonly attempt: number;
  readonly key: string;
  /** In a worker: the run in which its own artifacts lie, while `runId` and `attempt` are its dispatcher's. */
  readonly workerRunId: string | undefined;
  /** Without a token no other run can be read. */
  readonly hasToken: boolean;
  /** A folder that the steps of one job share, outside the workspace: below RUNNER_TEMP. */
  readonly sharedDirectory: string;
  readonly temporaryDirectory: string;
  readonly workingDirectory: string;
  readonly logger: Logger;
  /** What a store of large files is reached with. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Makes sure that a run may be read from, and says how to reach it; throws where it may not. */
  readonly openRun: (runId: string, signal: AbortSignal) => Promise<OtherRun>;
}

/** The record on a runner: artifacts of the run, and the same on disk for the later steps of the job. */
export function createArtifactStore(options: ArtifactStoreOptions): RecordStore {
  const { artifacts, repository, treeHash, runId, attempt, key, logger, temporaryDirectory } = options;
  /** The run whose artifacts are this job's own. */
  const homeRunId = options.workerRunId ?? runId;
  const folder = join(options.sharedDirectory, 'sections');
  const standpoint: Standpoint = { repository, runId, attempt, tree: { hash: treeHash } };
  /** Artifacts never change, so each is downloaded once. */
  const texts = new Map<number, Promise<string>>();
  const warned = new Set<string>();
  let told = false;

  const scratch = async (): Promise<string> => {
    const directory = join(temporaryDirectory, randomUUID());
    await mkdir(directory, { recursive: true });
    return directory;
  };
  const tellWithoutArtifacts = (): void => {
    if (told) return;
    told = true;
    logger.info(
      `The record stays on this machine (${options.withoutArtifacts}): only later steps of this job see it.`,
    );
  };

  const downloadText = async (
    artifact: Artifact,
    run: OtherRun | undefined,
    signal: AbortSignal,
  ): Promise<string> => {
    if (artifact.bytes > MAX_SECTION_ARTIFACT_BYTES) {
      throw new SubjectError('data', `The artifact "${artifact.name}" is too large for a section.`);
    }
    const directory = await scratch();
    await artifacts?.download(artifact, directory, run, signal);
    return (await readSectionText(join(directory, SECTION_FILE))) ?? '';
  };

  const kept = async (run: OtherRun | undefined, signal: AbortSignal): Promise<Kept[]> => {
    const onDisk = run === undefined ? await readFolder(folder) : [];
    if (artifacts === undefined) return onDisk;
    const known = new Set(onDisk.map(({ label }) => label));
    const listed = (await artifacts.list(run, signal)).filter(({ name }) => !known.has(name));
    const sections = listed.flatMap((artifact) => {
      const name = parseSectionName(artifact.name);
      return name === undefined ? [] : [{ artifact, name }];
    });
    const fromArtifacts: Kept[] = [];
    for (let first = 0; first < sections.length; first += PARALLEL_DOWNLOADS) {
      const some = sections.slice(first, first + PARALLEL_DOWNLOADS).map(async ({ artifact, name }) => {
        const text = texts.get(artifact.id) ?? downloadText(artifact, run, signal);
        texts.set(artifact.id, text);
        text.catch(() => texts.delete(artifact.id));
        return { name, label: artifact.name, text: await text };
      });
      fromArtifacts.push(...(await Promise.all(some)));
    }
    return [...onDisk, ...fromArtifacts];
  };
  const read = async (run: OtherRun | undefined, signal: AbortSignal): Promise<Judged> => {
    if (run !== undefined) {
      return judge(await kept(run, signal), {
        repository,
        runId: run.runId,
        attempt: Infinity,
        tree: null,
      });
    }
    const own = await kept(undefined, signal);
    const opened = options.workerRunId === undefined ? undefined : await openDispatcher(signal);
    return judge(
      opened === undefined ? own : withDispatcher(own, await kept(opened, signal), attempt),
      standpoint,
    );
  };
  let dispatcher: Promise<OtherRun> | undefined;
  /** A worker counts as part of its dispatcher's run: what that run has found out counts here too. */
  const openDispatcher = async (signal: AbortSignal): Promise<OtherRun | undefined> => {
    if (artifacts !== undefined && options.hasToken) {
      dispatcher ??= options.openRun(runId, signal);
      dispatcher.catch(() => (dispatcher = undefined));
      return await dispatcher;
    }
    const why = artifacts === undefined ? options.withoutArtifacts : 'the input "token" is empty';
    const message = `The record of run ${runId}, which dispatched this one, cannot be read: ${why}. Only this run's own sections count.`;
    if (!warned.has(message)) logger.warning(message);
    warned.add(message);
    return undefined;
  };

  const locate = locateArtifacts({ ...options, homeRunId, scratch });

  return {
    async save(section, signal) {
      const name = nameOfSection(section);
      const path = join(folder, `${name}.json`);
      const text = textOf(section);
      const taken = (): never => {
        throw new UsageError(
          `This run already has ${section.kind === 'evaluation' ? 'an' : 'a'} ${section.kind} section "${name}".`,
          {
            remedy: `Give each step that runs ${actionOf(section.kind)} for "${section.subject}" an input "id" of its own.`,
          },
        );
      };
      if ((await readSectionText(path)) !== undefined) taken();
      if (artifacts === undefined) {
        tellWithoutArtifacts();
      } else {
        const directory = await scratch();
        const file = join(directory, SECTION_FILE);
        await writeWhole(file, text, { replace: false });
        if ((await artifacts.upload(name, directory, [file], signal)) === undefined) taken();
      }
      if (!(await writeWhole(path, text, { replace: false }))) taken();
    },

    async list(signal) {
      const { believed, refused } = await read(undefined, signal);
      for (const { message } of refused) {
        if (!warned.has(message)) logger.warning(message);
        warned.add(message);
      }
      return [...believed];
    },

    async find<K extends Kind>(kind: K, { subject, fromKey, recordFrom }: FindOptions, signal: AbortSignal) {
      const run = recordFrom === undefined ? undefined : await openNamed(recordFrom, options, signal);
      const { believed, refused } = await read(run, signal);
      const refusal = refusalOf(refused, kind, subject);
      if (refusal !== undefined) {
        throw new SubjectError('data', refusal.message, {
          remedy: `Run ${actionOf(kind)} again in this run, and let nothing else write artifacts named "trainyard.…".`,
        });
      }
      const found = chooseSection(ofKind(believed, kind), { kind, subject, fromKey, ownKey: key });
      if (found === undefined) await refuseWorkspace(options.workingDirectory, kind, subject);
      return found;
    },

    async saveFiles(subject, directory, files, signal) {
      const base = await realpath(directory);
      const local = files.map((file) => withLocation(file, { kind: 'file', path: placeOf(base, file.path) }));
      if (files.length === 0) return local;
      if (artifacts === undefined) {
        tellWithoutArtifacts();
        return local;
      }
      const paths = files.map((file) => placeOf(base, file.path));
      for (let part = 1; part <= MAX_PARTS; part += 1) {
        const artifact = filesName(subject, key, attempt, part);
        if ((await artifacts.upload(artifact, base, paths, signal)) === undefined) continue;
        return local.map((file) => withLocation(file, { kind: 'artifact', artifact, runId: homeRunId }));
      }
      throw new UsageError(`This job has written ${MAX_PARTS} artifacts of files of "${subject}" already.`, {
        remedy: 'Give steps that train the same model an input "id" of their own.',
      });
    },

    async saveReport({ subject, kind }, html, signal) {
      const name = reportName({ subject, kind, key, attempt });
      const directory = join(options.sharedDirectory, 'reports', name);
      const path = join(directory, 'report.html');
      await writeWhole(path, html, { replace: true });
      if (artifacts === undefined) return { path, url: null };
      const uploaded = await artifacts.upload(name, directory, [path], signal);
      const page =
        uploaded === undefined || options.serverUrl === null || repository === null
          ? null
          : `${options.serverUrl}/${repository}/actions/runs/${homeRunId}/artifacts/${uploaded.id}`;
      return { path, url: page };
    },

    fetchFiles: (files, directory, signal) => bringFiles(files, directory, locate, signal),
  };
}

/**
 * A worker's own sections and its dispatcher's. Of equal name the own one counts, as the dispatcher's is the `pending`
 * that stands for it; what a later attempt of the dispatcher wrote is of no concern here.
 */
function withDispatcher(own: readonly Kept[], dispatcher: readonly Kept[], attempt: number): Kept[] {
  const known = new Set(own.map(({ name }) => sectionName(name)));
  return [
    ...own,
    ...dispatcher.filter(({ name }) => name.attempt <= attempt && !known.has(sectionName(name))),
  ];
}

async function readFolder(folder: string): Promise<Kept[]> {
  const found: Kept[] = [];
  for (const entry of await namesIn(folder)) {
    const label = entry.replace(/\.json$/, '');
    const name = parseSectionName(label);
    const text = await readSectionText(join(folder, entry));
    if (name !== undefined && text !== undefined) found.push({ name, label, text });
  }
  return found;
}
