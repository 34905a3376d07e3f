import { basicError } from '../http.ts';
import { privateUserView, userView } from '../views.ts';
import { type Route, textOf } from './route.ts';

export const userRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/collaborators/{username}/permission',
    scopes: [],
    access: 'read',
    handle({ world, baseUrl, parameters }) {
      const login = parameters['username'] ?? '';
      const permission = world.permissions.get(login) ?? 'read';
      const user = { ...userView(baseUrl, login), role_name: permission };
      return { status: 200, json: { permission, role_name: permission, user } };
    },
  },
  {
    method: 'get',
    path: '/user',
    scopes: [],
    access: 'read',
    handle({ baseUrl, token }) {
      if (token.kind === 'installation') throw basicError(403, 'Resource not accessible by integration');
      return { status: 200, json: privateUserView(baseUrl, token.login) };
    },
  },
  {
    // Not part of the REST description, so no referee: the one query by which any token learns whose it is.
    method: 'post',
    path: '/graphql',
    scopes: [],
    access: 'read',
    handle({ body, token }) {
      if (!/^\s*(query)?\s*\{\s*viewer\s*\{\s*login\s*\}\s*\}\s*$/.test(textOf(body['query']) ?? '')) {
        return { status: 200, json: { errors: [{ message: 'the fake knows only { viewer { login } }' }] } };
      }
      return { status: 200, json: { data: { viewer: { login: token.login } } } };
    },
  },
];
