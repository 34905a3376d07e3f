import type { Logger } from '../../../shared/action/logger.ts';
import type { Point } from './engines/engine.ts';

/** The bar or the lines that show how far a training is, from its metrics. */
export interface ProgressLine {
  point(point: Point): void;
  end(): void;
}

export function startProgressLine(
  logger: Logger,
  subject: string,
  parameters: Readonly<Record<string, unknown>>,
): ProgressLine {
  const { epochs } = parameters;
  const shown = typeof epochs === 'number' ? epochs : undefined;
  let total = shown;
  const progress = logger.progress(`Training ${subject}`, shown);
  const begun = performance.now();
  let first: number | undefined;
  return {
    point(point) {
      total = point.total ?? total;
      first ??= point.step;
      const [metric] = Object.entries(point.values);
      const words = [
        // The logger says the one that it was given itself.
        total === undefined || total === shown ? '' : `of ${total}`,
        metric === undefined ? '' : `${metric[0]} ${Number(metric[1].toPrecision(4))}`,
        bracketed(
          timeLeft(
            point.step - first,
            total === undefined ? undefined : total - point.step,
            performance.now() - begun,
          ),
        ),
      ];
      progress.update(point.step, words.filter((word) => word !== '').join(' '));
    },
    end: () => progress.end(),
  };
}

const bracketed = (words: string): string => (words === '' ? '' : `(${words})`);

/** From the pace so far; nothing is said before a tenth of a minute has shown one. */
export function timeLeft(done: number, left: number | undefined, elapsedMs: number): string {
  if (left === undefined || left <= 0 || done <= 0 || elapsedMs < 6_000) return '';
  const seconds = Math.round(((elapsedMs / done) * left) / 1000);
  return seconds < 90 ? `about ${seconds} s left` : `about ${Math.round(seconds / 60)} min left`;
}
