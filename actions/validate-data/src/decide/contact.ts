import type { Contract } from '../contract/odcs.ts';

/** Whom to ask about the data: the property `owner`, a team member whose role is owner, or the team. */
export function contactOf(contract: Contract): string | null {
  const declared = contract.customProperties?.find(
    ({ property }) => property.toLowerCase() === 'owner',
  )?.value;
  if (typeof declared === 'string') return declared;
  const { team } = contract;
  const members = Array.isArray(team) ? team : team?.members;
  const owner = members?.find(({ role }) => role !== undefined && /\bowner\b/i.test(role));
  return owner?.username ?? (Array.isArray(team) ? undefined : team?.name) ?? null;
}
