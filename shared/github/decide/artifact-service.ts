/** The hosts that @actions/artifact accepts; on every other, thus on GHES, it refuses (its `isGhes`). */
export function serverHasArtifacts(serverUrl: string | undefined): boolean {
  if (serverUrl === undefined || serverUrl === '') return true;
  if (!URL.canParse(serverUrl)) return false;
  const host = new URL(serverUrl).hostname.toLowerCase();
  return host === 'github.com' || host.endsWith('.ghe.com') || host.endsWith('.localhost');
}
