import type { Callout } from './callouts.ts';
import { escapeHtml } from './escape-html.ts';
import { htmlBlock } from './html-blocks.ts';
import { htmlCell } from './html-cell.ts';
import { LOGO, markIcon, pill } from './html-icons.ts';
import { STYLE } from './html-style.ts';
import { isBroken, MARKS } from './marks.ts';
import type { SectionView } from './section-view.ts';
import type { Stage, Track } from './tracks.ts';
import type { Report } from './view.ts';

/** Nothing but what is in the page itself: no script, no frame, no request. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The whole report as one page that needs nothing else; the same report gives the same bytes. */
export async function renderHtml(report: Report): Promise<string> {
  const cards: string[] = [];
  for (const section of inTrackOrder(report)) {
    cards.push(await card(section, report.tracks.length === 1));
  }
  const { tone } = MARKS[report.verdict];
  return `\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(`${report.title}: ${report.headline}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header class="masthead"><span class="brand">${LOGO}${escapeHtml(report.title)}</span><dl class="origin">${report.origin
    .map(({ label, value }) => `<div><dt>${escapeHtml(label)}</dt><dd>${htmlCell(value)}</dd></div>`)
    .join('')}</dl></header>
<section class="banner tone-${tone}" aria-label="Verdict">
<div class="banner-head"><div class="banner-sign">${markIcon(report.verdict)}</div><div><h1>${escapeHtml(report.headline)}</h1><p>${escapeHtml(report.sentence)}</p></div></div>
${report.callouts.map(callout).join('\n')}
</section>
${notices(report.notices)}
${report.tracks.map(track).join('\n')}
${cards.join('\n')}
<footer>Made by Trainyard from the record of the run. This page loads nothing and sends nothing.</footer>
</main>
</body>
</html>
`;
}

function callout(shown: Callout): string {
  const facts = [
    ['At fault', shown.owner],
    ['What to do', shown.remedy],
    ['Contact', shown.contact],
  ] as const;
  const items = facts.map(([label, value]) =>
    value === null ? '' : `<dt>${label}</dt><dd>${escapeHtml(value)}</dd>`,
  );
  return `<div class="callout tone-${shown.tone}"><h2><a href="#${escapeHtml(shown.sectionId)}" style="color:inherit">${escapeHtml(shown.heading)}</a></h2><p>${escapeHtml(shown.message)}</p><dl>${items.join('')}</dl></div>`;
}

function notices(list: readonly string[]): string {
  if (list.length === 0) return '';
  return `<ul class="notices" aria-label="Notices">${list.map((notice) => `<li>${escapeHtml(notice)}</li>`).join('')}</ul>`;
}

function track(shown: Track): string {
  const cost = shown.cost === null ? '' : ` · ${escapeHtml(shown.cost)}`;
  return `\
<section class="track" aria-label="${escapeHtml(shown.subject)}">
<div class="track-head"><h2>${shown.isModel ? 'Model' : 'Dataset'} ${escapeHtml(shown.subject)}</h2>${pill(shown.verdict)}<span class="aside">${escapeHtml(shown.duration)} in all${cost}</span></div>
<ol class="rail">${shown.stages.map(station).join('')}</ol>
</section>`;
}

function station(stage: Stage): string {
  if (stage.verdict === null) {
    return `<li class="station ahead tone-muted"><div class="node"></div><div class="name">${stage.name}</div><div class="word">not run</div></li>`;
  }
  const { word, tone } = MARKS[stage.verdict];
  const [first] = stage.sections;
  const legs = stage.sections.length > 1 ? ` in ${stage.sections.length} legs` : '';
  return `<li class="station tone-${tone}"><div class="node">${markIcon(stage.verdict)}</div><div class="name"><a href="#${escapeHtml(first?.id ?? '')}">${stage.name}</a></div><div class="word">${word}${legs}</div><div class="time">${stage.sections.map((section) => escapeHtml(section.duration)).join(', ')}</div></li>`;
}

/** Sections model by model, each once, though models may share a dataset. */
function inTrackOrder(report: Report): SectionView[] {
  return [...new Set(report.tracks.flatMap((each) => each.stages.flatMap((stage) => stage.sections)))];
}

async function card(section: SectionView, open: boolean): Promise<string> {
  const blocks: string[] = [];
  for (const block of section.blocks) blocks.push(await htmlBlock(block));
  const telling = isBroken(section.verdict) || section.verdict === 'pending';
  const cost = section.cost === null ? '' : `<span>${escapeHtml(section.cost)}</span>`;
  return `\
<details class="card" id="${escapeHtml(section.id)}"${open || telling ? ' open' : ''}>
<summary><h2>${section.stage} of ${escapeHtml(section.subject)} ${pill(section.verdict)}</h2><span class="times">${cost}<span>${escapeHtml(section.duration)}</span></span><span class="said">${escapeHtml(section.summary)}</span></summary>
<div class="card-body">
${blocks.join('\n')}
</div>
</details>`;
}
