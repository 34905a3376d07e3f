import { describe, expect, it } from 'vitest';
import { createMasker, maskerOf } from './masker.ts';

describe('a masker', () => {
  it.each<[string, readonly string[], string, string]>([
    ['nothing', [], 'all of it', 'all of it'],
    ['an empty secret', ['', '  '], 'all of it', 'all of it'],
    ['every occurrence', ['s3cret'], 's3cret, s3cret!', '***, ***!'],
    ['the longest first', ['abcd', 'abcdef'], 'abcdefg abcd', '***g ***'],
    ['signs of patterns', ['a.b*c$(d)'], 'a.b*c$(d) aXbXc', '*** aXbXc'],
    ['a secret of several lines by its lines', ['line one\r\nline two\n'], 'say line two', 'say ***'],
    ['no line as short as a brace', ['{\n "key": 1\n}'], '{ } "key": 1', '{ } ***'],
    ['a short secret', ['ab'], 'grab it', 'gr*** it'],
    ['in an address', ['a b/c?d'], 'x?k=a%20b%2Fc%3Fd', 'x?k=***'],
    ['in JSON', ['say "so"'], String.raw`{"k":"say \"so\""}`, '{"k":"***"}'],
    ['in base64', ['open sesame'], `Basic ${btoa('open sesame')}`, 'Basic ***='],
  ])('replaces %s', (_what, secrets, line, masked) => {
    expect(createMasker(secrets).mask(line)).toBe(masked);
  });

  it('says where a line may be cut', () => {
    const masker = createMasker(['secret']);
    expect(masker.longest).toBe(Math.max('secret'.length, btoa('secret').length));
    expect(masker.safeLength('a secret b secret', 100)).toBe(100);
    expect(masker.safeLength('a secret b', 8)).toBe(8);
    expect(masker.safeLength('a secret b', 7)).toBe(2);
    expect(masker.safeLength('ab secret', 2)).toBe(2);
    expect(createMasker([]).safeLength('abc', 2)).toBe(2);
  });

  it('knows the secrets given to a command and those withheld from it, and no plain variable', () => {
    const masker = maskerOf(
      {
        GITHUB_TOKEN: 'ghs_0123456789',
        DB_PASSWORD: 'none',
        INPUT_MODEL: 'digits-model',
        NOTHING: undefined,
      },
      { KEY: 'given-to-it' },
    );
    expect(masker.mask('ghs_0123456789 none digits-model given-to-it')).toBe('*** none digits-model ***');
  });
});
