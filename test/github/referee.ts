import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { standard } from '../standards.ts';

/** GitHub's own description: it is read where it lies and never copied into the project. */
export const DESCRIPTION = standard('github-api.json');

/** Errors that any operation may answer although its description lists only some of them. */
const ALWAYS_POSSIBLE = [400, 401, 403, 404, 429, 500, 502, 503];

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: unknown }>>;
}
interface Operation {
  readonly requestBody?: Content & { readonly required?: boolean };
  readonly responses: Readonly<Record<string, Content & { readonly $ref?: string }>>;
  readonly parameters?: readonly { readonly $ref?: string; readonly name?: string; readonly in?: string }[];
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly parameters: Readonly<Record<string, { readonly name: string; readonly in: string }>>;
  };
}

function pointer(...names: string[]): string {
  return names.map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
}

/** Judges what client and fake say to each other by GitHub's own OpenAPI description. */
export class Referee {
  readonly #description: Description;
  readonly #ajv: Ajv2020;
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(path = DESCRIPTION.path) {
    // The file is the referee's law book, not input: its form is known.
    const document = JSON.parse(readFileSync(path, 'utf8')) as Description & object;
    this.#description = document;
    this.#ajv = new Ajv2020({ strict: false, allErrors: false, validateSchema: false });
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(document, 'gh');
  }

  #judge(place: string, value: unknown, what: string): string[] {
    const validate =
      this.#compiled.get(place) ?? this.#ajv.compile({ $ref: `gh#/${place.replaceAll('%', '%25')}` });
    this.#compiled.set(place, validate);
    if (validate(value)) return [];
    const [error] = validate.errors ?? [];
    return [
      `${what}: ${error?.instancePath ?? ''} ${error?.message ?? 'is not valid'} ${JSON.stringify(error?.params)}`,
    ];
  }

  #operation(method: string, path: string): Operation | undefined {
    return this.#description.paths[path]?.[method];
  }

  request(method: string, path: string, query: URLSearchParams, body: unknown): string[] {
    const what = `${method.toUpperCase()} ${path} request`;
    const operation = this.#operation(method, path);
    if (operation === undefined) return [`${what}: GitHub's description has no such operation`];
    const found = this.#query(operation, query, what);
    const schema = operation.requestBody?.content?.['application/json']?.schema;
    if (schema === undefined) return found;
    if (body === undefined) {
      return operation.requestBody?.required === true ? [...found, `${what}: body is missing`] : found;
    }
    const place = pointer('paths', path, method, 'requestBody', 'content', 'application/json', 'schema');
    return [...found, ...this.#judge(place, body, what), ...unknownKeys(this.#resolve(schema), body, what)];
  }

  #query(operation: Operation, query: URLSearchParams, what: string): string[] {
    const known = (operation.parameters ?? [])
      .map((parameter) =>
        parameter.$ref === undefined
          ? parameter
          : this.#description.components.parameters[parameter.$ref.split('/').at(-1) ?? ''],
      )
      .filter((parameter) => parameter?.in === 'query')
      .map((parameter) => parameter?.name);
    return [...query.keys()]
      .filter((name) => !known.includes(name))
      .map((name) => `${what}: query parameter "${name}" is not declared`);
  }

  #resolve(schema: unknown): unknown {
    if (typeof schema !== 'object' || schema === null || !('$ref' in schema)) return schema;
    let found: unknown = this.#description;
    for (const name of String(schema.$ref).replace(/^#\//, '').split('/')) {
      found = (found as Record<string, unknown> | undefined)?.[
        name.replaceAll('~1', '/').replaceAll('~0', '~')
      ];
    }
    return found;
  }

  response(method: string, path: string, status: number, body: unknown): string[] {
    const what = `${method.toUpperCase()} ${path} answer ${status}`;
    const operation = this.#operation(method, path);
    if (operation === undefined) return [];
    const declared = operation.responses[String(status)];
    if (declared === undefined) {
      if (ALWAYS_POSSIBLE.includes(status)) {
        return this.#judge(pointer('components', 'schemas', 'basic-error'), body, what);
      }
      return status === 422
        ? this.#judge(pointer('components', 'schemas', 'validation-error'), body, what)
        : [`${what}: status is not declared`];
    }
    const content = this.#resolve(declared) as Content | undefined;
    const schema = content?.content?.['application/json']?.schema;
    if (schema === undefined && status >= 400) {
      return this.#judge(pointer('components', 'schemas', 'basic-error'), body, what);
    }
    if (schema === undefined) return body === undefined ? [] : [`${what}: a body is not declared`];
    const place =
      declared.$ref?.replace(/^#\//, '') ?? pointer('paths', path, method, 'responses', String(status));
    return this.#judge(`${place}/content/${pointer('application/json')}/schema`, body, what);
  }
}

/** GitHub refuses or ignores keys that it does not know; either way a client that sends one is wrong. */
function unknownKeys(schema: unknown, body: unknown, what: string): string[] {
  if (typeof schema !== 'object' || schema === null || !('properties' in schema)) return [];
  if (typeof body !== 'object' || body === null) return [];
  const known = Object.keys(schema.properties as object);
  return Object.keys(body)
    .filter((key) => !known.includes(key))
    .map((key) => `${what}: key "${key}" is not declared`);
}
