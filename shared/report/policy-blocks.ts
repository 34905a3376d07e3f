import type { Policy } from '../record/common.ts';
import { type Block, code, type Fact, fact } from './block.ts';
import { shortDigest } from './format.ts';

const FROM: Readonly<Record<Policy['from'], string>> = {
  base: 'the base of the pull request',
  commit: 'this commit',
  head: 'the head of the pull request (policy-from: head)',
  'working-tree': 'the working tree',
};

/** Where a policy file was taken from. */
export function policyFacts(policy: Policy): Fact[] {
  return [
    ...fact('File', code(policy.path)),
    ...fact('Taken from', FROM[policy.from]),
    ...fact('At commit', policy.ref === null ? null : code(shortDigest(policy.ref))),
    ...fact('Digest', code(shortDigest(policy.digest))),
  ];
}

/** What a reader must know before believing a verdict that rests on this policy. */
export function policyNotes(policy: Policy | null, what: 'contract' | 'gate file'): Block[] {
  if (policy === null) return [];
  const notes: Block[] = [];
  if (policy.from === 'head') {
    notes.push({
      kind: 'note',
      tone: 'doubt',
      text: `The ${what} ${policy.path} was taken from the head of the pull request (policy-from: head): whoever wrote the change also wrote the rules that judge it.`,
    });
  }
  if (policy.newInHead) {
    notes.push({
      kind: 'note',
      tone: 'doubt',
      text: `The ${what} ${policy.path} is new in this change and not in its base yet: it is shown and run, and its verdict is at most inconclusive until it is merged.`,
    });
  }
  return notes;
}

/** The proposed change of a policy, which takes effect when it is merged. */
export function diffBlocks(policy: Policy | null, what: 'contract' | 'gate file'): Block[] {
  if (policy?.diff === null || policy?.diff === undefined) return [];
  const effect = policy.from === 'head' ? 'already in force here' : 'takes effect when merged';
  return [
    {
      kind: 'diff',
      title: `This change edits the ${what} ${policy.path} (${effect})`,
      folded: true,
      text: policy.diff,
    },
  ];
}
