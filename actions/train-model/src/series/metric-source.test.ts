import { describe, expect, it } from 'vitest';
import { parseMetricSource } from './metric-source.ts';

const folders = { workspace: '/w', workingDirectory: '/w/project' };
const parse = (line: string): unknown => parseMetricSource(line, folders);

describe('parseMetricSource', () => {
  it.each([
    ['jsonl=out/s.jsonl', 'jsonl', '/w/project/out/s.jsonl'],
    [' tensorboard = ../runs ', 'tensorboard', '/w/runs'],
    ['stdout=loss=(?P<loss>\\S+)', 'stdout', 'loss=(?P<loss>\\S+)'],
    ['stdout=(?<loss>\\S+)', 'stdout', '(?<loss>\\S+)'],
    ['mlflow=mlflow.db', 'mlflow', '/w/project/mlflow.db'],
    ['mlflow=sqlite:///mlflow.db', 'mlflow', '/w/project/mlflow.db'],
    ['mlflow=file:./mlruns', 'mlflow', '/w/project/mlruns'],
    ['mlflow=https://host:5000/x', 'mlflow', 'https://host:5000/x'],
  ])('reads %s', (line, format, place) => {
    expect(parse(line)).toEqual({ format, place, label: `Input "metrics-sources": "${line}"` });
  });

  it.each([
    ['', /is no source/],
    ['jsonl', /is no source/],
    ['jsonl=', /is no source/],
    ['=x', /is no source/],
    ['csv=x', /is no source/],
    ['jsonl=../../etc/passwd', /lies outside the workspace/],
    ['mlflow=sqlite:////etc/passwd', /lies outside the workspace/],
    ['stdout=loss: (\\d+)', /has no named group/],
    [`stdout=(?P<a>${'x'.repeat(1000)})`, /longer than 1000 characters/],
    ['mlflow=databricks://x', /no place of MLflow's/],
    ['mlflow=http://', /no place of MLflow's/],
    ['mlflow=http://me:secret@host', /holds a user name or password/],
  ])('refuses "%.40s"', (line, message) => {
    expect(() => parse(line)).toThrow(message);
    expect(() => parse(line)).toThrow(expect.objectContaining({ name: 'UsageError' }) as Error);
  });

  it('shows no password, and names the nearest format', () => {
    expect(() => parse('mlflow=http://me:secret@host')).not.toThrow(/secret/);
    expect(() => parse('tensorbord=x')).toThrow(
      expect.objectContaining({
        remedy: expect.stringContaining('Did you mean "tensorboard"?') as string,
      }) as Error,
    );
  });
});
