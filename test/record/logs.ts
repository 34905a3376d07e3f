import type { Annotation, Logger } from '../../shared/action/logger.ts';

export interface Logs {
  readonly logger: Logger;
  /** Everything said, as `level: text`. */
  readonly lines: string[];
}

/** A logger that keeps what was said. */
export function keepLogs(): Logs {
  const lines: string[] = [];
  const say = (level: string) => (text: string) => void lines.push(`${level}: ${text}`);
  const logger: Logger = {
    info: say('info'),
    debug: say('debug'),
    warning: say('warning'),
    annotate: ({ severity, message }: Annotation) => say(severity)(message),
    group: (title, phase) => {
      say('group')(title);
      return phase();
    },
    progress: (title) => ({
      update: (done, note = '') => say('progress')(`${title} ${done} ${note}`.trimEnd()),
      end: () => undefined,
    }),
    mask: () => undefined,
    untrusted: (phase) => phase(say('user')),
  };
  return { logger, lines };
}
