import { basicError, type Answer, type Received } from '../http.ts';
import type { BlobStore } from '../services/blobs.ts';
import type { Repository, Scope, Token, World } from '../world.ts';

/** One call of an operation, authenticated and matched. */
export interface Call {
  readonly world: World;
  readonly blobs: BlobStore;
  readonly baseUrl: string;
  readonly token: Token;
  readonly repository: Repository;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON. The referee has seen it already; a handler still reads it defensively. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
  readonly headers: Received['headers'];
  readonly contentType: string;
  readonly accept: string;
}

export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** The path as GitHub's description has it; parameters that may hold a slash are `ref` and `path`. */
  readonly path: string;
  /** Any one of these scopes is enough. A public repository may be read without. */
  readonly scopes: readonly Scope[];
  readonly access: 'read' | 'write';
  readonly handle: (call: Call) => Answer;
}

/** Builds the test of a request's path against a route's. */
export function matcherOf(path: string): (pathname: string) => Record<string, string> | undefined {
  const names: string[] = [];
  const pattern = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name);
    return name === 'ref' || name === 'path' ? '(.+)' : '([^/]+)';
  });
  const expression = new RegExp(`^${pattern}$`);
  return (pathname) => {
    const found = expression.exec(pathname);
    if (found === null) return undefined;
    return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]));
  };
}

/** One page of a list, with the Link header by which clients go on (30 a page unless asked, 100 at most). */
export function page(
  call: Call,
  all: readonly unknown[],
  wrap: (items: readonly unknown[]) => unknown = (items) => items,
): Answer {
  const size = Math.min(100, Math.max(1, Number(call.query.get('per_page') ?? '30')));
  const number = Math.max(1, Number(call.query.get('page') ?? '1'));
  const items = all.slice((number - 1) * size, number * size);
  const more = number * size < all.length;
  const query = new URLSearchParams(call.query);
  query.set('page', String(number + 1));
  const next = `<${call.baseUrl}${pathOf(call)}?${query.toString()}>; rel="next"`;
  return { status: 200, json: wrap(items), headers: more ? { link: next } : {} };
}

function pathOf(call: Call): string {
  return call.parameters['__pathname'] ?? '';
}

export function notFound(): never {
  throw basicError(404, 'Not Found');
}

/** A text field of a body that the referee has already judged. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
