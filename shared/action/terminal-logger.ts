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
  const plain = (text: string): string => text.replace(CONTROL, '');
  const styled = (format: Parameters<typeof styleText>[0], text: string): string =>
    style(format, plain(text));

  return {
    info: (message) => write(plain(message)),
    debug(message) {
      if (options.verbose) write(styled('dim', message));
    },
    warning: (message) => write(`${style('yellow', 'warning')} ${plain(message)}`),
    annotate({ severity, message, file, line: number }) {
      // A message about a file often begins with its name and line itself.
      const named = file !== undefined && !message.startsWith(file);
      const place = named ? `${file}${number === undefined ? '' : `:${number}`}: ` : '';
      write(`${style(COLOURS[severity], severity)} ${plain(place + message)}`);
    },
    async group(title, phase) {
      write(styled('bold', title));
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
        update: (done, note = '') => bar?.update(done, { note: plain(note) }),
        end() {
          ended = true;
          bar?.stop();
        },
      };
    },
    mask(secret) {
      if (secret !== '') secrets.add(secret);
    },
    untrusted: (phase) => phase((text) => write(styled('dim', text))),
  };
}
