import { loadOnnxRuntime } from '../../../../shared/onnx/load.ts';
import { chooseFeatures } from './decide/features.ts';
import { type Examining, type Scored, usable } from './examine.ts';
import type { Examinee } from './options.ts';
import { selectPredictions } from './prediction-rows.ts';
import { openRows } from './rows-table.ts';
import { SCORED_ROW, scoreByOnnx } from './score-onnx.ts';

/** Examines both models by ONNX Runtime, in this process: no code of the repository runs. */
export async function examineByOnnx(both: Examining): Promise<Scored> {
  const { options, engine, limits, rows, evaluation, examination, candidate, baseline, outputOf } = both;
  const { gate, gatePath, context, inputs, signal } = options;
  const table = await openRows({ engine, limits, gate, gatePath, rows, signal });
  const features = chooseFeatures(table.columns, evaluation, examination, gate, gatePath);
  const { logger, environment } = context;
  const runtime = await loadOnnxRuntime({ logger, environment, signal, path: inputs.onnxruntimePath });
  const score = async (examinee: Examinee): Promise<Scored['latencyMs']> => {
    const into = `scored_${examinee.who}`;
    const settings = {
      engine,
      runtime,
      table,
      features,
      evaluation,
      examination,
      withLatency: examinee.who === 'candidate',
      signal,
    };
    // The runtime itself writes to the log what fails in a model, with names that are the model's.
    const latencyMs = await logger.untrusted(() => scoreByOnnx(examinee, into, settings));
    const sql = selectPredictions(table.columns, evaluation, {
      table: into,
      on: `s.${SCORED_ROW} = r.__row`,
    });
    await engine.write({ name: 'predictions', sql }, outputOf(examinee), 'parquet', signal);
    logger.info(`examined ${examinee.what} on ${table.n} rows by ONNX Runtime`);
    return latencyMs;
  };
  const latencyMs = await score(candidate);
  const failed = baseline === undefined ? undefined : await usable(() => score(baseline), signal);
  return { n: table.n, latencyMs, baseline: failed };
}
