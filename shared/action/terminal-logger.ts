import { styleText } from 'node:util';
import type { SingleBar } from 'cli-progress';
import type { Severity } from '../verdict.ts';
import type { Logger, Progress } from './logger.ts';

const COLOURS: Readonly<Record<Severity, 'red' | 'yellow' | 'blue'>> = {
  error: 'red',
  warning: 'yellow',
  info: 'blue',
};

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** A logger for people at a terminal: everything goes to standard error, so that standard output holds the report. */
export function createTerminalLogger(options: {
  readonly stream: NodeJS.WriteStream;
  readonly verbose: boolean;
  readonly loadBar: () => Promise<typeof SingleBar>;
}): Logger {
  const { stream } = options;
  const colour = stream.isTTY && stream.hasColors();
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  const secrets = new Set<string>();
  const write = (text: string): void => {
    let shown = text;
    for (const secret of secrets) shown = shown.replaceAll(secret, '***');
    stream.write(`${shown}\n`);
  };
  const line = (text: string): void => write(text.replace(CONTROL, ''));

  return {
    info: line,
    debug(message) {
      if (options.verbose) line(style('dim', message));
    },
    warning: (message) => line(`${style('yellow', 'warning')} ${message}`),
    annotate({ severity, message, file, line: number }) {
      const place = file === undefined ? '' : `${file}${number === undefined ? '' : `:${number}`}: `;
      line(`${style(COLOURS[severity], severity)} ${place}${message}`);
    },
    async group(title, phase) {
      line(style('bold', title));
      return await phase();
    },
    progress(title, total): Progress {
      if (!stream.isTTY || total === undefined) return { update: () => undefined, end: () => undefined };
      let ended = false;
      let bar: SingleBar | undefined;
      void options.loadBar().then((Bar) => {
        if (ended) return;
        bar = new Bar({
          format: `${title} [{bar}] {value}/{total} {eta_formatted} {note}`,
          stream,
          hideCursor: true,
          clearOnComplete: true,
        });
        bar.start(total, 0, { note: '' });
      });
      return {
        update: (done, note = '') => bar?.update(done, { note: note.replace(CONTROL, '') }),
        end() {
          ended = true;
          bar?.stop();
        },
      };
    },
    mask(secret) {
      if (secret !== '') secrets.add(secret);
    },
    untrusted: (phase) => phase((text) => write(style('dim', text))),
  };
}
