import { describe, expect, it } from 'vitest';
import { directionOf, isLoss } from './metric-words.ts';

describe('isLoss', () => {
  it.each([
    ['loss', true],
    ['train/epoch_loss', true],
    ['val.Loss', true],
    ['eval-loss', true],
    ['loss_scale', false],
    ['glossary', false],
    ['closs', false],
    ['loss/scale', false],
    ['/', false],
  ])('%s', (metric, expected) => {
    expect(isLoss(metric)).toBe(expected);
  });
});

describe('directionOf', () => {
  it.each([
    ['val_loss', 'min'],
    ['mean_absolute_error', 'min'],
    ['test/wer', 'min'],
    ['top1_acc', 'max'],
    ['f1_macro', 'max'],
    ['valAccuracy', 'max'],
    ['auc', 'max'],
    ['score', undefined],
    ['accuracy_loss', undefined],
  ])('%s', (metric, expected) => {
    expect(directionOf(metric)).toBe(expected);
  });
});
