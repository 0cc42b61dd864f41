/** The style sheet of the status page, in the look of the library's reports; it loads nothing. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fbfbfa; --soft: #59626e; --rule: #d9dde2; --bad: #a3231c;
  --good: #2b6a22; --level-0: #1764ab; --level-1: #4b8f3f; --level-2: #b4541a; --level-3: #77808c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --paper: #14181d; --soft: #a3adb9; --rule: #333b45;
  --bad: #ff9a91; --good: #8fd884; --level-0: #6cb2ee; --level-1: #85cc79; --level-2: #f0995a; --level-3: #98a2ae; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.2rem 4rem; max-width: 76rem; font: 15px/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); }
header { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; align-items: baseline; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
p { color: var(--soft); margin: .4rem 0; } a { color: var(--level-0); }
.skip { position: absolute; left: -99rem; } .skip:focus { position: static; }
.state { font-weight: 600; color: var(--good); } .state.bad, .bad { color: var(--bad); }
:focus-visible { outline: 2px solid var(--level-0); outline-offset: 2px; }
.view { position: relative; max-width: 48rem; overflow: hidden; background: #000; line-height: 0;
  --split: 50%; touch-action: pan-y; }
.view img { width: 100%; height: auto; }
.view .after { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--split)); }
.view::after { content: ''; position: absolute; top: 0; bottom: 0; left: var(--split); width: 2px; margin-left: -1px;
  background: #fff; box-shadow: 0 0 4px #000; pointer-events: none; }
.view input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize; }
.view:focus-within { outline: 2px solid var(--level-0); outline-offset: 2px; }
.view span { position: absolute; top: .6rem; padding: .1rem .5rem; font-size: .8rem; line-height: 1.5; color: #fff;
  background: #000b; pointer-events: none; }
.view span:first-of-type { left: .6rem; } .view span:last-of-type { right: .6rem; }
.products { display: flex; flex-wrap: wrap; gap: .8rem; margin: 0; padding: 0; list-style: none; }
.products li { width: 8.5rem; font-size: .8rem; line-height: 1.35; overflow-wrap: anywhere; }
.products img { width: 100%; height: 6.4rem; object-fit: cover; display: block; background: var(--rule); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(21rem, 1fr)); gap: 0 2rem; }
.pair td, .pair tbody th { white-space: normal; overflow-wrap: anywhere; }
table { border-collapse: collapse; } caption { text-align: left; color: var(--soft); padding: .2rem 0; }
th, td { padding: .25rem .9rem .25rem 0; border-bottom: 1px solid var(--rule); text-align: left; white-space: nowrap;
  font-variant-numeric: tabular-nums; font-weight: normal; } thead th { font-weight: 600; }
.scroll { overflow-x: auto; max-width: 100%; } code { font-size: .85em; }
meter { width: 14rem; height: 1rem; vertical-align: middle; }
svg { width: 100%; max-width: 44rem; height: auto; display: block; } svg text { font-size: 11px; fill: var(--soft); }
svg line { stroke: var(--rule); } svg .miss { fill: var(--bad); }
.level-0 { fill: var(--level-0); } .level-1 { fill: var(--level-1); } .level-2 { fill: var(--level-2); }
.level-3 { fill: var(--level-3); } .legend svg { display: inline; width: .8em; height: .8em; margin: 0 .4em 0 1em; }
`;
