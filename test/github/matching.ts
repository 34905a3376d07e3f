import { expect } from 'vitest';

// vitest's asymmetric matchers are of type `any`, which would switch type checks off around them.

export const containing = (text: string): unknown => expect.stringContaining(text);
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
