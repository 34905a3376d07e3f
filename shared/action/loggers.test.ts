import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRunnerLogger } from './runner-logger.ts';
import { createTerminalLogger } from './terminal-logger.ts';

let written = '';
beforeEach(() => {
  written = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
});
afterEach(() => void vi.restoreAllMocks());

describe('createRunnerLogger', () => {
  it('lets no text from outside become a workflow command', () => {
    createRunnerLogger().info('::set-env name=PATH::/tmp\nfine');
    expect(written).toBe(': :set-env name=PATH::/tmp\nfine\n');
  });

  it('annotates a line of a file, and writes plain lines above the ten that GitHub shows', () => {
    const logger = createRunnerLogger();
    for (let line = 1; line <= 11; line += 1) {
      logger.annotate({ severity: 'error', message: 'bad', title: 'Check', file: 'contract.yaml', line });
    }
    expect(written).toContain('::error title=Check,file=contract.yaml,line=10::bad');
    expect(written).toContain('error: contract.yaml:11: bad');
    logger.annotate({ severity: 'warning', message: 'plain' });
    logger.annotate({ severity: 'info', message: 'note', file: 'a' });
    expect(written).toContain('::warning::plain');
    expect(written).toContain('::notice file=a::note');
  });

  it('runs user code between stop-commands tokens, also where it throws', async () => {
    const logger = createRunnerLogger();
    await expect(
      logger.untrusted((line) => {
        line('::add-path::/evil');
        return Promise.reject(new Error('boom'));
      }),
    ).rejects.toThrow('boom');
    const [, token] = /^::stop-commands::([0-9a-f-]{36})$/m.exec(written) ?? [];
    expect(written).toBe(`::stop-commands::${token ?? ''}\n::add-path::/evil\n::${token ?? ''}::\n`);
  });

  it('lets a mask of ours through while user code runs, and none of user code', async () => {
    const logger = createRunnerLogger();
    await logger.untrusted((line) => {
      line('::add-mask::a');
      logger.mask('s3cret');
      return Promise.resolve();
    });
    const [, token = ''] = /^::stop-commands::([0-9a-f-]{36})$/m.exec(written) ?? [];
    expect(written).toBe(
      `::stop-commands::${token}\n::add-mask::a\n::${token}::\n::add-mask::s3cret\n::stop-commands::${token}\n::${token}::\n`,
    );
  });

  it('shows progress now and then', () => {
    let time = 0;
    const progress = createRunnerLogger(() => time).progress('Training', 10);
    progress.update(1);
    time = 20_000;
    progress.update(5, 'loss 0.1');
    progress.end();
    expect(written).toBe('Training: 5 of 10 loss 0.1\n');
  });

  it('groups, masks, warns and debugs by the runner’s commands', async () => {
    const logger = createRunnerLogger();
    await logger.group('Phase', () => {
      logger.mask('s3cret');
      logger.warning('careful');
      logger.debug('detail');
      return Promise.resolve();
    });
    logger.progress('x', undefined).update(1);
    expect(written).toBe(
      [
        '::group::Phase',
        '::add-mask::s3cret',
        '::warning::careful',
        '::debug::detail',
        '::endgroup::',
        '',
      ].join('\n'),
    );
  });
});

function terminal(options: { isTTY: boolean; verbose?: boolean }) {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  Object.assign(stream, { isTTY: options.isTTY, hasColors: () => true, columns: 80 });
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const logger = createTerminalLogger({
    stream,
    verbose: options.verbose ?? false,
    loadBar: async () => (await import('cli-progress')).SingleBar,
  });
  return { logger, text: () => text };
}

describe('createTerminalLogger', () => {
  it('writes plain text, without control characters and secrets', async () => {
    const { logger, text } = terminal({ isTTY: false });
    logger.mask('s3cret');
    logger.mask('');
    logger.info('token s3cret \u001b[31mred');
    logger.debug('unseen');
    logger.warning('careful');
    logger.annotate({ severity: 'error', message: 'bad', file: 'a.yaml', line: 3 });
    logger.annotate({ severity: 'info', message: 'note', file: 'a.yaml' });
    await logger.group('Phase', () =>
      logger.untrusted((line) => {
        line('out');
        return Promise.resolve();
      }),
    );
    logger.progress('x', 3).update(1);
    logger.progress('x', 3).end();
    expect(text()).toBe(
      'token *** [31mred\nwarning careful\nerror a.yaml:3: bad\ninfo a.yaml: note\nPhase\nout\n',
    );
  });

  it('colours and draws a bar where the terminal can', async () => {
    const { logger, text } = terminal({ isTTY: true, verbose: true });
    logger.debug('seen');
    logger.annotate({ severity: 'error', message: 'bad' });
    const progress = logger.progress('Training', 4);
    await vi.waitFor(() => {
      progress.update(2, 'loss 0.1');
      expect(text()).toContain('Training');
    });
    progress.end();
    logger.progress('short', 1).end();
    expect(text()).toContain('\u001b[31merror\u001b[39m bad');
    expect(text()).toContain('seen');
  });
});
