import { randomUUID } from 'node:crypto';
import * as core from '@actions/core';
import type { Severity } from '../verdict.ts';
import { inert } from './decide/workflow-command.ts';
import type { Annotation, Logger, Progress } from './logger.ts';

/** GitHub shows this many annotations of each level for a step; further ones become plain lines. */
const MAX_ANNOTATIONS_SHOWN = 10;
/** A hosted log has no bar: a line this often shows that the work goes on without filling the log. */
const PROGRESS_INTERVAL_MS = 15_000;

const ANNOTATE: Readonly<Record<Severity, typeof core.error>> = {
  error: core.error,
  warning: core.warning,
  info: core.notice,
};

/** A logger that speaks the runner's workflow commands on standard output. */
export function createRunnerLogger(now: () => number = Date.now): Logger {
  const shown: Record<Severity, number> = { error: 0, warning: 0, info: 0 };
  const info = (message: string): void => core.info(inert(message));

  return {
    info,
    debug: (message) => core.debug(message),
    warning: (message) => core.warning(message),
    annotate(annotation: Annotation) {
      shown[annotation.severity] += 1;
      const { message, title, file, line } = annotation;
      if (shown[annotation.severity] > MAX_ANNOTATIONS_SHOWN) {
        info(`${annotation.severity}: ${file === undefined ? '' : `${file}:${line ?? 1}: `}${message}`);
        return;
      }
      ANNOTATE[annotation.severity](message, {
        ...(title === undefined ? {} : { title }),
        ...(file === undefined ? {} : { file }),
        ...(line === undefined ? {} : { startLine: line }),
      });
    },
    group: (title, phase) => core.group(inert(title), phase),
    progress(title, total): Progress {
      let last = now();
      return {
        update(done, note = '') {
          if (now() - last < PROGRESS_INTERVAL_MS) return;
          last = now();
          info(`${title}: ${done}${total === undefined ? '' : ` of ${total}`} ${note}`.trimEnd());
        },
        end: () => undefined,
      };
    },
    mask: (secret) => core.setSecret(secret),
    async untrusted(phase) {
      // Between these two lines the runner obeys no command; the token cannot be guessed by what runs inside.
      const token = randomUUID();
      const write = process.stdout.write.bind(process.stdout);
      write(`::stop-commands::${token}\n`);
      // A library of ours may mask a secret of its own meanwhile, such as the signature of an upload's address: let
      // through in one write, into which no line of user code can fall.
      process.stdout.write = (chunk: string | Uint8Array, ...rest: []) =>
        typeof chunk === 'string' && chunk.startsWith('::add-mask::')
          ? write(`::${token}::\n${chunk}::stop-commands::${token}\n`)
          : write(chunk, ...rest);
      try {
        return await phase((text) => write(`${text}\n`));
      } finally {
        process.stdout.write = write;
        write(`::${token}::\n`);
      }
    },
  };
}
