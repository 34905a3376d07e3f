import type { Logger } from '../../shared/action/logger.ts';

/** A logger that keeps what was said, for assertions, and shows nothing. */
export function quietLogger(said: string[] = []): Logger {
  return {
    info: (message) => void said.push(message),
    debug: () => undefined,
    warning: (message) => void said.push(`warning: ${message}`),
    annotate: ({ message }) => void said.push(message),
    group: (_title, phase) => phase(),
    progress: () => ({ update: () => undefined, end: () => undefined }),
    mask: () => undefined,
    untrusted: (phase) => phase((text) => void said.push(text)),
  };
}
