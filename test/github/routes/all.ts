import type { Route } from './route.ts';

/** Every operation that the fake has. */
export const ROUTES: readonly Route[] = [];
