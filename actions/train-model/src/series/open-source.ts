import { stat } from 'node:fs/promises';
import {
  dvcliveSource,
  jsonLinesSource,
  lightningSource,
  mlflowFilesSource,
  tensorboardSource,
  wandbFolderSource,
} from './growing-sources.ts';
import { huggingfaceSource, wandbSummarySource } from './document-sources.ts';
import type { MetricFormat, MetricSource } from './metric-source.ts';
import { mlflowServerSource } from './mlflow-server-source.ts';
import { mlflowSqliteSource } from './mlflow-sqlite-source.ts';
import type { Source } from './source.ts';

/** What a source needs beside its place. */
export interface SourceContext {
  /** No file outside of this folder is read. */
  readonly root: string;
  /** The command's environment: by it MLflow knows its run. */
  readonly environment: Readonly<Record<string, string>>;
}

type Open = (source: MetricSource, context: SourceContext) => Source;

const OPEN: Readonly<Record<Exclude<MetricFormat, 'stdout'>, Open>> = {
  jsonl: (source, { root }) => jsonLinesSource(source, root),
  dvclive: (source, { root }) => dvcliveSource(source, root),
  tensorboard: (source, { root }) => tensorboardSource(source, root),
  lightning: (source, { root }) => lightningSource(source, root),
  huggingface: (source, { root }) => huggingfaceSource(source, root),
  mlflow: (source, { root, environment }) =>
    /^https?:\/\//i.test(source.place)
      ? mlflowServerSource(source, environment)
      : mlflowLocalSource(source, root),
  wandb: (source, { root }) =>
    source.place.endsWith('.json') ? wandbSummarySource(source, root) : wandbFolderSource(source, root),
};

/** Opens a place of metrics that is read, not told line by line. */
export function openSource(
  source: MetricSource & { readonly format: keyof typeof OPEN },
  context: SourceContext,
): Source {
  return OPEN[source.format](source, context);
}

/** MLflow's file store is a folder, its database a file; which it is may show only when the training has made it. */
function mlflowLocalSource(source: MetricSource, root: string): Source {
  const database = mlflowSqliteSource(source, root);
  const files = mlflowFilesSource(source, root);
  const isFolder = async (): Promise<boolean> =>
    (await stat(source.place).catch(() => undefined))?.isDirectory() === true;
  return {
    ...database,
    async begin(signal) {
      await database.begin(signal);
      if (await isFolder()) await files.begin(signal);
    },
    open() {
      const [rows, lines] = [database.open(), files.open()];
      return {
        // A folder may hold the database, the file store, or both.
        async look(signal) {
          const [one, other] = [
            await rows.look(signal),
            (await isFolder()) ? await lines.look(signal) : undefined,
          ];
          if (other === undefined) return one;
          return {
            rows: [...one.rows, ...other.rows],
            anew: one.anew || other.anew,
            more: one.more || other.more,
          };
        },
        end: () => lines.end(),
        problems: () => [...rows.problems(), ...lines.problems()],
      };
    },
    absent: async () => ((await isFolder()) ? await files.absent() : await database.absent()),
  };
}
