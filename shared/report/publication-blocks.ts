import type { PublicationBody } from '../record/publication-section.ts';
import { type Block, type Cell, code, fact, type Fact, text } from './block.ts';
import { counted, formatBytes, formatNumber, shortDigest } from './format.ts';
import type { Mark } from './marks.ts';

type Target = PublicationBody['targets'][number];

const STATES: Readonly<Record<Target['state'], { readonly mark: Mark; readonly words: string }>> = {
  published: { mark: 'pass', words: 'published' },
  'already-published': { mark: 'pass', words: 'already published: the same model is this version' },
  planned: { mark: 'not-run', words: 'would publish' },
};

/** What publication-section.ts holds; in plan mode everything is worded as what would happen. */
export function publicationBlocks(body: PublicationBody): Block[] {
  const plan = body.mode === 'plan';
  return [
    ...(plan
      ? [
          {
            kind: 'note' as const,
            tone: 'busy' as const,
            text: 'Plan only: this is what would happen after the merge. Nothing was published, and no alias was moved.',
          },
        ]
      : []),
    ...gateNotes(body.gateRequired),
    ...(body.targets.length === 0 ? [] : [targets(body.targets, plan)]),
    {
      kind: 'facts',
      title: plan ? 'What would change' : 'What changed',
      facts: [
        ...aliasFacts(body.alias, plan),
        ...fact(
          'Model card',
          body.card === null ? 'none' : code(`${body.card.path} ${shortDigest(body.card.sha256)}`),
        ),
        ...fact('Model digest', body.modelDigest === null ? null : code(shortDigest(body.modelDigest))),
      ],
    },
  ];
}

/** Said wherever a model was let through that no gate has passed. */
export function gateNotes(gateRequired: boolean): Block[] {
  if (gateRequired) return [];
  return [
    {
      kind: 'note',
      tone: 'doubt',
      text: 'No gate was required (require-gate: false): this model may not have passed one.',
    },
  ];
}

/** The move of an alias, if any. */
export function aliasFacts(alias: PublicationBody['alias'], plan: boolean): Fact[] {
  if (alias === null) return fact('Alias', plan ? 'none would move' : 'none moved');
  const move = `${alias.from ?? 'nothing'} → ${alias.to}`;
  return fact(`Alias ${alias.name}`, plan ? `would move: ${move}` : `moved: ${move}`);
}

function targets(list: readonly Target[], plan: boolean): Block {
  return {
    kind: 'table',
    title: `Registries (${formatNumber(list.length)})`,
    columns: [
      { header: 'State' },
      { header: 'Registry' },
      { header: 'Version' },
      { header: 'Manifest digest' },
      { header: 'Files', numeric: true },
      { header: 'Size', numeric: true },
      { header: 'Address' },
    ],
    rows: list.map((target): Cell[] => [
      { text: STATES[target.state].words, mark: STATES[target.state].mark },
      code(target.registry),
      target.version === null ? text('allocated when published', 'muted') : code(target.version),
      target.manifestDigest === null
        ? text(plan ? 'known when published' : '–', 'muted')
        : code(shortDigest(target.manifestDigest)),
      text(counted(target.files, 'file')),
      text(formatBytes(target.bytes)),
      target.url === null ? text('–') : code(target.url),
    ]),
  };
}
