/** What stands for the path of a gate file where the inputs of a step are the gate. */
export const STEP_INPUTS = 'the inputs of the step';

/** The input that stands for a key of the gate file. */
export const INPUT_OF_KEY: Readonly<Record<string, string>> = {
  'evaluation.id': 'id-column',
  'evaluation.label': 'label-column',
  'evaluation.prediction': 'prediction-column',
  'evaluation.scores': 'score-columns',
  'evaluation.labels': 'labels',
  'evaluation.positive': 'positive',
  'evaluation.rows': 'evaluation-rows',
  'baseline.from': 'baseline',
  'baseline.on-no-baseline': 'on-no-baseline',
};

export interface PlaceInGate {
  /** What a message begins with: `gate.yml:7`, `Input "label-column"` or `Input "rules", line 2`. */
  readonly place: string;
  /** Ends a message where the place alone does not name the key: ` ("evaluation.label")`. */
  readonly key: string;
  /** The file to annotate, where there is one. */
  readonly where?: { readonly file: string; readonly line: number };
}

/** How a message names a key of the gate, as its author wrote it; without a key the line is that of a rule. */
export function placeInGate(gatePath: string, line: number, key?: string): PlaceInGate {
  if (gatePath !== STEP_INPUTS) {
    const named = key === undefined ? '' : ` ("${key}")`;
    return { place: `${gatePath}:${line}`, key: named, where: { file: gatePath, line } };
  }
  const input = key === undefined ? undefined : INPUT_OF_KEY[key];
  return { place: input === undefined ? `Input "rules", line ${line}` : `Input "${input}"`, key: '' };
}
