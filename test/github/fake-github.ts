import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ZodError } from 'zod';
import { authorize } from './authorize.ts';
import { type EnvironmentOptions, environmentOf } from './environment.ts';
import { type Fault, Faults } from './faults.ts';
import {
  type Answer,
  AnswerError,
  basicError,
  type Exchange,
  parseJson,
  readBody,
  type Received,
} from './http.ts';
import { DESCRIPTION, Referee } from './referee.ts';
import { ROUTES } from './routes/all.ts';
import { matcherOf } from './routes/route.ts';
import { ArtifactService, twirpError } from './services/artifact-service.ts';
import { BlobStore } from './services/blobs.ts';
import { CacheService } from './services/cache-service.ts';
import { answerControl } from './control.ts';
import { addArtifact } from './services/add-artifact.ts';
import { type Artifact, type Job, type Permissions, type PullRequest, type Token, World } from './world.ts';

export interface FakeOptions {
  /** `owner/name` of the one repository that everything belongs to. */
  readonly repository?: string;
  /** Default true, so that a permission that is missing shows. */
  readonly isPrivate?: boolean;
  /** False: a GitHub Enterprise Server before 3.21, which cannot tell which run a dispatch made. */
  readonly dispatchDetails?: boolean;
}

export interface NewPullRequest {
  readonly number?: number;
  readonly state?: 'open' | 'closed';
  readonly title?: string;
  readonly head: { readonly sha: string; readonly ref?: string; readonly repository?: string };
  readonly base?: { readonly sha?: string; readonly ref?: string };
}

const ALL_ROUTES = ROUTES.map((route) => ({ route, match: matcherOf(route.path) }));

/** A stateful GitHub on 127.0.0.1, judged by GitHub's own description. Disposing fails where it was violated. */
export class FakeGitHub implements AsyncDisposable {
  readonly world: World;
  readonly blobs = new BlobStore();
  readonly exchanges: Exchange[] = [];
  readonly faults = new Faults();
  /** What client or fake did that GitHub's description does not allow. */
  readonly violations: string[] = [];
  /** The GITHUB_TOKEN of a job that may write everything. */
  readonly defaultToken: string;
  readonly #referee = DESCRIPTION.missing === undefined ? new Referee() : undefined;
  readonly #artifacts: ArtifactService;
  readonly #caches: CacheService;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #url = '';

  constructor(options: FakeOptions = {}) {
    const { repository = 'acme/digits', isPrivate = true } = options;
    this.world = new World({ fullName: repository, isPrivate });
    this.world.dispatchDetails = options.dispatchDetails ?? true;
    this.#artifacts = new ArtifactService(this.world, this.blobs, () => this.#url);
    this.#caches = new CacheService(this.world, this.blobs, () => this.#url);
    this.defaultToken = this.token();
  }

  /** `http://127.0.0.1:<port>`, without a slash at its end. */
  get url(): string {
    return this.#url;
  }

  get repository(): string {
    return this.world.repository.fullName;
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  /** Makes a token. Without options: GITHUB_TOKEN with `permissions: write-all`. */
  token(
    options: {
      readonly login?: string;
      readonly permissions?: Permissions | 'write-all';
      readonly kind?: Token['kind'];
    } = {},
  ): string {
    const { login = 'github-actions[bot]', permissions = 'write-all' } = options;
    const kind = options.kind ?? (login.endsWith('[bot]') ? 'installation' : 'user');
    const token = `${kind === 'user' ? 'ghp' : 'ghs'}_${String(this.world.nextId()).padStart(36, '0')}`;
    this.world.tokens.set(token, { token, login, kind, permissions });
    return token;
  }

  readonly pullRequests = {
    /** Opens a pull request; base defaults to `main` at a commit of zeros. */
    add: (request: NewPullRequest): PullRequest => {
      const number = request.number ?? this.world.pullRequests.length + 1;
      const added: PullRequest = {
        id: this.world.nextId(),
        number,
        state: request.state ?? 'open',
        title: request.title ?? `Change ${number}`,
        head: {
          ref: request.head.ref ?? 'topic',
          sha: request.head.sha,
          repository: request.head.repository ?? this.repository,
        },
        base: { ref: request.base?.ref ?? 'main', sha: request.base?.sha ?? '0'.repeat(40) },
        created: new Date(),
      };
      this.world.pullRequests.push(added);
      return added;
    },
  };

  /** Commits files to the repository, and moves a branch or tag (`refs/heads/main`) to the commit where one is named. */
  commit(
    files: Readonly<Record<string, string | Buffer>>,
    options: { readonly ref?: string; readonly parents?: readonly string[] } = {},
  ): { sha: string; tree: string } {
    const made = this.world.git.commit(files, options);
    if (options.ref !== undefined) this.world.refs.set(options.ref, made.sha);
    return made;
  }

  /** Comments of one pull request or issue, oldest first. */
  commentsOf(issue: number): string[] {
    return this.world.comments.filter((comment) => comment.issue === issue).map((comment) => comment.body);
  }

  /** Uploads an artifact into a run, as a job of its newest attempt would. */
  addArtifact(runId: number, name: string, files: Readonly<Record<string, string | Buffer>>): Artifact {
    return addArtifact(this.world, this.blobs, runId, name, files);
  }

  /** Everything that a runner would set for one step, with its files; an event's payload is the caller's. */
  environment(options: EnvironmentOptions): Promise<Record<string, string>> {
    return environmentOf(this.world, this.#url, { token: this.defaultToken, ...options });
  }

  fail(fault: Fault): void {
    this.faults.add(fault);
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const received: Received = {
      method: message.method ?? 'GET',
      url: new URL(message.url ?? '/', this.#url),
      headers: message.headers,
      body: await readBody(message),
    };
    const fault = this.faults.match(received);
    if (fault === 'silence') return;
    if (fault === 'reset') return void message.socket.destroy();
    const answer = typeof fault === 'object' ? fault : await this.#answer(received);
    const bytes =
      answer.bytes ?? (answer.json === undefined ? undefined : Buffer.from(JSON.stringify(answer.json)));
    const type = answer.json === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' };
    this.exchanges.push({
      method: received.method,
      url: received.url.pathname + received.url.search,
      headers: received.headers,
      requestBody: parseJson(received.body),
      status: answer.status,
      responseBody: answer.json,
    });
    if (fault === 'silence-after-success') return;
    if (fault === 'reset-after-success') return void message.socket.destroy();
    response.writeHead(answer.status, { ...type, 'content-length': bytes?.length ?? 0, ...answer.headers });
    response.end(received.method === 'HEAD' ? undefined : bytes);
  }

  async #answer(received: Received): Promise<Answer> {
    const { pathname } = received.url;
    try {
      if (pathname.startsWith('/_fake/')) return await answerControl(this, received);
      if (pathname.startsWith('/blobs/')) return this.blobs.answer(received);
      if (pathname.startsWith('/twirp/')) return this.#twirp(received);
      return this.#rest(received);
    } catch (error) {
      if (error instanceof AnswerError) return error.answer;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.violations.push(`${received.method} ${pathname}: ${text}`);
      return { status: 500, json: { message: text } };
    }
  }

  #twirp(received: Received): Answer {
    const [, , service, method] = received.url.pathname.split('/');
    const job = this.#jobOf(received.headers.authorization);
    const body = parseJson(received.body);
    try {
      if (service === 'github.actions.results.api.v1.ArtifactService') {
        return this.#artifacts.answer(method ?? '', body, job);
      }
      if (service === 'github.actions.results.api.v1.CacheService')
        return this.#caches.answer(method ?? '', body);
    } catch (error) {
      if (error instanceof ZodError) throw twirpError(400, 'malformed', error.message);
      throw error;
    }
    throw twirpError(404, 'bad_route', `no service ${service ?? ''}`);
  }

  #jobOf(authorization: string | undefined): Job {
    const claims = parseJson(Buffer.from(authorization?.split('.')[1] ?? '', 'base64url'));
    const scope = typeof claims === 'object' && claims !== null && 'scp' in claims ? String(claims.scp) : '';
    const id = /Actions\.Results:[^: ]+:([^: ]+)/.exec(scope)?.[1];
    const job = this.world.jobs.get(id ?? '');
    if (job === undefined) throw twirpError(401, 'unauthenticated', 'the runtime token is of no job');
    return job;
  }

  #rest(received: Received): Answer {
    const method = received.method.toLowerCase();
    const upload = received.url.pathname.startsWith('/uploads/');
    // A server of one's own has the same API under /api (GITHUB_API_URL is https://<host>/api/v3 there).
    const pathname = received.url.pathname.replace(/^\/(uploads|api\/v3)\/|^\/api\/(?=graphql$)/, '/');
    const found = ALL_ROUTES.flatMap(({ route, match }) => {
      const parameters = route.method === method ? match(pathname) : undefined;
      return parameters === undefined ? [] : [{ route, parameters }];
    })[0];
    if (found === undefined) {
      this.violations.push(`${received.method} ${pathname}: the fake has no such operation`);
      throw basicError(404, 'Not Found');
    }
    const { route, parameters } = found;
    const body = upload ? undefined : parseJson(received.body);
    const judged = route.path !== '/graphql';
    if (judged && this.#referee !== undefined) {
      this.violations.push(...this.#referee.request(method, route.path, received.url.searchParams, body));
    }
    const answer = this.#handle(received, found, parameters, body);
    if (judged && this.#referee !== undefined) {
      this.violations.push(...this.#referee.response(method, route.path, answer.status, answer.json));
    }
    return this.#withHeaders(received, answer);
  }

  #handle(
    received: Received,
    { route }: { readonly route: (typeof ROUTES)[number] },
    parameters: Readonly<Record<string, string>>,
    body: unknown,
  ): Answer {
    try {
      const { token, repository } = authorize(this.world, received, route, parameters);
      return route.handle({
        world: this.world,
        blobs: this.blobs,
        baseUrl: this.#url,
        token,
        repository,
        parameters: { ...parameters, __pathname: received.url.pathname },
        query: received.url.searchParams,
        body: typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {},
        bytes: received.body,
        headers: received.headers,
        contentType: received.headers['content-type'] ?? 'application/octet-stream',
        accept: received.headers.accept ?? '',
      });
    } catch (error) {
      if (error instanceof AnswerError) return error.answer;
      throw error;
    }
  }

  #withHeaders(received: Received, answer: Answer): Answer {
    const headers: Record<string, string> = {
      'x-github-request-id': `FAKE:${this.exchanges.length}`,
      'x-ratelimit-limit': '1000',
      // A 304 is free (docs: "Use conditional requests if appropriate").
      'x-ratelimit-remaining': String(
        Math.max(0, 1000 - this.exchanges.filter(({ status }) => status !== 304).length),
      ),
      'x-ratelimit-reset': '4102444800',
      'x-ratelimit-resource': 'core',
      ...answer.headers,
    };
    if (received.method !== 'GET' || answer.status !== 200 || answer.json === undefined)
      return { ...answer, headers };
    const etag = `W/"${createHash('sha256').update(JSON.stringify(answer.json)).digest('hex')}"`;
    if (received.headers['if-none-match'] === etag) return { status: 304, headers: { ...headers, etag } };
    return { ...answer, headers: { ...headers, etag } };
  }

  /** Takes the violations that a test made on purpose. */
  takeViolations(): string[] {
    return this.violations.splice(0);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    if (this.violations.length > 0) {
      throw new Error(`Not as GitHub describes it:\n${this.violations.join('\n')}`);
    }
  }
}

/** Starts a fake GitHub; `await using fake = await startFakeGitHub()` closes it and asserts that nobody cheated. */
export async function startFakeGitHub(
  options: FakeOptions & { readonly port?: number } = {},
): Promise<FakeGitHub> {
  return await new FakeGitHub(options).start(options.port);
}
