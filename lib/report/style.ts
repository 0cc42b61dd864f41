/** The style sheet of a report; it loads nothing. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fbfbfa; --soft: #6b7480; --rule: #d9dde2;
  --first: #b4541a; --second: #1764ab; --third: #3c8031; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --paper: #14181d; --soft: #98a2ae; --rule: #333b45;
  --first: #f0995a; --second: #6cb2ee; --third: #85cc79; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.2rem 4rem; max-width: 68rem; font: 15px/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .6rem; }
p, figcaption, .legend { color: var(--soft); margin: .4rem 0; }
.view { position: relative; overflow: hidden; background: #000; line-height: 0; --split: 50%; touch-action: pan-y; }
.view img { width: 100%; height: auto; }
.view .after { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--split)); }
.view::after { content: ''; position: absolute; top: 0; bottom: 0; left: var(--split); width: 2px; margin-left: -1px;
  background: #fff; box-shadow: 0 0 4px #000; pointer-events: none; }
.view input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize; }
.view:focus-within { outline: 2px solid var(--second); outline-offset: 2px; }
.view span { position: absolute; top: .6rem; padding: .1rem .5rem; font-size: .8rem; line-height: 1.5; color: #fff;
  background: #0009; pointer-events: none; }
.view span:first-of-type { left: .6rem; } .view span:last-of-type { right: .6rem; }
.details { display: flex; flex-wrap: wrap; gap: .4rem; margin: 0 0 1.2rem; overflow-x: auto; }
.details figure, .charts figure { margin: 0; }
.details img, .kernel { image-rendering: pixelated; display: block; }
.kernel { width: 260px; border: 1px solid var(--rule); }
.charts { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
.charts svg { width: 460px; max-width: 100%; }
svg text { font-size: 11px; fill: var(--soft); }
svg .grid { stroke: var(--rule); }
svg polyline { fill: none; stroke-width: 1.8; }
polyline.line-0 { stroke: var(--first); } polyline.line-1 { stroke: var(--second); } polyline.line-2 {
  stroke: var(--third); }
.legend span::before { content: ''; display: inline-block; width: 1.2em; border-top: 3px solid;
  vertical-align: middle; margin: 0 .4em 0 .6em; }
span.line-0::before { border-color: var(--first); } span.line-1::before { border-color: var(--second); }
  span.line-2::before { border-color: var(--third); }
table { border-collapse: collapse; } th, td { padding: .25rem .8rem; border-bottom: 1px solid var(--rule);
  text-align: right; font-variant-numeric: tabular-nums; }
th[scope=row] { text-align: left; font-weight: normal; white-space: nowrap; } thead th { font-weight: 600; }
.scroll { overflow-x: auto; }
`;

/** Moves the border between the two pictures; the range input also answers to the keyboard. */
export const SCRIPT = `
for (const view of document.querySelectorAll('.view')) {
  const range = view.querySelector('input');
  const move = () => view.style.setProperty('--split', range.value + '%');
  range.addEventListener('input', move);
  move();
}
`;
