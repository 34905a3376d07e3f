'use strict';
// The binding that shared/data/duckdb.ts fetched, verified and loaded before it imported @duckdb/node-api.
const binding = globalThis[Symbol.for('trainyard.duckdb-binding')];
if (binding === undefined)
  throw new Error('DuckDB was imported before shared/native/load.ts had loaded its native part.');
module.exports = binding;
