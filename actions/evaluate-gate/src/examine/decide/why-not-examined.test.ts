import { describe, expect, it } from 'vitest';
import { gateOf } from '../../../../../test/evaluation/examine-scene.ts';
import { whyNotExamined } from './why-not-examined.ts';

const GATE = gateOf({});
const [model, external, data] = [
  { path: 'out/model.ONNX', role: 'model' as const },
  { path: 'out/weights.bin', role: 'model' as const },
  { path: 'out/predictions.onnx', role: 'predictions' as const },
];
const NONE = { scoreCommand: undefined };

describe('whyNotExamined', () => {
  it.each([
    ['one .onnx with external data', NONE, [model, external, data], undefined],
    ['a command', { scoreCommand: ['score'] }, [external], undefined],
    ['a command and several .onnx', { scoreCommand: ['score'] }, [model, model], undefined],
    ['no model', NONE, [data], 'there is no file of role model'],
    ['no .onnx', NONE, [external], 'no file of the model is an .onnx, and no "score-command" was given'],
    [
      'several .onnx',
      NONE,
      [model, model],
      'the model has 2 .onnx files, and no "score-command" tells what to do with them',
    ],
  ])('%s', (_what, inputs, files, reason) => {
    expect(whyNotExamined(GATE, inputs, files)).toBe(reason);
  });

  it('is what the gate file lacks', () => {
    expect(whyNotExamined({ ...GATE, evaluation: undefined }, NONE, [model])).toMatch('no "evaluation"');
    expect(whyNotExamined({ ...GATE, examination: undefined }, NONE, [model])).toMatch('"evaluation.rows"');
  });
});
