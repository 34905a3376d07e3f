import { artifactRoutes } from './artifacts.ts';
import { attestationRoutes } from './attestations.ts';
import { commentRoutes } from './comments.ts';
import { compareRoutes } from './compare.ts';
import { dispatchRoutes } from './dispatches.ts';
import { gitRoutes } from './git.ts';
import { gitWriteRoutes } from './git-write.ts';
import { pullRoutes } from './pulls.ts';
import { releaseRoutes } from './releases.ts';
import type { Route } from './route.ts';
import { runRoutes } from './runs.ts';
import { statusRoutes } from './statuses.ts';
import { userRoutes } from './users.ts';

/** Every operation that the fake has. */
export const ROUTES: readonly Route[] = [
  ...commentRoutes,
  ...statusRoutes,
  ...pullRoutes,
  ...gitRoutes,
  ...gitWriteRoutes,
  ...compareRoutes,
  ...dispatchRoutes,
  ...runRoutes,
  ...artifactRoutes,
  ...releaseRoutes,
  ...userRoutes,
  ...attestationRoutes,
];
