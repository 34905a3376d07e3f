import { createHash, randomBytes } from 'node:crypto';
import type { Answer, Received } from '../http.ts';

interface Blob {
  readonly name: string;
  readonly signature: string;
  readonly blocks: Map<string, Buffer>;
  content: Buffer | undefined;
  contentType: string;
}

/**
 * The part of Azure's Blob REST API that @actions/artifact and @actions/cache use: Put Block, Put Block List,
 * Put Blob, Get Blob with ranges, Get Blob Properties. A URL works only with its signature.
 */
export class BlobStore {
  readonly #blobs = new Map<string, Blob>();

  /** Path and query of a blob that can be written and read. */
  create(name: string): string {
    const signature = randomBytes(16).toString('hex');
    this.#blobs.set(name, {
      name,
      signature,
      blocks: new Map(),
      content: undefined,
      contentType: 'application/octet-stream',
    });
    return this.urlOf(name);
  }

  put(name: string, content: Buffer, contentType: string): void {
    this.create(name);
    const blob = this.#blobs.get(name);
    if (blob === undefined) return;
    blob.content = content;
    blob.contentType = contentType;
  }

  urlOf(name: string): string {
    const path = name.split('/').map(encodeURIComponent).join('/');
    return `/blobs/store/${path}?se=2100-01-01&sig=${this.#blobs.get(name)?.signature ?? ''}`;
  }

  content(name: string): Buffer | undefined {
    return this.#blobs.get(name)?.content;
  }

  contentType(name: string): string {
    return this.#blobs.get(name)?.contentType ?? 'application/octet-stream';
  }

  delete(name: string): void {
    this.#blobs.delete(name);
  }

  answer(request: Received): Answer {
    const name = decodeURIComponent(request.url.pathname.replace(/^\/blobs\/store\//, ''));
    const blob = this.#blobs.get(name);
    if (blob === undefined) return azureError(404, 'BlobNotFound');
    if (request.url.searchParams.get('sig') !== blob.signature)
      return azureError(403, 'AuthenticationFailed');
    switch (request.method) {
      case 'PUT':
        return write(blob, request);
      case 'GET':
      case 'HEAD':
        return read(blob, request);
      default:
        return azureError(405, 'UnsupportedHttpVerb');
    }
  }
}

const AZURE_HEADERS = {
  'x-ms-version': '2025-05-05',
  'x-ms-request-id': '00000000-0000-0000-0000-000000000000',
};

function azureError(status: number, code: string): Answer {
  return {
    status,
    bytes: Buffer.from(`<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code></Error>`),
    headers: { ...AZURE_HEADERS, 'content-type': 'application/xml', 'x-ms-error-code': code },
  };
}

function stored(blob: Blob): Answer {
  const etag = createHash('md5')
    .update(blob.content ?? '')
    .digest('hex');
  return {
    status: 201,
    headers: { ...AZURE_HEADERS, etag: `"${etag}"`, 'last-modified': new Date().toUTCString() },
  };
}

function write(blob: Blob, request: Received): Answer {
  const { searchParams } = request.url;
  if (searchParams.get('comp') === 'block') {
    blob.blocks.set(searchParams.get('blockid') ?? '', request.body);
    return { status: 201, headers: AZURE_HEADERS };
  }
  if (searchParams.get('comp') === 'blocklist') {
    const parts: Buffer[] = [];
    for (const [, id] of request.body
      .toString('utf8')
      .matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]+)</g)) {
      const block = blob.blocks.get(id ?? '');
      if (block === undefined) return azureError(400, 'InvalidBlockList');
      parts.push(block);
    }
    blob.content = Buffer.concat(parts);
    blob.contentType = header(request, 'x-ms-blob-content-type') ?? blob.contentType;
    return stored(blob);
  }
  if (header(request, 'x-ms-blob-type') !== 'BlockBlob') return azureError(400, 'MissingRequiredHeader');
  blob.content = request.body;
  blob.contentType =
    header(request, 'x-ms-blob-content-type') ?? header(request, 'content-type') ?? blob.contentType;
  return stored(blob);
}

function read(blob: Blob, request: Received): Answer {
  if (blob.content === undefined) return azureError(404, 'BlobNotFound');
  const common = {
    ...AZURE_HEADERS,
    'content-type': blob.contentType,
    'accept-ranges': 'bytes',
    'x-ms-blob-type': 'BlockBlob',
    etag: '"0"',
    'last-modified': new Date().toUTCString(),
  };
  const range = /^bytes=(\d+)-(\d*)$/.exec(header(request, 'x-ms-range') ?? header(request, 'range') ?? '');
  if (range === null) return { status: 200, bytes: blob.content, headers: common };
  const start = Number(range[1]);
  const end = Math.min(range[2] === '' ? Infinity : Number(range[2]), blob.content.length - 1);
  if (start > end) return azureError(416, 'InvalidRange');
  return {
    status: 206,
    bytes: blob.content.subarray(start, end + 1),
    headers: { ...common, 'content-range': `bytes ${start}-${end}/${blob.content.length}` },
  };
}

function header(request: Received, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
