/**
 * Server and `owner/name` of a git remote in one of the forms that GitHub and servers like it use; undefined for
 * others, such as a path. Credentials in the address are left behind.
 */
export function repositoryOfRemote(
  remote: string,
): { readonly serverUrl: string; readonly repository: string } | undefined {
  const text = remote.trim();
  const found =
    /^(?:https?|ssh|git):\/\/(?:[^@/]+@)?([^/:@]+)(?::\d+)?\/([^/]+)\/([^/]+?)(?:\.git)?\/?$/.exec(text) ??
    /^(?:[^@/\s]+@)([^/:@\s]+):([^/]+)\/([^/]+?)(?:\.git)?\/?$/.exec(text);
  const [, host, owner, name] = found ?? [];
  if (host === undefined || owner === undefined || name === undefined) return undefined;
  return { serverUrl: `https://${host}`, repository: `${owner}/${name}` };
}
