import { pullRequestView, wholePullRequestView } from '../views.ts';
import { notFound, page, type Route } from './route.ts';

export const pullRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/pulls',
    scopes: ['pull-requests'],
    access: 'read',
    handle(call) {
      const { world, query } = call;
      const state = query.get('state') ?? 'open';
      const head = query.get('head');
      const found = world.pullRequests.filter(
        (pull) =>
          (state === 'all' || pull.state === state) &&
          (head === null || head === `${pull.head.repository.split('/')[0] ?? ''}:${pull.head.ref}`),
      );
      return page(
        call,
        found.toReversed().map((pull) => pullRequestView(world, call.baseUrl, pull)),
      );
    },
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/pulls/{pull_number}',
    scopes: ['pull-requests'],
    access: 'read',
    handle({ world, baseUrl, parameters }) {
      const number = Number(parameters['pull_number']);
      const pull = world.pullRequests.find((one) => one.number === number) ?? notFound();
      return { status: 200, json: wholePullRequestView(world, baseUrl, pull) };
    },
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/commits/{commit_sha}/pulls',
    scopes: ['pull-requests'],
    access: 'read',
    handle(call) {
      const { world, parameters } = call;
      const sha = parameters['commit_sha'];
      const found = world.pullRequests.filter((pull) => pull.mergedAs === sha || pull.head.sha === sha);
      return page(
        call,
        found.map((pull) => pullRequestView(world, call.baseUrl, pull)),
      );
    },
  },
];
