import { describe, expect, it } from 'vitest';
import { acceptedNames } from './accepted-names.ts';

describe('acceptedNames', () => {
  it('names the nearest first', () => {
    expect(acceptedNames('acuracy', ['accuracy', 'f1'])).toBe(
      'Did you mean "accuracy"? Accepted: accuracy, f1.',
    );
    expect(acceptedNames('zzz', ['accuracy', 'f1'])).toBe('Accepted: accuracy, f1.');
  });

  it('of a hostile header is no sentence of megabytes', () => {
    const long = 'x'.repeat(1_000_000);
    expect(acceptedNames('p', ['y', long])).toBe(`Did you mean "y"? Accepted: y, ${'x'.repeat(100)}….`);
    const many = Array.from({ length: 10_000 }, (_, index) => `column${index}`);
    const told = acceptedNames('nothing', many);
    expect(told).toMatch(/column99 and 9900 more\.$/);
    expect(told.length).toBeLessThan(2000);
  });
});
