import { describe, expect, it } from 'vitest';
import { type FailedCall, permissionFor, refusalOf } from './refusal.ts';

function failed(overrides: Partial<FailedCall> = {}): FailedCall {
  return {
    method: 'POST',
    route: '/repos/{owner}/{repo}/statuses/{sha}',
    status: 403,
    message: 'Resource not accessible by integration - https://docs.github.com/rest/x#y',
    headers: {},
    ...overrides,
  };
}

describe('the permission of an operation', () => {
  it.each([
    ['POST', '/repos/{owner}/{repo}/issues/{issue_number}/comments', 'pull-requests: write'],
    ['GET', '/repos/{owner}/{repo}/pulls/{pull_number}', 'pull-requests: read'],
    ['POST', '/repos/{owner}/{repo}/statuses/{sha}', 'statuses: write'],
    ['GET', '/repos/{owner}/{repo}/actions/runs/{run_id}', 'actions: read'],
    ['GET', '/repos/{owner}/{repo}/contents/{path}', 'contents: read'],
    ['POST', '/repos/{owner}/{repo}/git/refs', 'contents: write'],
    ['POST', '/uploads/repos/acme/digits/releases/5/assets', 'contents: write'],
  ])('%s %s needs %s', (method, route, permission) => {
    expect(permissionFor(failed({ method, route }))).toBe(permission);
  });

  it("is what GitHub's header says where we do not know it", () => {
    const headers = { 'x-accepted-github-permissions': 'issues_types=write; other=read' };
    expect(permissionFor(failed({ route: '/orgs/{org}/things', headers }))).toBe('issues-types: write');
    expect(permissionFor(failed({ route: '/orgs/{org}/things' }))).toBeUndefined();
  });
});

describe('a refusal', () => {
  it.each<[string, Partial<FailedCall>, RegExp]>([
    [
      'unauthorized',
      { status: 401, message: 'Bad credentials' },
      /refused the token \(401: Bad credentials\)/,
    ],
    ['forbidden', {}, /`statuses: write` is missing \(403: Resource not accessible by integration\)\./],
    ['forbidden', { route: '/orgs/{org}' }, /may not do POST \/orgs\/\{org\} \(403/],
    ['absent', { status: 404, message: 'Not Found' }, /it needs `statuses: write`\) \(404: Not Found\)/],
    ['absent', { status: 410, route: '/orgs/x', message: 'Gone' }, /may not see it \(410: Gone\)/],
    ['rate-limit', { message: 'You have exceeded a secondary rate limit' }, /rate limit is reached/],
    ['rate-limit', { message: 'no', headers: { 'retry-after': '30' } }, /it asks to wait 30 seconds/],
    ['rate-limit', { message: 'no', headers: { 'x-ratelimit-remaining': 0 } }, /rate limit is reached/],
    ['rate-limit', { status: 429, message: 'slow down' }, /429: slow down/],
    ['rejected', { status: 422, message: 'Validation Failed' }, /rejected POST .*422: Validation Failed/],
    ['unavailable', { status: 502, message: 'Server Error' }, /could not answer .*502: Server Error/],
    [
      'unreachable',
      { status: undefined, message: 'no answer within 15 seconds' },
      /did not answer .*15 seconds\./,
    ],
  ])('is %s', (kind, overrides, reason) => {
    const refusal = refusalOf(failed(overrides));
    expect(refusal.kind).toBe(kind);
    expect(refusal.reason).toMatch(reason);
    expect(refusal.remedy).toMatch(/\.$/);
  });

  it('names the permission to add, and does not repeat a page of HTML', () => {
    expect(refusalOf(failed()).remedy).toContain('Add `statuses: write`');
    expect(refusalOf(failed({ status: 502, message: '<html>'.repeat(500) })).reason.length).toBeLessThan(450);
  });
});
