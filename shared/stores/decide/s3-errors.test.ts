import { describe, expect, it } from 'vitest';
import { InfrastructureError, UsageError } from '../../errors.ts';
import { explainS3, saysAbsent } from './s3-errors.ts';

const URI = 's3://models/x';

function thrown(name: string, message = 'words', status?: number): Error {
  return Object.assign(new Error(message), {
    name,
    ...(status === undefined ? {} : { $metadata: { httpStatusCode: status } }),
  });
}

describe('explainS3', () => {
  it.each([
    [
      thrown('CredentialsProviderError'),
      UsageError,
      'no AWS credentials were found',
      'configure-aws-credentials',
    ],
    [
      thrown('Error', 'Could not load credentials from any providers'),
      UsageError,
      'no AWS credentials',
      'env',
    ],
    [thrown('ExpiredToken', '', 400), InfrastructureError, 'have expired', 'role-duration-seconds'],
    [thrown('InvalidAccessKeyId', '', 403), UsageError, 'are refused', 'still active'],
    [thrown('SignatureDoesNotMatch', '', 403), UsageError, 'are refused', 'AWS_ENDPOINT_URL'],
    [thrown('NoSuchBucket', '', 404), UsageError, 'there is no such bucket', 'Create it'],
    [thrown('PermanentRedirect', '', 301), UsageError, 'another region', 'AWS_REGION'],
    [thrown('301', '', 301), UsageError, 'another region', 'AWS_REGION'],
    [thrown('Error', 'Region is missing'), UsageError, 'no region is known', 'AWS_REGION'],
    [thrown('AccessDenied', '', 403), UsageError, 'access is denied', 's3:PutObject'],
    [thrown('Forbidden', '', 403), UsageError, 'access is denied', 's3:GetObject'],
    [thrown('NoSuchKey', '', 404), InfrastructureError, 'it has no such object', 'Lifecycle rules'],
    [
      thrown('SlowDown', 'Reduce your rate.', 503),
      InfrastructureError,
      'SlowDown (HTTP 503): Reduce your rate',
      'again',
    ],
    [
      thrown('Error', 'connect ECONNREFUSED'),
      InfrastructureError,
      's3://models/x: connect ECONNREFUSED.',
      'again',
    ],
  ])('says of %s what to do', (error, kind, words, remedy) => {
    const told = explainS3(error, URI, []);
    expect(told).toBeInstanceOf(kind);
    expect(told.message).toContain(`The store ${URI}`);
    expect(told.message).toContain(words);
    expect(told.remedy).toContain(remedy);
    expect(told.cause).toBeUndefined();
  });

  it('tells what was thrown that is no error, and no error of the SDK', () => {
    expect(explainS3('a text', URI, []).message).toContain('a text');
    expect(explainS3(Object.assign(new Error('odd'), { $metadata: null }), URI, []).message).toContain('odd');
    expect(
      explainS3(Object.assign(new Error('odd'), { $metadata: { httpStatusCode: '403' } }), URI, []).message,
    ).toContain('odd');
  });

  it('never repeats a secret', () => {
    const { message } = explainS3(thrown('Odd', 'signed with hunter2 and hunter2'), URI, ['hunter2', '']);
    expect(message).toBe(`The store ${URI}: Odd: signed with *** and ***.`);
  });
});

describe('saysAbsent', () => {
  it.each([
    [404, true],
    [403, true],
    [500, false],
  ])('takes status %d for %s', (status, absent) => {
    expect(saysAbsent(thrown('x', '', status))).toBe(absent);
  });
});
