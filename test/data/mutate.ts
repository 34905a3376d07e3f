type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A small seeded generator (mulberry32, public domain), so that a failing document can be made again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const SCALARS: readonly Json[] = [
  ...[
    null,
    true,
    false,
    0,
    1,
    -1,
    2.5,
    1e20,
    '',
    'x',
    'string',
    'number',
    'integer',
    'date',
    'object',
    'array',
  ],
  ...['library', 'sql', 'custom', 'text', 'local', 's3', 'api', 'sftp', 'v3.0.0', '2026-02-30', '2026-02-28'],
  ...[
    '2026-01-01T00:00:00Z',
    'https://example.org/a b',
    'https://example.org/',
    'a.b',
    'schema/x',
    'rowCount',
  ],
  ...[[], {}, [1], [1, 1], [1, 2], [1, 2, 3], ['a', 'a'], { a: 1 }],
];

const KEYS = [
  ...[
    'id',
    'name',
    'type',
    'metric',
    'rule',
    'query',
    'engine',
    'implementation',
    'mustBe',
    'mustBeLessThan',
  ],
  ...[
    'mustBeBetween',
    'arguments',
    'unit',
    'severity',
    'dimension',
    'logicalType',
    'logicalTypeOptions',
    'properties',
  ],
  ...[
    'items',
    'minimum',
    'maximum',
    'pattern',
    'format',
    'required',
    'unique',
    'from',
    'to',
    'location',
    'path',
    'port',
  ],
  ...[
    'value',
    'property',
    'team',
    'members',
    'x-own',
    'unknown',
    'quality',
    'tags',
    'customProperties',
    'stagingDir',
  ],
];

/** A copy of a document with one to three changes: a value replaced, a key or item taken out, added or moved. */
export function mutate(document: Json, random: () => number): Json {
  const copy = structuredClone(document);
  const rounds = 1 + Math.floor(random() * 3);
  for (let round = 0; round < rounds; round++) change(copy, random);
  return copy;
}

function pick<T>(list: readonly T[], random: () => number): T {
  const value = list[Math.floor(random() * list.length)];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
}

function containers(value: Json, found: (Json[] | Record<string, Json>)[] = []): typeof found {
  if (value === null || typeof value !== 'object') return found;
  found.push(value);
  for (const child of Array.isArray(value) ? value : Object.values(value)) containers(child, found);
  return found;
}

function change(document: Json, random: () => number): void {
  const target = pick(containers(document), random);
  const kind = random();
  const value = structuredClone(pick(SCALARS, random));
  if (Array.isArray(target)) {
    const at = Math.floor(random() * (target.length + 1));
    if (kind < 0.3) target.splice(at, 1);
    else if (kind < 0.6) target.splice(at, 0, value);
    else if (target.length > 0) target.splice(at, 0, structuredClone(pick(target, random)));
    return;
  }
  const keys = Object.keys(target);
  if (kind < 0.25 && keys.length > 0) Reflect.deleteProperty(target, pick(keys, random));
  else if (kind < 0.6 && keys.length > 0) target[pick(keys, random)] = value;
  else target[pick(KEYS, random)] = value;
}
