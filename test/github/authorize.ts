import { basicError, type Received } from './http.ts';
import type { Route } from './routes/route.ts';
import type { Repository, Token, World } from './world.ts';

const OLDEST_VERSION = '2022-11-28';
const NEWEST_VERSION = '2026-03-10';

/** Whose call it is and of which repository; throws GitHub's refusal where it may not be made. */
export function authorize(
  world: World,
  { headers }: Received,
  route: Route,
  parameters: Readonly<Record<string, string>>,
): { readonly token: Token; readonly repository: Repository } {
  const token = tokenOf(world, headers.authorization);
  const repository = repositoryOf(world, parameters);
  refuseVersion(world, headers['x-github-api-version']);
  const readable = route.access === 'read' && !repository.isPrivate;
  if (route.scopes.length > 0 && !readable && !isPermitted(token, route)) {
    throw basicError(403, 'Resource not accessible by integration', {
      'x-accepted-github-permissions': route.scopes
        .map((scope) => `${scope.replaceAll('-', '_')}=${route.access}`)
        .join('; '),
    });
  }
  return { token, repository };
}

function tokenOf(world: World, authorization: string | undefined): Token {
  if (authorization === undefined) throw basicError(401, 'Requires authentication');
  const token = world.tokens.get(authorization.replace(/^(token|bearer) /i, ''));
  if (token === undefined) throw basicError(401, 'Bad credentials');
  return token;
}

function repositoryOf(world: World, parameters: Readonly<Record<string, string>>): Repository {
  if (parameters['owner'] === undefined) return world.repository;
  const found = world.repositories.get(`${parameters['owner']}/${parameters['repo'] ?? ''}`);
  if (found === undefined) throw basicError(404, 'Not Found');
  return found;
}

/** An older server does not know newer versions of the API. */
function refuseVersion(world: World, version: string | string[] | undefined): void {
  const known = [undefined, OLDEST_VERSION, ...(world.dispatchDetails ? [NEWEST_VERSION] : [])];
  if (known.some((one) => one === version)) return;
  throw basicError(400, `API version "${String(version)}" is not supported`);
}

function isPermitted({ permissions }: Token, { scopes, access }: Pick<Route, 'scopes' | 'access'>): boolean {
  if (permissions === 'write-all') return true;
  return scopes.some((scope) => permissions[scope] === 'write' || permissions[scope] === access);
}
