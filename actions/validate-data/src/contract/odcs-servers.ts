import { z } from 'zod';
import {
  customPropertiesSchema,
  integerSchema,
  roleSchema,
  stableIdSchema,
  uriSchema,
} from './odcs-parts.ts';

const text = z.string();

/** Every key that some type of server has; `sftp` alone also demands how its location begins. */
const KEYS = {
  account: text,
  catalog: text,
  database: text,
  dataset: text,
  delimiter: text,
  endpointUrl: uriSchema,
  format: text,
  host: text,
  location: uriSchema,
  path: text,
  port: integerSchema,
  project: text,
  region: text,
  regionName: text,
  schema: text,
  serviceName: text,
  stagingDir: text,
  warehouse: text,
  stream: text,
} as const;
type Key = keyof typeof KEYS;

/** Required and further keys of each type of server. */
const TYPES: Readonly<Record<string, readonly [required: readonly Key[], optional: readonly Key[]]>> = {
  api: [['location'], []],
  athena: [
    ['stagingDir', 'schema'],
    ['catalog', 'regionName'],
  ],
  azure: [['location', 'format'], ['delimiter']],
  bigquery: [['project', 'dataset'], []],
  clickhouse: [['host', 'port', 'database'], []],
  cloudsql: [['host', 'port', 'database', 'schema'], []],
  custom: [[], Object.keys(KEYS) as Key[]],
  databricks: [['catalog', 'schema'], ['host']],
  db2: [['host', 'port', 'database'], ['schema']],
  denodo: [['host', 'port'], ['database']],
  dremio: [['host', 'port'], ['schema']],
  duckdb: [['database'], ['schema']],
  glue: [
    ['account', 'database'],
    ['location', 'format'],
  ],
  hive: [['host', 'database'], ['port']],
  impala: [['host', 'database'], ['port']],
  informix: [['host', 'database'], ['port']],
  kafka: [['host'], ['format']],
  kinesis: [[], ['region', 'format']],
  local: [['path', 'format'], []],
  mysql: [['host', 'port', 'database'], []],
  oracle: [['host', 'port', 'serviceName'], []],
  postgres: [['host', 'port', 'database', 'schema'], []],
  postgresql: [['host', 'port', 'database', 'schema'], []],
  presto: [['host'], ['catalog', 'schema']],
  pubsub: [['project'], []],
  redshift: [
    ['database', 'schema'],
    ['host', 'region', 'account'],
  ],
  s3: [['location'], ['endpointUrl', 'format', 'delimiter']],
  sftp: [['location'], ['format', 'delimiter']],
  snowflake: [
    ['account', 'database', 'schema'],
    ['host', 'port', 'warehouse'],
  ],
  sqlserver: [['host', 'database', 'schema'], ['port']],
  synapse: [['host', 'port', 'database'], []],
  trino: [['host', 'port', 'catalog', 'schema'], []],
  vertica: [['host', 'port', 'database', 'schema'], []],
  zen: [['host', 'database'], ['port']],
};

const COMMON_KEYS = ['id', 'server', 'type', 'description', 'environment', 'roles', 'customProperties'];

/** Where data lies. Which keys a server has depends on its type. */
export const serverSchema = z
  .looseObject({
    id: stableIdSchema.optional(),
    server: text,
    type: z.enum(Object.keys(TYPES)),
    description: text.optional(),
    environment: text.optional(),
    roles: z.array(roleSchema).optional(),
    customProperties: customPropertiesSchema.optional(),
  })
  .superRefine((server, context) => {
    const [required, optional] = TYPES[server.type] ?? [[], []];
    const allowed: readonly string[] = [...required, ...optional];
    const refuse = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message });
    for (const key of Object.keys(server)) {
      if (COMMON_KEYS.includes(key)) continue;
      if (!allowed.includes(key)) refuse(key, `unknown key of a server of type ${server.type}`);
    }
    for (const key of required)
      if (!Object.hasOwn(server, key)) refuse(key, `required for type ${server.type}`);
    for (const key of [...required, ...optional]) {
      if (!Object.hasOwn(server, key)) continue;
      // Athena's staging folder is a URI, that of a custom server any text.
      const schema = key === 'stagingDir' && server.type === 'athena' ? uriSchema : KEYS[key];
      const result = schema.safeParse(server[key]);
      if (!result.success) refuse(key, result.error.issues[0]?.message ?? 'not accepted');
    }
    const { location } = server;
    if (server.type === 'sftp' && typeof location === 'string' && !location.startsWith('sftp://')) {
      refuse('location', 'begins with sftp://');
    }
  });
