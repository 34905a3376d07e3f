import { describe, expect, it } from 'vitest';
import type { CommentStamp } from '../code-host.ts';
import {
  anyMarked,
  commentStep,
  type ListedComment,
  MAX_COMMENT_CHARACTERS,
  stampedBody,
} from './comment-plan.ts';

const STAMP: CommentStamp = { marker: 'trainyard:ci', headSha: 'a'.repeat(40), runNumber: 3, runAttempt: 1 };
const ME = 'github-actions[bot]';

function comment(id: number, body: string, author = ME): ListedComment {
  return { id, body, author, url: `https://example.org/${id}` };
}

describe('the body', () => {
  it('begins with the stamp, which a name cannot break', () => {
    const stamp = { ...STAMP, marker: 'x --> <script>', headSha: 'a"b c' };
    expect(stampedBody(stamp, 'text\r\nmore\n\n')).toMatch(
      /^<!-- trainyard:[0-9a-f]{24} head=abc run=3 attempt=1 -->\ntext\nmore$/,
    );
  });

  it.each([
    ['at a line', `${'x'.repeat(99)}\n`.repeat(700)],
    ['anywhere where there is no line', 'x'.repeat(70_000)],
  ])('is cut %s where GitHub would refuse it', (_where, text) => {
    const body = stampedBody(STAMP, text);
    expect(body.length).toBeLessThanOrEqual(MAX_COMMENT_CHARACTERS);
    expect(body.length).toBeGreaterThan(MAX_COMMENT_CHARACTERS - 200);
    expect(body).toMatch(/xxx\n\n_The rest is left out: .*_$/);
  });

  it('is left whole up to the limit', () => {
    const overhead = stampedBody(STAMP, '').length;
    const text = 'x'.repeat(MAX_COMMENT_CHARACTERS - overhead);
    expect(stampedBody(STAMP, text)).toHaveLength(MAX_COMMENT_CHARACTERS);
    expect(stampedBody(STAMP, text)).not.toContain('left out');
  });
});

describe('the next step', () => {
  const body = stampedBody(STAMP, 'text');
  const of = (comments: ListedComment[], stamp = STAMP): ReturnType<typeof commentStep> =>
    commentStep(comments, ME, stamp, body);

  it('is to create where there is none of ours', () => {
    const others = [
      comment(1, body, 'mallory'),
      comment(2, stampedBody({ ...STAMP, marker: 'other' }, 'text')),
      comment(3, `quoted:\n${body}`),
      comment(4, ''),
    ];
    expect(of(others)).toEqual({ kind: 'create' });
    expect(anyMarked(others, STAMP.marker)).toBe(true);
    expect(anyMarked(others.slice(1), STAMP.marker)).toBe(false);
  });

  it('is to update the lowest id where it differs', () => {
    expect(of([comment(9, body), comment(4, stampedBody(STAMP, 'old'))])).toEqual({ kind: 'update', id: 4 });
    const older = stampedBody({ ...STAMP, runNumber: 2, runAttempt: 8 }, 'text');
    expect(of([comment(4, older)])).toEqual({ kind: 'update', id: 4 });
  });

  it("is nothing where it lies there, with others' line ends too; further ones are surplus", () => {
    expect(of([comment(9, body), comment(4, `${body.replaceAll('\n', '\r\n')}\r\n`)])).toEqual({
      kind: 'settled',
      url: 'https://example.org/4',
      surplus: [9],
    });
  });

  it.each([
    [4, 1],
    [3, 2],
  ])('is none where run %s, attempt %s has written', (runNumber, runAttempt) => {
    const newer = stampedBody({ ...STAMP, runNumber, runAttempt }, 'newer');
    expect(of([comment(4, newer)])).toMatchObject({ kind: 'outdated', runNumber, runAttempt });
  });
});
