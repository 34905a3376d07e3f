import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bytesField,
  classifier,
  encodeModel,
  type Initializer,
  integerField,
  tensor,
} from '../../test/deployment/onnx-model.ts';
import { checkModelFile } from './model-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-onnx-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function check(content: Buffer | string, maxBytes?: number): Promise<void> {
  const path = join(folder, 'model.onnx');
  await writeFile(path, content);
  checkModelFile(path, 'out/model.onnx', maxBytes);
}

const graphWith = (initializer: Initializer): Buffer =>
  encodeModel({ nodes: [], inputs: [], outputs: [], initializers: [initializer] });

describe('checkModelFile', () => {
  it('accepts a model', async () => {
    await expect(check(classifier())).resolves.toBeUndefined();
  });

  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['text', 'This is no model, it is a sentence.\n'],
    ['a pickle', Buffer.from('\u0080\u0004\u0095 sklearn', 'latin1')],
    ['a zip archive', Buffer.from('PK\u0003\u0004 and so on', 'latin1')],
    ['a model cut short', classifier().subarray(0, -30)],
    ['a message without a graph', integerField(1, 8)],
    ['a message without a version', bytesField(7, '')],
    ['a graph that is a number', Buffer.concat([integerField(1, 8), integerField(7, 1)])],
    ['a number that never ends', Buffer.alloc(20, 0xff)],
    ['a fixed field cut short', Buffer.from([0x09, 1, 2])],
    ['field number zero', Buffer.from([0x00, 0x01])],
  ])('refuses %s', async (_what, content) => {
    await expect(check(content)).rejects.toMatchObject({
      owner: 'model',
      message: expect.stringMatching(/^The file "out\/model.onnx" is not an ONNX model: /) as string,
    });
  });

  it('passes over fixed-width fields', async () => {
    await expect(
      check(Buffer.concat([classifier(), Buffer.from([0xfd, 0x01, 1, 2, 3, 4])])),
    ).resolves.toBeUndefined();
  });

  it('refuses a file that is too large', async () => {
    await expect(check(classifier(), 10)).rejects.toThrow(/has \d+ bytes; at most 10 can be loaded/);
  });

  const external = (location: string): Initializer => ({ name: 'w', type: 'FP32', shape: [1], location });

  it.each(['../secret.bin', '/etc/passwd', 'a/../../secret.bin', '', 'link.bin'])(
    'refuses weights outside the folder: "%s"',
    async (location) => {
      await writeFile(join(folder, '..', 'trainyard-secret.bin'), 'x');
      await rm(join(folder, 'link.bin'), { force: true });
      await symlink(join(folder, '..', 'trainyard-secret.bin'), join(folder, 'link.bin'));
      await expect(check(graphWith(external(location)))).rejects.toThrow(
        /keeps weights outside its own folder/,
      );
      await rm(join(folder, '..', 'trainyard-secret.bin'));
    },
  );

  it('accepts weights in its own folder, and says when they are missing', async () => {
    await mkdir(join(folder, 'data'), { recursive: true });
    await writeFile(join(folder, 'data', 'w.bin'), Buffer.alloc(4));
    await expect(check(graphWith(external('data/w.bin')))).resolves.toBeUndefined();
    await expect(check(graphWith(external('data/none.bin')))).rejects.toThrow(/which is not there/);
  });

  it.each([
    ['a tensor of an attribute', (bad: Buffer) => bytesField(5, bad)],
    ['tensors of an attribute', (bad: Buffer) => bytesField(10, bad)],
    ['a sparse tensor of an attribute', (bad: Buffer) => bytesField(22, bytesField(1, bad))],
    ['an inner graph', (bad: Buffer) => bytesField(6, bytesField(5, bad))],
    [
      'a sparse initializer of an inner graph',
      (bad: Buffer) => bytesField(11, bytesField(15, bytesField(2, bad))),
    ],
  ])('finds external data in %s', async (_where, wrap) => {
    const encoded = [Buffer.concat([bytesField(1, 'value'), wrap(tensor(external('../x')))])];
    const model = encodeModel({
      nodes: [{ operator: 'Constant', inputs: [], outputs: ['c'], encoded }],
      inputs: [],
      outputs: [],
    });
    await expect(check(model)).rejects.toThrow(/keeps weights outside/);
  });

  it('finds external data in a function', async () => {
    const attribute = bytesField(5, bytesField(5, tensor(external('../x'))));
    const model = Buffer.concat([classifier(), bytesField(25, bytesField(7, attribute))]);
    await expect(check(model)).rejects.toThrow(/keeps weights outside/);
  });

  it('refuses graphs that are nested without end', async () => {
    let graph: Buffer = Buffer.alloc(0);
    for (let depth = 0; depth < 80; depth++) graph = bytesField(1, bytesField(5, bytesField(6, graph)));
    await expect(check(Buffer.concat([integerField(1, 8), bytesField(7, graph)]))).rejects.toThrow(
      /nested too deeply/,
    );
  });

  it('refuses a path of external data that is too long', async () => {
    await expect(check(graphWith(external('x'.repeat(5000))))).rejects.toThrow(/too long/);
  });
});
