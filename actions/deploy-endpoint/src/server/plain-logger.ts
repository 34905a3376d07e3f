import type { Logger } from '../../../../shared/action/logger.ts';

/** A logger for processes without a runner or terminal: one line each, into the endpoint's log file. */
export function createPlainLogger(write: (line: string) => void): Logger {
  const line = (text: string): void => write(`${new Date().toISOString()} ${text}\n`);
  return {
    info: line,
    debug: () => undefined,
    warning: (message) => line(`warning: ${message}`),
    annotate: ({ message }) => line(message),
    group: async (title, phase) => {
      line(title);
      return phase();
    },
    progress: (title) => {
      line(title);
      return { update: () => undefined, end: () => undefined };
    },
    mask: () => undefined,
    untrusted: (phase) => phase(line),
  };
}
