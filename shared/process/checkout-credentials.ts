import { git } from '../github/git.ts';

/**
 * Whether the checkout holds a credential that its step was told to leave there, as actions/checkout does by default:
 * user code can read it. Only the names of settings are asked for, never a value. Returns a notice with the remedy.
 */
export async function findCheckoutCredentials(
  workingDirectory: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const pattern = String.raw`^(http\..*\.extraheader|credential\..*|credential\.helper)$`;
  const words = ['config', '--local', '--includes', '--name-only', '--get-regexp', pattern];
  const found = await git(workingDirectory, words, signal);
  if (found === undefined || found.length === 0) return undefined;
  return 'The checkout holds a credential in its git configuration, which the command can read. Give actions/checkout "persist-credentials: false".';
}
