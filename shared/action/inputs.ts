import { existsSync, statSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { messageOf, UsageError } from '../errors.ts';
import { KEY_PATTERN, SUBJECT_PATTERN } from '../names.ts';
import { acceptedNames } from './accepted-names.ts';
import { commandWords } from './command-words.ts';
import { containedPath } from './contained-path.ts';

/** More aliases than a person writes are a bomb (yaml, ToJSOptions.maxAliasCount). */
const MAX_YAML_ALIASES = 100;

interface Range {
  readonly min?: number;
  readonly max?: number;
}

export interface PathOptions {
  /** Default true: a path that does not exist is an error. */
  readonly mustExist?: boolean;
  readonly kind?: 'file' | 'directory';
}

/** Reads an action's inputs. Empty text is `undefined`; every error names the input as the user wrote it. */
export interface InputReader {
  readonly workspace: string;
  /** The input `working-directory`, absolute, inside the workspace. */
  readonly workingDirectory: string;
  text(name: string): string | undefined;
  requiredText(name: string): string;
  /** YAML 1.2 core schema: true, True, TRUE, false, False, FALSE. */
  boolean(name: string): boolean;
  number(name: string, range: Range): number | undefined;
  integer(name: string, range: Range): number | undefined;
  oneOf<const T extends string>(name: string, values: readonly T[]): T;
  /** One entry a line; blank lines and lines that begin with # are left out. */
  list(name: string): string[];
  /** A YAML list of words, or one line split by POSIX quoting without any expansion. Never empty. */
  command(name: string): string[] | undefined;
  /** A YAML document, as plain values. */
  yaml(name: string): unknown;
  /** An absolute path inside the workspace, after symbolic links. */
  path(name: string, options?: PathOptions): string | undefined;
  requiredPath(name: string, options?: PathOptions): string;
  /** A model's or dataset's name. */
  subject(name: string): string | undefined;
  requiredSubject(name: string): string;
  /** The part of a section's name that tells jobs apart. */
  key(name: string): string | undefined;
  /** A duration in minutes, which the input's name says, as milliseconds. */
  minutes(name: string, range: Range): number | undefined;
}

/** The runner's name of an input's environment variable: upper case, blanks to `_`, hyphens kept. */
export function variableOf(input: string): string {
  return `INPUT_${input.replaceAll(' ', '_').toUpperCase()}`;
}

function refuseUnknown(known: readonly string[], environment: NodeJS.ProcessEnv): void {
  const variables = new Set(known.map(variableOf));
  for (const variable of Object.keys(environment)) {
    if (!variable.startsWith('INPUT_') || variables.has(variable.toUpperCase())) continue;
    const name = variable.slice('INPUT_'.length).toLowerCase();
    throw new UsageError(`Unknown input "${name}".`, { remedy: acceptedNames(name, known) });
  }
}

/** Opens the inputs of one action. An input that `known` does not hold is an error with the nearest name. */
export function openInputs(
  known: readonly string[],
  environment: NodeJS.ProcessEnv,
  workspace: string,
): InputReader {
  refuseUnknown(known, environment);

  const text = (name: string): string | undefined => {
    const value = environment[variableOf(name)]?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  const requiredText = (name: string): string => {
    const value = text(name);
    if (value === undefined) {
      throw new UsageError(`Input "${name}" is required and was not given.`, {
        remedy: `Add "${name}: …" under "with:" of the step, or --${name} on the command line.`,
      });
    }
    return value;
  };
  const number = (name: string, { min = -Infinity, max = Infinity }: Range): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    const parsed = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : NaN;
    if (Number.isNaN(parsed) || parsed < min || parsed > max) {
      const bounds = `${min === -Infinity ? '' : ` from ${min}`}${max === Infinity ? '' : ` to ${max}`}`;
      throw new UsageError(`Input "${name}" is "${value}".`, { remedy: `Accepted: a number${bounds}.` });
    }
    return parsed;
  };
  const matching = (name: string, pattern: RegExp, what: string): string | undefined => {
    const value = text(name);
    if (value === undefined || pattern.test(value)) return value;
    throw new UsageError(`Input "${name}" is "${value}".`, { remedy: `Accepted: ${what}.` });
  };
  const yaml = (name: string): unknown => {
    const value = text(name);
    if (value === undefined) return undefined;
    const lines = new LineCounter();
    const document = parseDocument(value, { lineCounter: lines, prettyErrors: false });
    const problem = document.errors[0];
    if (problem !== undefined) {
      const { line, col } = lines.linePos(problem.pos[0]);
      throw new UsageError(
        `Input "${name}" is no valid YAML: line ${line}, column ${col}: ${problem.message}.`,
      );
    }
    try {
      return document.toJS({ maxAliasCount: MAX_YAML_ALIASES }) as unknown;
    } catch (cause) {
      throw new UsageError(`Input "${name}" cannot be read: ${messageOf(cause)}`, { cause });
    }
  };

  const workingDirectory = containedPath(
    workspace,
    workspace,
    text('working-directory') ?? '.',
    'Input "working-directory"',
  );
  if (!existsSync(workingDirectory) || !statSync(workingDirectory).isDirectory()) {
    throw new UsageError(`Input "working-directory": "${text('working-directory') ?? '.'}" is no folder.`, {
      remedy: 'Give a folder of the repository, relative to its root. Is it checked out (actions/checkout)?',
    });
  }

  const path = (name: string, { mustExist = true, kind }: PathOptions = {}): string | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    const absolute = containedPath(workspace, workingDirectory, value, `Input "${name}"`);
    if (!existsSync(absolute)) {
      if (!mustExist) return absolute;
      throw new UsageError(`Input "${name}": "${value}" does not exist.`, {
        remedy: 'Paths are relative to the input "working-directory".',
      });
    }
    const facts = statSync(absolute);
    // Neither is a pipe, a socket or a device: reading one could wait for ever.
    if ((kind === 'file' && !facts.isFile()) || (kind === 'directory' && !facts.isDirectory())) {
      throw new UsageError(`Input "${name}": "${value}" is not a ${kind}.`, { remedy: `Give a ${kind}.` });
    }
    return absolute;
  };
  const subject = (name: string): string | undefined =>
    matching(name, SUBJECT_PATTERN, 'up to 63 lower-case letters, digits and hyphens, not a hyphen first');

  return {
    workspace,
    workingDirectory,
    text,
    requiredText,
    boolean(name) {
      const value = requiredText(name);
      if (/^(true|True|TRUE)$/.test(value)) return true;
      if (/^(false|False|FALSE)$/.test(value)) return false;
      throw new UsageError(`Input "${name}" is "${value}".`, { remedy: 'Accepted: true, false.' });
    },
    number,
    integer(name, range) {
      const value = number(name, range);
      if (value === undefined || Number.isSafeInteger(value)) return value;
      throw new UsageError(`Input "${name}" is "${text(name) ?? ''}".`, {
        remedy: 'Accepted: a whole number.',
      });
    },
    oneOf(name, values) {
      const value = requiredText(name);
      const found = values.find((candidate) => candidate === value);
      if (found !== undefined) return found;
      throw new UsageError(`Input "${name}" is "${value}".`, { remedy: acceptedNames(value, values) });
    },
    list: (name) =>
      (text(name) ?? '')
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('#')),
    command(name) {
      const value = text(name);
      if (value === undefined) return undefined;
      const words = commandWords(name, value, yaml);
      if (words.length > 0 && words[0] !== '') return words;
      throw new UsageError(`Input "${name}" names no program.`);
    },
    yaml,
    path,
    requiredPath(name, options) {
      requiredText(name);
      return path(name, options) ?? '';
    },
    subject,
    requiredSubject(name) {
      requiredText(name);
      return subject(name) ?? '';
    },
    key: (name) => matching(name, KEY_PATTERN, 'up to 100 letters, digits, hyphens and underscores'),
    minutes(name, range) {
      const value = number(name, range);
      return value === undefined ? undefined : value * 60_000;
    },
  };
}
