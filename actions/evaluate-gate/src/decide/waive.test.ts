import { describe, expect, it } from 'vitest';
import { type EvaluatedRule, waiverSchema } from '../../../../shared/record/evaluation-section.ts';
import { type Comment, parseWaivers } from './parse-waivers.ts';
import { waive, type WaiverCircumstances } from './waive.ts';

const HEAD = 'a1b2c3d'.padEnd(40, '0');
const MERGED = 'e'.repeat(40);

const comment = (body: string, overrides: Partial<Comment> = {}): Comment => ({
  body,
  author: 'Ann',
  isBot: false,
  edited: false,
  headSha: HEAD,
  url: 'https://github.com/acme/digits/pull/7#issuecomment-1',
  ...overrides,
});

const WAIVE = '/trainyard waive accuracy.minimum until 2026-12-31 because the sensor was replaced';

describe('parseWaivers', () => {
  it('reads one a line, with what the host tells of the comment', () => {
    const { requests, notices } = parseWaivers([
      comment(
        `Talked about it.\r\n${WAIVE}\r\n  /Trainyard Waive f1.minimum@country=NO & age<18 AT ${HEAD.slice(0, 7).toUpperCase()} until 2027-01-01 because it is small  `,
      ),
    ]);
    expect(notices).toEqual([]);
    expect(requests).toEqual([
      {
        rule: 'accuracy.minimum',
        by: 'Ann',
        isBot: false,
        edited: false,
        reason: 'the sensor was replaced',
        expires: '2026-12-31T23:59:59Z',
        commit: HEAD,
        url: 'https://github.com/acme/digits/pull/7#issuecomment-1',
      },
      expect.objectContaining({
        rule: 'f1.minimum@country=NO & age<18',
        commit: HEAD.slice(0, 7),
        reason: 'it is small',
      }),
    ]);
  });

  it.each([
    '> /trainyard waive accuracy.minimum until 2026-12-31 because quoted',
    '```\n/trainyard waive accuracy.minimum until 2026-12-31 because shown\n```',
    'Please write /trainyard waive accuracy.minimum until 2026-12-31 because said',
    'Nothing of it.',
    '/trainyard waivers',
  ])('takes no command from %j', (body) => {
    expect(parseWaivers([comment(body)])).toEqual({ requests: [], notices: [] });
  });

  it.each([
    ['/trainyard waive accuracy.minimum', 'was not understood'],
    ['/trainyard waive', 'was not understood'],
    ['/trainyard waive accuracy.minimum until tomorrow because I say so', 'was not understood'],
    ['/trainyard waive accuracy.minimum until 2026-12-31', 'was not understood'],
    ['/trainyard waive accuracy.minimum until 2026-12-31 because', 'was not understood'],
    ['/trainyard waive accuracy.minimum until 2026-02-31 because of it', 'names no day of the calendar'],
    ['/trainyard waive accuracy.minimum until 2026-13-01 because of it', 'names no day of the calendar'],
  ])('says what is wrong with %j', (body, message) => {
    const { requests, notices } = parseWaivers([comment(body)]);
    expect(requests).toEqual([]);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain(
      `A waiver by Ann ${message}: write "/trainyard waive <rule id> at <commit> until`,
    );
  });
});

const rule = (overrides: Partial<EvaluatedRule> = {}): EvaluatedRule => ({
  id: 'accuracy.minimum',
  metric: 'accuracy',
  mode: 'minimum',
  direction: 'higher',
  value: 0.5,
  baselineValue: null,
  difference: null,
  interval: null,
  level: null,
  p: null,
  adjustedP: null,
  n: 100,
  threshold: '0.8',
  bound: 0.8,
  slice: null,
  test: 'none',
  severity: 'error',
  result: 'fail',
  reason: 'accuracy is 0.5; at least 0.8 is required',
  where: null,
  ...overrides,
});

const CIRCUMSTANCES: WaiverCircumstances = {
  heads: [HEAD],
  authors: ['bob'],
  selfWaiver: false,
  now: '2026-11-22T12:00:00Z',
  permissions: new Map([
    ['ann', 'write'],
    ['bob', 'admin'],
    ['eve', 'read'],
  ]),
};

function waived(
  body: string,
  {
    by = {},
    rules = [rule()],
    ...overrides
  }: Partial<WaiverCircumstances> & {
    by?: Partial<Comment>;
    rules?: EvaluatedRule[];
  } = {},
) {
  const { requests } = parseWaivers([comment(body, by)]);
  return waive(rules, requests, { ...CIRCUMSTANCES, ...overrides });
}

describe('waive', () => {
  it('lets a broken rule warn, and records who answers for it', () => {
    const other = rule({ id: 'f1.minimum' });
    const { rules, waivers, notices } = waived(WAIVE, { rules: [rule(), other] });
    expect(notices).toEqual([]);
    expect(rules[0]).toMatchObject({
      result: 'warn',
      severity: 'error',
      reason:
        'accuracy is 0.5; at least 0.8 is required; waived by Ann until 2026-12-31: the sensor was replaced',
      waiver: { rule: 'accuracy.minimum', by: 'Ann', headSha: HEAD, expires: '2026-12-31T23:59:59Z' },
    });
    expect(rules[1]).toBe(other);
    expect(waivers.map((waiver) => waiverSchema.parse(waiver))).toEqual([rules[0]?.waiver]);
  });

  it('counts for what is undecided too', () => {
    expect(waived(WAIVE, { rules: [rule({ result: 'inconclusive' })] }).rules[0]?.result).toBe('warn');
  });

  it.each([
    ['a bot', {}, { isBot: true }, 'a bot cannot answer for it'],
    ['whoever changed a comment', {}, { edited: true }, 'the comment was changed after it was written'],
    [
      'a reader',
      {},
      { author: 'Eve' },
      'it needs the permission to write to the repository, and Eve has "read"',
    ],
    ['a stranger', {}, { author: 'Mal' }, 'and Mal has "none"'],
    ['the author', {}, { author: 'Bob' }, 'the author of the pull request waives nothing of it'],
    ['another commit', {}, { headSha: 'f'.repeat(40) }, 'it is for fffffff, and this is a1b2c3d'],
    [
      'no commit',
      {},
      { headSha: null },
      'which commit it is for is not known; write "at <commit>" before "until"',
    ],
    ['too few digits', {}, { headSha: 'a1b' }, 'it is for a1b, and this is a1b2c3d'],
    ['an expired one', { now: '2027-01-01T00:00:00Z' }, {}, 'it expired on 2026-12-31'],
    ['what could not be measured', { rules: [rule({ result: 'error' })] }, {}, 'could not be measured'],
    [
      'what does not block',
      { rules: [rule({ severity: 'info', result: 'warn' })] },
      {},
      'the rule does not block',
    ],
    ['what holds', { rules: [rule({ result: 'pass' })] }, {}, 'the rule ends "pass" and needs none'],
    [
      'a misspelt rule',
      { rules: [rule({ id: 'accuracy.minimum@country=NO' }), rule({ id: 'acuracy.minimum' })] },
      {},
      'there is no such rule. Did you mean "acuracy.minimum"? Accepted: accuracy.minimum@country=NO, acuracy.minimum.',
    ],
  ])('refuses %s', (_, overrides, by, reason) => {
    const { rules, waivers, notices } = waived(WAIVE, { ...overrides, by });
    expect(waivers).toEqual([]);
    expect(rules.some(({ waiver }) => waiver !== undefined)).toBe(false);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain('The waiver of accuracy.minimum by ');
    expect(notices[0]).toContain(reason);
  });

  it('holds on the last moment of its day', () => {
    expect(waived(WAIVE, { now: '2026-12-31T23:59:59Z' }).waivers).toHaveLength(1);
  });

  it('neither author of two pull requests that one commit brought waives its rules', () => {
    const { waivers, notices } = waived(WAIVE, { by: { author: 'bob' }, authors: ['cal', 'Bob'] });
    expect(waivers).toEqual([]);
    expect(notices[0]).toContain('the author of the pull request waives nothing of it');
  });

  it('the author may where the gate file of the base says so', () => {
    expect(waived(WAIVE, { by: { author: 'bob' }, selfWaiver: true }).waivers).toHaveLength(1);
    expect(waived(WAIVE, { by: { author: 'bob' }, authors: [] }).waivers).toHaveLength(1);
  });

  it("the waiver of a merged pull request's head holds on the default branch", () => {
    const { waivers } = waived(WAIVE, { by: { headSha: MERGED }, heads: [HEAD, MERGED] });
    expect(waivers[0]?.headSha).toBe(MERGED);
  });

  it('one that is written for a commit counts for no other', () => {
    const bound = WAIVE.replace(' until', ' at fffffff until');
    expect(waived(bound).notices[0]).toContain('it is for fffffff, and this is a1b2c3d');
  });
});
