import { AnswerError, validationError } from '../http.ts';
import { statusView } from '../views.ts';
import type { Status } from '../world.ts';
import { page, type Route, textOf } from './route.ts';

const MAX_DESCRIPTION_CHARACTERS = 140;

export const statusRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/repos/{owner}/{repo}/statuses/{sha}',
    scopes: ['statuses'],
    access: 'write',
    handle({ world, baseUrl, token, parameters, body }) {
      const sha = parameters['sha'] ?? '';
      if (world.git.read(sha)?.type !== 'commit') {
        throw new AnswerError(422, {
          message: `No commit found for SHA: ${sha}`,
          documentation_url: 'https://docs.github.com/rest/commits/statuses#create-a-commit-status',
          status: '422',
        });
      }
      const description = textOf(body['description']) ?? null;
      if (description !== null && description.length > MAX_DESCRIPTION_CHARACTERS) {
        throw validationError(
          'Status',
          'custom',
          'description',
          'description is too long (maximum is 140 characters)',
        );
      }
      const status: Status = {
        id: world.nextId(),
        sha,
        state: textOf(body['state']) ?? '',
        context: textOf(body['context']) ?? 'default',
        description,
        targetUrl: textOf(body['target_url']) ?? null,
        login: token.login,
        created: new Date(),
      };
      world.statuses.push(status);
      return { status: 201, json: statusView(world, baseUrl, status) };
    },
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/commits/{ref}/statuses',
    scopes: ['statuses'],
    access: 'read',
    handle(call) {
      const found = call.world.statuses.filter((status) => status.sha === call.parameters['ref']).reverse();
      return page(
        call,
        found.map((status) => statusView(call.world, call.baseUrl, status)),
      );
    },
  },
];
