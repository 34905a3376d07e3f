import type { EvaluationBody } from '../../shared/record/evaluation-section.ts';
import type { Block, TableBlock } from '../../shared/report/block.ts';
import { evaluationBlocks } from '../../shared/report/evaluation-blocks.ts';
import { NO_LINKS } from '../../shared/report/links.ts';
import type { Verdict } from '../../shared/verdict.ts';
import * as rich from './evaluation-fixtures.ts';

/** The blocks of a rich evaluation in which some things are other. */
export function blocksOf(overrides: Partial<EvaluationBody> = {}, verdict: Verdict = 'fail'): Block[] {
  return evaluationBlocks(rich.richBody(overrides), verdict, NO_LINKS);
}

/** Everything that blocks say. */
export const said = (blocks: readonly Block[]): string => JSON.stringify(blocks);

export function tables(blocks: readonly Block[]): TableBlock[] {
  return blocks.filter((block) => block.kind === 'table');
}

/** The table whose title begins so. */
export function titled(blocks: readonly Block[], title: string): TableBlock {
  const found = tables(blocks).find((block) => block.title.startsWith(title));
  if (found === undefined) throw new Error(`There is no table "${title}".`);
  return found;
}

/** The text of the first block, a note. */
export function first(blocks: readonly Block[]): string {
  const [note] = blocks;
  return note?.kind === 'note' ? note.text : '';
}
