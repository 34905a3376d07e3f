import { describe, expect, it } from 'vitest';
import type { FileReference } from '../../record/common.ts';
import { chooseStored } from './choose-stored.ts';

const file = (role: FileReference['role'], bytes: number): FileReference => ({
  path: `${role}.${bytes}`,
  role,
  bytes,
  sha256: '0'.repeat(64),
  locations: [],
});

describe('chooseStored', () => {
  const model = file('model', 900);
  const predictions = file('predictions', 60);
  const metrics = file('metrics', 40);

  it('takes the model, whatever its size', () => {
    expect(chooseStored([predictions, model, metrics], 100)).toEqual({
      chosen: [model],
      others: [predictions, metrics],
    });
  });

  it('takes all where the others alone are too large', () => {
    expect(chooseStored([predictions, model, metrics], 99)).toEqual({
      chosen: [predictions, model, metrics],
      others: [],
    });
  });

  it('takes nothing where there is no model', () => {
    expect(chooseStored([metrics], 99)).toEqual({ chosen: [], others: [metrics] });
  });
});
