import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../shared/errors.ts';
import { parseStopRules, type Stop, StopWatch } from './stop-rules.ts';

const watch = (
  lines: string[],
  metric: string,
  values: number[],
  firstStep = 1,
): (Stop & { at: number }) | undefined => {
  const rules = new StopWatch(parseStopRules(lines));
  for (const [index, value] of values.entries()) {
    const stop = rules.observe({ step: firstStep + index, values: { [metric]: value }, total: undefined });
    if (stop !== undefined) return { ...stop, at: index + 1 };
  }
  return undefined;
};

describe('parseStopRules', () => {
  it('reads all rules', () => {
    expect(
      parseStopRules([
        'nan',
        'divergence',
        'divergence val/loss',
        'divergence loss 10',
        'plateau acc 200',
        'plateau x 5 min',
      ]),
    ).toEqual([
      { rule: 'nan' },
      { rule: 'divergence', metric: undefined, factor: undefined },
      { rule: 'divergence', metric: 'val/loss', factor: undefined },
      { rule: 'divergence', metric: 'loss', factor: 10 },
      { rule: 'plateau', metric: 'acc', steps: 200, direction: 'max' },
      { rule: 'plateau', metric: 'x', steps: 5, direction: 'min' },
    ]);
    expect(parseStopRules([])).toEqual([]);
  });

  it.each([
    ['nann', /"nann" is no rule/, /Did you mean "nan"\?/],
    ['nan now', /says more/, /./],
    ['none', /beside other rules/, /none/],
    ['divergence 10', /factor and no metric/, /divergence loss 10/],
    ['divergence loss 1', /factor "1"/, /larger than 1/],
    ['divergence loss much', /factor "much"/, /./],
    ['divergence a 2 3', /too many words/, /./],
    ['plateau loss', /not whole/, /plateau val_loss 500/],
    ['plateau loss 5 min more', /not whole/, /./],
    ['plateau loss -5', /"-5" for steps/, /./],
    ['plateau loss 5 least', /ends in "least"/, /min/],
    ['plateau score 5', /does not say whether less or more of "score"/, /plateau score 5 min/],
  ])('refuses %s', (line, message, remedy) => {
    const refused = (): unknown => parseStopRules(['nan', line]);
    expect(refused).toThrow(message);
    expect(refused).toThrow(UsageError);
    expect(refused).toThrow(
      expect.objectContaining({ remedy: expect.stringMatching(remedy) as string }) as Error,
    );
  });
});

describe('the rule nan', () => {
  it('ends on any metric that is no number, where it is given', () => {
    const bad = { step: 7, values: { acc: 1 }, total: undefined, bad: ['loss is NaN', 'x is -Infinity'] };
    expect(new StopWatch(parseStopRules(['nan'])).observe(bad)).toEqual({
      rule: 'nan',
      reason:
        'Its metrics stopped being numbers: at step 7 loss is NaN, x is -Infinity (rule "nan" of "stop-on")',
      failureClass: 'not-a-number',
    });
    expect(new StopWatch(parseStopRules(['divergence'])).observe(bad)).toBeUndefined();
    expect(new StopWatch(parseStopRules(['nan'])).observe({ ...bad, bad: [] })).toBeUndefined();
  });
});

describe('the rule divergence', () => {
  it('ends after three points beyond 100 times the best and worse than the start', () => {
    expect(watch(['divergence'], 'train/loss', [2, 1, 1, 0.5, 51, 90, 4000])).toMatchObject({
      at: 7,
      failureClass: 'diverged',
      reason: expect.stringMatching(
        /^It diverged: train\/loss is 4000 at step 7, .* best is 0\.5 /,
      ) as string,
    });
  });

  it.each([
    ['single bad batches', 'loss', [2, 1, 1, 1000, 1000, 1, 1000, 1000, 1]],
    ['a loss that is still better than at the start', 'loss', [2, 1, 0.1, 0.001, 0.001, 0.9, 0.9, 0.9, 0.9]],
    ['a bad start', 'loss', [1e6, 1e9, 1e12, 1e6, 5, 4, 3]],
    ['what is no loss', 'accuracy', [1, 1, 1, 1e6, 1e6, 1e6, 1e6]],
    ['a constant of zero', 'loss', [0, 0, 0, 5, 5]],
    ['noise around zero', 'loss', [0.1, -0.1, 0.05, 3, -3, 5, -5, 4, 4, 4]],
  ])('does not end %s', (_what, metric, values) => {
    expect(watch(['divergence'], metric, values)).toBeUndefined();
  });

  it('goes by the range where values change their sign', () => {
    expect(watch(['divergence'], 'loss', [1, -1, 0, 0.5, 300, 300, 300])).toMatchObject({ at: 7 });
    // A likelihood that becomes ever better is none.
    expect(watch(['divergence'], 'nll_loss', [1, -1, -10, -1e3, -1e5, -1e7, -1e9])).toBeUndefined();
  });

  it('takes a metric and a factor of the user at their word', () => {
    expect(watch(['divergence cost 3'], 'cost', [1, 1, 0.1, 0.1, 0.5, 0.5, 0.5])).toMatchObject({ at: 7 });
    expect(watch(['divergence cost'], 'loss', [1, 1, 1, 1e9, 1e9, 1e9])).toBeUndefined();
  });

  it('watches each metric by itself', () => {
    const rules = new StopWatch(parseStopRules(['divergence']));
    for (let step = 1; step <= 20; step += 1) {
      const values = step % 2 === 0 ? { a_loss: 1 } : { 'b-loss': 1e6 };
      expect(rules.observe({ step, values, total: undefined })).toBeUndefined();
    }
  });
});

describe('the rule plateau', () => {
  it('ends as no failure when nothing became better for so many steps', () => {
    const rules = new StopWatch(parseStopRules(['plateau val/accuracy 200']));
    const at = (step: number, value: number): Stop | undefined =>
      rules.observe({ step, values: { 'val/accuracy': value, loss: step }, total: undefined });
    expect(at(100, 0.5)).toBeUndefined();
    expect(at(200, 0.75)).toBeUndefined();
    expect(at(300, 0.75)).toBeUndefined();
    expect(at(399, 0.1)).toBeUndefined();
    expect(at(400, 0.7)).toEqual({
      rule: 'plateau',
      reason:
        'It came to a plateau: val/accuracy has not risen above 0.75, its value at step 200, for 200 steps (rule "plateau" of "stop-on")',
      failureClass: null,
    });
  });

  it('counts anew where steps begin anew, and knows where less is better', () => {
    expect(watch(['plateau loss 3'], 'loss', [3, 2, 1, 1, 1])).toBeUndefined();
    expect(watch(['plateau loss 3'], 'loss', [3, 2, 1, 1, 1, 1])).toMatchObject({ at: 6 });
    const rules = new StopWatch(parseStopRules(['plateau loss 3']));
    expect(rules.observe({ step: 100, values: { loss: 1 }, total: undefined })).toBeUndefined();
    expect(rules.observe({ step: 1, values: { loss: 1 }, total: undefined })).toBeUndefined();
    expect(rules.observe({ step: 3, values: { loss: 1 }, total: undefined })).toBeUndefined();
    expect(rules.observe({ step: 4, values: { loss: 1 }, total: undefined })).toMatchObject({
      rule: 'plateau',
    });
  });
});
