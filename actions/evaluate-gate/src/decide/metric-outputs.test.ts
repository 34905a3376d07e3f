import { describe, expect, it } from 'vitest';
import { metricOutputs } from './metric-outputs.ts';

describe('metricOutputs', () => {
  it('gives each metric an output of its own', () => {
    const metrics = [
      { name: 'accuracy', value: 0.97 },
      { name: 'f0.5', value: 1e-9 },
    ];
    expect(metricOutputs(metrics, ['verdict'])).toEqual({ accuracy: '0.97', 'f0.5': '1e-9' });
  });

  it('lets no metric take the place of another output, or a name that is none', () => {
    const names = ['verdict', 'passed', '', '1st', 'a b', 'x\ny', 'a=b', '__proto__', 'ok'];
    const metrics = names.map((name) => ({ name, value: 1 }));
    const outputs = metricOutputs(metrics, ['verdict', 'passed']);
    expect(Object.keys(outputs)).toEqual(['__proto__', 'ok']);
  });

  it('knows that the runner tells no capitals apart: the first of two metrics has the output', () => {
    const names = ['Verdict', 'PASSED', 'Report-Path', 'F1', 'f1'];
    const metrics = names.map((name, value) => ({ name, value }));
    expect(metricOutputs(metrics, ['verdict', 'passed', 'report-path'])).toEqual({ F1: '3' });
  });

  it('is bounded', () => {
    const metrics = Array.from({ length: 1000 }, (_, at) => ({ name: `m${at}`, value: at }));
    expect(Object.keys(metricOutputs(metrics, []))).toHaveLength(200);
  });
});
