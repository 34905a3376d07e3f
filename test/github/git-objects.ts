import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';

export type GitType = 'blob' | 'tree' | 'commit' | 'tag';

export interface GitObject {
  readonly type: GitType;
  readonly bytes: Buffer;
}

export interface TreeEntry {
  readonly mode: string;
  readonly name: string;
  readonly sha: string;
}

interface Nested {
  [name: string]: string | Buffer | Nested;
}

/** Git objects in git's own formats and under git's own names, in memory and in attached repositories. */
export class GitObjects {
  readonly #objects = new Map<string, GitObject>();
  readonly #directories: string[] = [];

  /** Objects of a real repository on this machine are served too. */
  attach(directory: string): void {
    this.#directories.push(directory);
  }

  write(type: GitType, bytes: Buffer): string {
    const sha = createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
    this.#objects.set(sha, { type, bytes });
    return sha;
  }

  /** Commits files, given by path; returns the names of commit and tree. */
  commit(
    files: Readonly<Record<string, string | Buffer>>,
    options: { readonly parents?: readonly string[]; readonly message?: string } = {},
  ): { sha: string; tree: string } {
    const root: Nested = {};
    for (const [path, content] of Object.entries(files)) {
      const names = path.split('/');
      const last = names.pop() ?? path;
      let folder = root;
      for (const name of names) folder = (folder[name] ??= {}) as Nested;
      folder[last] = content;
    }
    const tree = this.#writeTree(root);
    const person = 'Octo Cat <octocat@example.org> 1763800000 +0000';
    const parents = (options.parents ?? []).map((parent) => `parent ${parent}\n`).join('');
    const text = `tree ${tree}\n${parents}author ${person}\ncommitter ${person}\n\n${options.message ?? 'Commit'}\n`;
    return { sha: this.write('commit', Buffer.from(text)), tree };
  }

  #writeTree(folder: Nested): string {
    const entries = Object.entries(folder).map(([name, content]) =>
      typeof content === 'string' || Buffer.isBuffer(content)
        ? { mode: '100644', name, key: name, sha: this.write('blob', Buffer.from(content)) }
        : { mode: '40000', name, key: `${name}/`, sha: this.#writeTree(content) },
    );
    entries.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    return this.write(
      'tree',
      Buffer.concat(
        entries.flatMap(({ mode, name, sha }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(sha, 'hex')]),
      ),
    );
  }

  read(sha: string): GitObject | undefined {
    const known = this.#objects.get(sha);
    if (known !== undefined || !/^[0-9a-f]{40}$/.test(sha)) return known;
    for (const directory of this.#directories) {
      const git = (...words: string[]): Buffer =>
        execFileSync('git', ['-c', `safe.directory=${directory}`, '-C', directory, 'cat-file', ...words], {
          stdio: ['ignore', 'pipe', 'ignore'],
          maxBuffer: 256 * 1024 * 1024,
        });
      try {
        const type = git('-t', sha).toString().trim();
        if (type !== 'blob' && type !== 'tree' && type !== 'commit') continue;
        return { type, bytes: git(type, sha) };
      } catch {
        continue;
      }
    }
    return undefined;
  }

  /** The tree's name of a commit; undefined where the commit does not exist. */
  treeOf(commit: string): string | undefined {
    const found = this.read(commit);
    return found?.type === 'commit' ? /^tree ([0-9a-f]{40})/.exec(found.bytes.toString())?.[1] : undefined;
  }

  entries(tree: string): TreeEntry[] {
    const found = this.read(tree);
    if (found?.type !== 'tree') return [];
    const entries: TreeEntry[] = [];
    for (let at = 0; at < found.bytes.length;) {
      const end = found.bytes.indexOf(0, at);
      const [mode = '', ...name] = found.bytes.subarray(at, end).toString().split(' ');
      entries.push({
        mode,
        name: name.join(' '),
        sha: found.bytes.subarray(end + 1, end + 21).toString('hex'),
      });
      at = end + 21;
    }
    return entries;
  }

  /** All files of a tree, by their path. */
  files(tree: string): Record<string, Buffer> {
    return Object.fromEntries(
      this.entries(tree).flatMap(({ mode, name, sha }): [string, Buffer][] =>
        mode === '40000'
          ? Object.entries(this.files(sha)).map(([path, bytes]) => [`${name}/${path}`, bytes])
          : [[name, this.read(sha)?.bytes ?? Buffer.alloc(0)]],
      ),
    );
  }

  /** What lies at a path of a commit. */
  lookUp(commit: string, path: string): TreeEntry | undefined {
    let tree = this.treeOf(commit);
    let entry: TreeEntry | undefined;
    for (const name of path.split('/')) {
      if (tree === undefined) return undefined;
      entry = this.entries(tree).find((candidate) => candidate.name === name);
      tree = entry?.mode === '40000' ? entry.sha : undefined;
      if (entry === undefined) return undefined;
    }
    return entry;
  }
}
