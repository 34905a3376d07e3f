import type { Owner } from '../../../../shared/errors.ts';
import type { FailureClass } from '../../../../shared/record/training-section.ts';

/** User code, NaN and missing outputs are the training's own failure; all others could not be measured. */
export const VERDICT_OF_FAILURE: Readonly<Record<FailureClass, 'fail' | 'error'>> = {
  'user-code': 'fail',
  'not-a-number': 'fail',
  diverged: 'fail',
  'missing-outputs': 'fail',
  'out-of-memory': 'error',
  'disk-full': 'error',
  'time-limit': 'error',
  'cost-limit': 'error',
  'queue-limit': 'error',
  infrastructure: 'error',
  cancelled: 'error',
  superseded: 'error',
  lost: 'error',
};

interface Advice {
  readonly owner: Owner;
  readonly remedy: string;
}

/** Whose each failure is, and what to do. */
export const ADVICE: Readonly<Record<FailureClass, Advice>> = {
  'user-code': { owner: 'code', remedy: "Read the command's last lines in the log of this step." },
  'not-a-number': {
    owner: 'code',
    remedy:
      'Find where the value stops being a number: a learning rate too high, a division by zero, an empty set.',
  },
  diverged: {
    owner: 'code',
    remedy: 'Lower the learning rate, or tell the input "stop-on" what counts as divergence.',
  },
  'missing-outputs': {
    owner: 'code',
    remedy:
      'Let the command write every declared file, or correct the inputs "outputs", "metrics" and "metrics-series".',
  },
  'out-of-memory': {
    owner: 'infrastructure',
    remedy:
      'Use a machine with more memory, or a smaller batch. Running it again as it is will end the same way.',
  },
  'disk-full': {
    owner: 'infrastructure',
    remedy: 'Free the disk of the machine, use one with a larger disk, or let the command write less.',
  },
  'time-limit': { owner: 'configuration', remedy: 'Raise the input "max-minutes", or train less.' },
  'cost-limit': { owner: 'configuration', remedy: 'Raise the input "max-cost-usd", or train less.' },
  'queue-limit': {
    owner: 'infrastructure',
    remedy:
      'Start a runner with these labels, raise the input "queue-minutes", or name another place in the input "fallback".',
  },
  infrastructure: { owner: 'infrastructure', remedy: 'Run the job again.' },
  cancelled: { owner: 'infrastructure', remedy: 'Run the job again when you want the result.' },
  superseded: {
    owner: 'configuration',
    remedy: 'Look at the training of the newer commit. With "on-superseded: keep" an older training goes on.',
  },
  lost: { owner: 'infrastructure', remedy: 'Run the job again.' },
};
