import { z } from 'zod';
import type { Answer } from '../http.ts';
import type { World } from '../world.ts';
import { twirpError } from './artifact-service.ts';
import type { BlobStore } from './blobs.ts';

const metadata = z.unknown().optional();
const createSchema = z.strictObject({ metadata, key: z.string().min(1), version: z.string() });
const finalizeSchema = z.strictObject({
  metadata,
  key: z.string(),
  version: z.string(),
  size_bytes: z.string(),
});
const lookUpSchema = z.strictObject({
  metadata,
  key: z.string(),
  restore_keys: z.array(z.string()).default([]),
  version: z.string(),
});

/** The cache service (v2) of the runner's results API, as @actions/cache speaks it. */
export class CacheService {
  readonly #world: World;
  readonly #blobs: BlobStore;
  readonly #baseUrl: () => string;

  constructor(world: World, blobs: BlobStore, baseUrl: () => string) {
    this.#world = world;
    this.#blobs = blobs;
    this.#baseUrl = baseUrl;
  }

  answer(method: string, body: unknown): Answer {
    switch (method) {
      case 'CreateCacheEntry':
        return this.#create(createSchema.parse(body));
      case 'FinalizeCacheEntryUpload':
        return this.#finalize(finalizeSchema.parse(body));
      case 'GetCacheEntryDownloadURL':
        return this.#lookUp(lookUpSchema.parse(body));
      default:
        throw twirpError(404, 'bad_route', `no handler for ${method}`);
    }
  }

  #create({ key, version }: z.infer<typeof createSchema>): Answer {
    if (this.#world.caches.some((cache) => cache.key === key && cache.version === version)) {
      throw twirpError(
        409,
        'already_exists',
        'cache entry with the same key, version, and scope already exists',
      );
    }
    const id = this.#world.nextId();
    const blob = `cache-${id}`;
    const path = this.#blobs.create(blob);
    this.#world.caches.push({ id, key, version, blob, finalized: false });
    return { status: 200, json: { ok: true, signed_upload_url: `${this.#baseUrl()}${path}` } };
  }

  #finalize({ key, version, size_bytes: size }: z.infer<typeof finalizeSchema>): Answer {
    const cache = this.#world.caches.find((entry) => entry.key === key && entry.version === version);
    if (cache === undefined) throw twirpError(404, 'not_found', 'no such reservation');
    const content = this.#blobs.content(cache.blob);
    if (content?.length !== Number(size)) throw twirpError(400, 'invalid_argument', 'size differs');
    cache.finalized = true;
    return { status: 200, json: { ok: true, entry_id: String(cache.id) } };
  }

  /** Exact key first, then the newest entry that a restore key is a prefix of. */
  #lookUp({ key, restore_keys: prefixes, version }: z.infer<typeof lookUpSchema>): Answer {
    const usable = this.#world.caches.filter((cache) => cache.finalized && cache.version === version);
    const found =
      usable.find((cache) => cache.key === key) ??
      prefixes.flatMap((prefix) => usable.findLast((cache) => cache.key.startsWith(prefix)) ?? [])[0];
    if (found === undefined) return { status: 200, json: { ok: false } };
    return {
      status: 200,
      json: {
        ok: true,
        signed_download_url: `${this.#baseUrl()}${this.#blobs.urlOf(found.blob)}`,
        matched_key: found.key,
      },
    };
  }
}
