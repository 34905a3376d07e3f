/** The page's style. It names no remote resource; colours are variables, so that pictures follow light and dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f5f6f8; --card: #ffffff; --sunken: #f1f3f6;
  --ink: #16202c; --ink-soft: #526072; --line: #dbe1e8; --rail: #b3bfcc; --link: #0b5cad;
  --good: #14713d; --good-tint: #e3f4ea; --bad: #b42331; --bad-tint: #fdeaea;
  --doubt: #8a5a00; --doubt-tint: #fdf3dc; --busy: #1b5fb8; --busy-tint: #e6f0fc;
  --muted: #5b6775; --muted-tint: #eceff3;
  --series-1: #1f6feb; --series-2: #c2560c; --series-3: #12805c; --series-4: #8b4fc6;
  --shadow: 0 1px 2px rgb(16 32 48 / .06), 0 6px 20px rgb(16 32 48 / .05);
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0d1219; --card: #151c26; --sunken: #1c2530;
    --ink: #e7edf4; --ink-soft: #9fb0c2; --line: #2a3542; --rail: #46566a; --link: #79b8ff;
    --good: #5bd48b; --good-tint: #12301f; --bad: #ff8f8f; --bad-tint: #3a1a1e;
    --doubt: #efbd5a; --doubt-tint: #33280f; --busy: #85b9ff; --busy-tint: #14294a;
    --muted: #a3b1c0; --muted-tint: #232d39;
    --series-1: #6cb0ff; --series-2: #ffa366; --series-3: #5fd6a9; --series-4: #c9a0ff;
    --shadow: 0 0 0 1px rgb(255 255 255 / .03);
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
.tone-good { --tone: var(--good); --tint: var(--good-tint); }
.tone-bad { --tone: var(--bad); --tint: var(--bad-tint); }
.tone-doubt { --tone: var(--doubt); --tint: var(--doubt-tint); }
.tone-busy { --tone: var(--busy); --tint: var(--busy-tint); }
.tone-muted { --tone: var(--muted); --tint: var(--muted-tint); }
.tone-plain { --tone: var(--ink-soft); --tint: var(--sunken); }
main { max-width: 1140px; margin: 0 auto; padding: 28px 24px 64px; }
h1, h2, h3, h4 { line-height: 1.25; margin: 0; font-weight: 650; }
p { margin: 0; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--busy); outline-offset: 2px; }
code { font: .88em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
svg.icon { width: 1em; height: 1em; flex: none; fill: none; stroke: currentColor; stroke-width: 2.4; stroke-linecap: round; stroke-linejoin: round; }
.masthead { display: flex; flex-wrap: wrap; gap: 6px 20px; align-items: center; margin-bottom: 18px; }
.brand { display: inline-flex; align-items: center; gap: 10px; font-weight: 700; font-size: 17px; letter-spacing: -.01em; }
.brand svg { width: 26px; height: 26px; color: var(--busy); fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; }
.origin { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 0 0 0 auto; color: var(--ink-soft); font-size: 13px; }
.origin div { display: flex; gap: 6px; } .origin dt::after { content: ""; } .origin dd { margin: 0; color: var(--ink); }
.banner { background: var(--card); border: 1px solid var(--line); border-top: 4px solid var(--tone); border-radius: 14px; box-shadow: var(--shadow); overflow: hidden; }
.banner-head { display: flex; gap: 18px; padding: 24px 26px; align-items: flex-start; }
.banner-sign { flex: none; width: 52px; height: 52px; border-radius: 50%; display: grid; place-items: center; background: var(--tint); color: var(--tone); font-size: 26px; }
.banner h1 { font-size: clamp(22px, 4vw, 30px); letter-spacing: -.02em; }
.banner-head p { margin-top: 6px; font-size: 16px; color: var(--ink-soft); max-width: 75ch; }
.callout { border-top: 1px solid var(--line); background: var(--tint); padding: 16px 26px; display: grid; gap: 8px; }
.callout h2 { font-size: 15px; color: var(--tone); }
.callout dl, .facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 18px; margin: 0; }
.callout dt, .facts dt { color: var(--ink-soft); } .callout dd, .facts dd { margin: 0; }
.callout dt { font-weight: 600; color: var(--ink); }
.notices { margin: 14px 0 0; padding: 12px 18px 12px 34px; border-radius: 10px; background: var(--doubt-tint); border: 1px solid var(--line); font-size: 14px; }
.track { margin-top: 30px; }
.track-head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 12px; margin-bottom: 12px; }
.track-head h2 { font-size: 18px; } .track-head .aside { color: var(--ink-soft); font-size: 13px; margin-left: auto; }
.rail { list-style: none; margin: 0; padding: 22px 10px 18px; background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow); display: grid; grid-template-columns: repeat(auto-fit, minmax(0, 1fr)); grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); }
.station { position: relative; text-align: center; padding: 0 8px; }
.station::before { content: ""; position: absolute; top: 14px; left: calc(-50% + 28px); right: calc(50% + 28px); height: 14px; border-block: 2px solid var(--rail); background: repeating-linear-gradient(90deg, transparent 0 5px, var(--rail) 5px 8px, transparent 8px 12px) center / 100% 100%; opacity: .75; }
.station:first-child::before { display: none; }
.station.ahead::before { opacity: .3; }
.node { width: 42px; height: 42px; margin: 0 auto 10px; border-radius: 50%; border: 2px solid var(--tone); background: var(--tint); color: var(--tone); display: grid; place-items: center; font-size: 19px; }
.ahead .node { border-style: dashed; background: transparent; }
.station .name { font-weight: 650; } .station a { color: inherit; text-decoration: none; } .station a:hover { text-decoration: underline; }
.station .word { color: var(--tone); font-weight: 600; font-size: 14px; } .station .time { color: var(--ink-soft); font-size: 13px; }
.card { margin-top: 18px; background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow); scroll-margin-top: 12px; }
.card > summary { list-style: none; cursor: pointer; display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 4px 16px; padding: 18px 24px; }
.card > summary::-webkit-details-marker { display: none; }
.card > summary h2 { font-size: 19px; display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; letter-spacing: -.01em; }
.card > summary .said { grid-column: 1 / -1; color: var(--ink-soft); max-width: 90ch; }
.card > summary .times { color: var(--ink-soft); font-size: 13px; display: flex; gap: 12px; align-items: center; white-space: nowrap; }
.card > summary .times::after, .fold > summary::before { content: ""; width: 8px; height: 8px; border: solid currentColor; border-width: 0 2px 2px 0; transform: rotate(-45deg); transition: transform .15s; }
.card[open] > summary .times::after, .fold[open] > summary::before { transform: rotate(45deg); }
.card-body { padding: 2px 24px 22px; display: grid; gap: 20px; grid-template-columns: minmax(0, 1fr); }
.pill { display: inline-flex; align-items: center; gap: 6px; padding: 2px 10px; border-radius: 99px; background: var(--tint); color: var(--tone); font-size: 13px; font-weight: 650; white-space: nowrap; letter-spacing: 0; }
.block > h3 { font-size: 14px; margin-bottom: 10px; }
.note { display: flex; gap: 10px; padding: 10px 14px; border-radius: 10px; background: var(--tint); font-size: 14px; border-left: 3px solid var(--tone); }
.note svg { margin-top: .3em; color: var(--tone); }
.fold { border-top: 1px solid var(--line); padding-top: 12px; margin-bottom: -6px; }
.fold > summary { cursor: pointer; list-style: none; display: flex; align-items: center; gap: 10px; color: var(--ink-soft); font-weight: 600; font-size: 14px; }
.fold > summary::-webkit-details-marker { display: none; }
.fold > summary h3 { font-size: inherit; font-weight: inherit; } .fold > summary:hover { color: var(--ink); }
.fold > .inside { padding: 12px 0 8px; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { padding: 8px 12px; text-align: left; vertical-align: top; border-top: 1px solid var(--line); overflow-wrap: normal; }
td { max-width: 44ch; } thead th { border-top: 0; background: var(--sunken); font-size: 12.5px; font-weight: 600; color: var(--ink-soft); vertical-align: bottom; }
td:first-child:not(.long), td:not(.long) .cell { white-space: nowrap; } td.long { min-width: 20ch; overflow-wrap: anywhere; }
tbody th { font-weight: 600; } .num { text-align: right; white-space: nowrap; }
.cell { display: inline-flex; gap: 6px; align-items: baseline; } .cell svg { align-self: center; }
.toned { color: var(--tone); font-weight: 600; }
.metrics { display: grid; grid-template-columns: repeat(auto-fill, minmax(168px, 1fr)); gap: 12px; margin: 0; padding: 0; list-style: none; }
.metric { border: 1px solid var(--line); border-radius: 12px; padding: 12px 14px 12px; background: linear-gradient(var(--sunken), transparent 70%); }
.metric .label { color: var(--ink-soft); font-size: 13px; }
.metric .value { font-size: 26px; font-weight: 680; letter-spacing: -.02em; line-height: 1.25; }
.metric .against { font-size: 13px; color: var(--ink-soft); } .metric .pill { margin: 4px 0 4px -2px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 290px), 1fr)); gap: 14px; }
figure { margin: 0; min-width: 0; border: 1px solid var(--line); border-radius: 12px; padding: 12px 14px; max-width: 430px; }
figcaption { font-size: 13px; color: var(--ink-soft); } figcaption b { color: var(--ink); font-size: 14px; }
.chart { display: block; width: 100%; height: auto; margin: 6px 0; }
.legend { list-style: none; margin: 4px 0 0; padding: 0; display: grid; gap: 4px; }
.legend li { display: flex; gap: 8px; align-items: baseline; } .legend i { flex: none; width: 14px; height: 4px; border-radius: 2px; background: var(--swatch); transform: translateY(-3px); } .legend span { min-width: 0; }
.scroll:has(.heat) { width: fit-content; max-width: 100%; } .heat { width: auto; } .heat th, .heat td { text-align: center; padding: 6px 8px; min-width: 42px; border: 1px solid var(--card); white-space: nowrap; }
.heat thead th, .heat tbody th { background: none; color: var(--ink-soft); font-size: 13px; } .heat td { border-radius: 4px; background: color-mix(in oklab, var(--hue) calc(var(--heat) * 1%), var(--sunken)); }
.heat .right { --hue: var(--good); font-weight: 650; } .heat .wrong { --hue: var(--bad); } .heat .none { color: var(--ink-soft); } .heat .share { background: none; color: var(--ink-soft); padding-left: 14px; }
.interval { display: block; width: 168px; overflow: visible; } td .interval { margin: 2px 0 4px; } .range { color: var(--ink-soft); font-size: 12.5px; white-space: nowrap; } .below { color: var(--ink-soft); font-size: 13px; margin-top: 2px; max-width: 62ch; }
.rules th { white-space: normal; } .rules td { max-width: 64ch; } .rules td:nth-child(2) { font-weight: 550; } .rules .below { font-weight: 400; }
.interval line { stroke: var(--tone); stroke-width: 2.5; stroke-linecap: round; } .interval .dot { fill: var(--tone); stroke: var(--card); stroke-width: 1.5; }
.interval .zero { stroke: var(--rail); stroke-width: 1.5; stroke-linecap: butt; } .interval .limit { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 3 2; stroke-linecap: butt; } .interval .forbidden { fill: var(--bad-tint); }
.interval text { font-size: 11.5px; fill: var(--ink-soft); }
.forests { display: grid; align-items: start; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 14px; }
.forest { max-width: none; } .forest ul { list-style: none; margin: 8px 0 4px; padding: 0; font-size: 13.5px; }
.forest li { display: grid; grid-template-columns: minmax(0, 11em) minmax(0, 1fr) 8.5em; gap: 0 12px; align-items: center; padding: 3px 0; }
.forest li.first:not(:first-child) { border-top: 1px solid var(--line); margin-top: 4px; padding-top: 6px; }
.forest .interval { width: 100%; } .forest .slice { display: flex; gap: 6px; align-items: baseline; } .forest .slice svg { align-self: center; } .forest .n { color: var(--ink-soft); font-size: 12px; white-space: nowrap; } .forest .said { text-align: right; white-space: nowrap; }
.ends { display: flex; justify-content: space-between; gap: 12px; font-size: 12px; color: var(--ink-soft); margin-top: -4px; }
.quiet { color: var(--ink-soft); font-size: 13px; margin-top: 8px; }
.timeline { list-style: none; margin: 0; padding: 0; }
.timeline li { position: relative; display: grid; grid-template-columns: 30px minmax(0, 1fr) auto; gap: 0 12px; padding-bottom: 14px; }
.timeline li:not(:last-child)::before { content: ""; position: absolute; left: 14px; top: 30px; bottom: 0; border-left: 2px solid var(--line); }
.timeline .dot { width: 30px; height: 30px; border-radius: 50%; background: var(--tint); color: var(--tone); display: grid; place-items: center; font-size: 14px; }
.timeline .step { font-weight: 600; padding-top: 4px; } .timeline .took { color: var(--ink-soft); font-size: 13px; padding-top: 5px; }
.timeline .detail { grid-column: 2 / -1; color: var(--ink-soft); font-size: 14px; }
.timeline .bar { grid-column: 2 / -1; height: 4px; margin-top: 6px; border-radius: 2px; background: var(--tone); opacity: .55; width: max(2px, calc(var(--part) * 1%)); }
pre { margin: 0; padding: 12px 14px; overflow-x: auto; background: var(--sunken); border: 1px solid var(--line); border-radius: 10px; font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre .plus { color: var(--good); } pre .minus { color: var(--bad); } pre .hunk { color: var(--busy); }
footer { margin-top: 36px; color: var(--ink-soft); font-size: 13px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 680px) {
  main { padding: 16px 12px 40px; }
  .origin { margin-left: 0; }
  .banner-head { padding: 18px 16px; gap: 14px; } .banner-sign { width: 42px; height: 42px; font-size: 21px; }
  .callout { padding: 14px 16px; } .callout dl, .facts { grid-template-columns: minmax(0, 1fr); gap: 0; } .callout dd, .facts dd { margin-bottom: 8px; }
  .rail { display: block; padding: 16px 16px 4px; }
  .station { display: grid; grid-template-columns: 42px minmax(0, 1fr) auto; gap: 0 14px; text-align: left; padding: 0 0 18px; align-items: center; }
  .station .node { margin: 0; grid-row: 1 / 3; } .station .word { grid-column: 2; } .station .time { grid-column: 3; grid-row: 1 / 3; }
  .station::before { top: -16px; left: 14px; right: auto; width: 14px; height: 14px; border-block: 0; border-inline: 2px solid var(--rail); background: repeating-linear-gradient(transparent 0 3px, var(--rail) 3px 6px, transparent 6px 8px); }
  .card > summary { padding: 14px 16px; } .card-body { padding: 2px 16px 18px; }
  .metrics { grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); } .metric .value { font-size: 22px; } .metric .pill { font-size: 12px; padding: 2px 7px; margin-left: -4px; }
  th, td { padding: 7px 10px; } .interval { width: 132px; }
  .scroll:has(.rules) { border: 0; overflow: visible; } .rules, .rules tbody { display: block; } .rules thead { display: none; }
  .rules tr { display: grid; grid-template-columns: repeat(3, auto); gap: 8px 14px; border: 1px solid var(--line); border-radius: 12px; padding: 12px 14px; margin-bottom: 10px; }
  .rules td { display: block; border: 0; padding: 0; min-width: 0; text-align: left; white-space: normal; } .rules td:nth-child(1), .rules td:nth-child(2), .rules td:nth-child(3) { grid-column: 1 / -1; } .rules .interval { width: 100%; }
  .rules td.num { align-self: end; }
  .rules td.num::before { content: attr(data-label); display: block; color: var(--ink-soft); font-size: 12px; }
  .forest li { grid-template-columns: minmax(0, 1fr) auto; } .forest li > .interval { grid-column: 1 / -1; grid-row: 2; }
}
@media print {
  body { background: #fff; } main { max-width: none; padding: 0; }
  .card, .banner, .rail { box-shadow: none; } .metric, figure, .note, tr, .station { break-inside: avoid; }
  details::details-content { content-visibility: visible; display: block; block-size: auto; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none; scroll-behavior: auto; } }
`;
