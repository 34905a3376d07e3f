import { validationError } from '../http.ts';
import { commentView } from '../views.ts';
import type { Comment } from '../world.ts';
import { type Call, notFound, page, type Route, textOf } from './route.ts';

/** GitHub's description does not carry this limit; above it GitHub answers 422. */
const MAX_BODY_CHARACTERS = 65_536;
const LIST = '/repos/{owner}/{repo}/issues/{issue_number}/comments';
const ONE = '/repos/{owner}/{repo}/issues/comments/{comment_id}';
const SCOPES = ['issues', 'pull-requests'] as const;

function bodyOf(call: Call): string {
  const body = textOf(call.body['body']) ?? '';
  if (body.trim() === '') throw validationError('IssueComment', 'missing_field', 'body');
  if (body.length > MAX_BODY_CHARACTERS) {
    const message = `Body is too long (maximum is ${MAX_BODY_CHARACTERS} characters)`;
    throw validationError('IssueComment', 'unprocessable', 'data', message);
  }
  return body;
}

function issueOf(call: Call): number {
  const number = Number(call.parameters['issue_number']);
  return call.world.pullRequests.some((pull) => pull.number === number) ? number : notFound();
}

function commentOf(call: Call): Comment {
  const id = Number(call.parameters['comment_id']);
  return call.world.comments.find((comment) => comment.id === id) ?? notFound();
}

const view = (call: Call, comment: Comment): unknown => commentView(call.world, call.baseUrl, comment);

export const commentRoutes: readonly Route[] = [
  {
    method: 'get',
    path: LIST,
    scopes: SCOPES,
    access: 'read',
    handle(call) {
      const issue = issueOf(call);
      const found = call.world.comments.filter((comment) => comment.issue === issue);
      return page(
        call,
        found.map((comment) => view(call, comment)),
      );
    },
  },
  {
    method: 'post',
    path: LIST,
    scopes: SCOPES,
    access: 'write',
    handle(call) {
      const now = new Date();
      const comment: Comment = {
        id: call.world.nextId(),
        issue: issueOf(call),
        login: call.token.login,
        body: bodyOf(call),
        created: now,
        updated: now,
      };
      call.world.comments.push(comment);
      return { status: 201, json: view(call, comment) };
    },
  },
  {
    method: 'get',
    path: ONE,
    scopes: SCOPES,
    access: 'read',
    handle: (call) => ({ status: 200, json: view(call, commentOf(call)) }),
  },
  {
    method: 'patch',
    path: ONE,
    scopes: SCOPES,
    access: 'write',
    handle(call) {
      const comment = commentOf(call);
      comment.body = bodyOf(call);
      comment.updated = new Date();
      return { status: 200, json: view(call, comment) };
    },
  },
  {
    method: 'delete',
    path: ONE,
    scopes: SCOPES,
    access: 'write',
    handle(call) {
      call.world.comments.splice(call.world.comments.indexOf(commentOf(call)), 1);
      return { status: 204 };
    },
  },
];
