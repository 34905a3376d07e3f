import { z } from 'zod';
import type { FakeGitHub } from './fake-github.ts';
import { FAULT_KINDS } from './faults.ts';
import { type Answer, basicError, parseJson, type Received } from './http.ts';
import { SCOPES } from './world.ts';

const shaSchema = z.string().regex(/^[0-9a-f]{40}$/);
const accessSchema = z.enum(['none', 'read', 'write']);
const bodies = {
  token: z.strictObject({
    login: z.string().optional(),
    permissions: z.union([z.literal('write-all'), z.partialRecord(z.enum(SCOPES), accessSchema)]).optional(),
    kind: z.enum(['installation', 'user']).optional(),
  }),
  'pull-request': z.strictObject({
    number: z.int().optional(),
    state: z.enum(['open', 'closed']).optional(),
    title: z.string().optional(),
    head: z.strictObject({ sha: shaSchema, ref: z.string().optional(), repository: z.string().optional() }),
    base: z.strictObject({ sha: shaSchema.optional(), ref: z.string().optional() }).optional(),
  }),
  environment: z.strictObject({
    directory: z.string(),
    workspace: z.string(),
    event: z.string().optional(),
    payload: z.unknown().optional(),
    sha: z.string().optional(),
    ref: z.string().optional(),
    token: z.string().optional(),
    runId: z.int().optional(),
    runNumber: z.int().optional(),
    runAttempt: z.int().optional(),
    workflow: z.string().optional(),
    job: z.string().optional(),
    headSha: z.string().optional(),
    runnerEnvironment: z.enum(['github-hosted', 'self-hosted']).optional(),
  }),
  attach: z.strictObject({ directory: z.string() }),
  ref: z.strictObject({ ref: z.string().startsWith('refs/'), sha: shaSchema }),
  fault: z.strictObject({
    kind: z.enum(FAULT_KINDS),
    on: z.string().optional(),
    times: z.int().optional(),
    retryAfterSeconds: z.number().optional(),
  }),
};

/** Drops keys that are undefined, which JSON cannot carry but zod's types allow. */
function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** The endpoints under /_fake/ by which another process presets and reads the state. */
export async function answerControl(fake: FakeGitHub, received: Received): Promise<Answer> {
  const name = received.url.pathname.slice('/_fake/'.length);
  const { world } = fake;
  if (received.method === 'GET') {
    switch (name) {
      case 'state':
        return {
          status: 200,
          json: {
            url: fake.url,
            repository: fake.repository,
            token: fake.defaultToken,
            comments: world.comments,
            statuses: world.statuses,
            pullRequests: world.pullRequests,
            runs: world.runs,
            artifacts: world.artifacts,
            releases: world.releases,
            refs: Object.fromEntries(world.refs),
            violations: fake.violations,
          },
        };
      case 'exchanges':
        return { status: 200, json: fake.exchanges };
      default:
        throw basicError(404, 'Not Found');
    }
  }
  const body = parseJson(received.body) ?? {};
  switch (name) {
    case 'token':
      return { status: 201, json: { token: fake.token(present(bodies.token.parse(body))) } };
    case 'pull-request':
      return { status: 201, json: fake.pullRequests.add(readPullRequest(body)) };
    case 'environment': {
      const { directory, workspace, ...rest } = present(bodies.environment.parse(body));
      return { status: 201, json: await fake.environment({ directory, workspace, ...rest }) };
    }
    case 'attach':
      world.git.attach(bodies.attach.parse(body).directory);
      return { status: 204 };
    case 'ref': {
      const { ref, sha } = bodies.ref.parse(body);
      world.refs.set(ref, sha);
      return { status: 204 };
    }
    case 'fault':
      fake.fail(present(bodies.fault.parse(body)));
      return { status: 204 };
    case 'clear-faults':
      fake.faults.clear();
      return { status: 204 };
    default:
      throw basicError(404, 'Not Found');
  }
}

function readPullRequest(body: unknown): Parameters<FakeGitHub['pullRequests']['add']>[0] {
  const { head, base, ...rest } = bodies['pull-request'].parse(body);
  return { ...present(rest), head: present(head), ...(base === undefined ? {} : { base: present(base) }) };
}
