/** The report's look: system fonts, light and dark by the reader's setting, and a print form. Colours after Okabe and Ito. */
import { Html } from './html.js';

const LIGHT = `--bg: #fff; --fg: #1b1f24; --dim: #5b6470; --line: #dfe3e8; --card: #f6f7f9; --ok: #0a7350; --bad: #b8321f; --mark: #ffd9d3; --tail: #9aa2ac;
  --c1: #0072b2; --c2: #c25e00; --c3: #00805c; --c4: #a8508a; --c5: #8a6d00; --c6: #2f7fa8;`;
const DARK = `--bg: #14171b; --fg: #e6e9ed; --dim: #9aa4b0; --line: #2d333b; --card: #1b2026; --ok: #43cfa0; --bad: #ff8a76; --mark: #6d2b24; --tail: #6b747f;
  --c1: #4fb0ea; --c2: #f0953f; --c3: #2fc79a; --c4: #e08fc4; --c5: #dcc04a; --c6: #8ccbe8;`;

export const STYLE = new Html(`
:root { color-scheme: light dark; ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body { margin: 0 auto; max-width: 1400px; padding: 1.75rem clamp(1rem, 3vw, 2.5rem) 4rem; background: var(--bg); color: var(--fg); font: 15px/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0; letter-spacing: -0.015em; }
h1.of { margin-top: 3rem; border-top: 3px solid var(--fg); padding-top: 1rem; }
h2 { font-size: 1.3rem; line-height: 1.25; margin: 2.75rem 0 0.75rem; padding-top: 0.9rem; border-top: 1px solid var(--line); letter-spacing: -0.01em; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 0.5rem; }
h4 { margin: 0 0 0.15rem; font-size: 0.92rem; }
p { margin: 0 0 0.8rem; max-width: 76ch; }
.lead { font-size: 1.08rem; }
.meta, figcaption, .interval, caption, .gold, .unit { color: var(--dim); }
.meta { font-size: 0.86rem; margin: 0.3rem 0 0.7rem; }
.unit { font-weight: 400; font-size: 0.86em; }
.note { border-left: 3px solid var(--c2); padding-left: 0.8rem; margin: 0.8rem 0; }
nav { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; font-size: 0.9rem; }
a { color: var(--c1); text-decoration: none; } a:hover { text-decoration: underline; }
figure { margin: 0; min-width: 0; }
figcaption, caption { font-size: 0.84rem; text-align: left; }
caption { padding-bottom: 0.4rem; }
svg { --plot-background: var(--bg); display: block; max-width: 100%; height: auto; font-family: inherit; font-variant-numeric: tabular-nums; overflow: visible; }
.drawing svg { max-width: none; }
.pair { display: grid; grid-template-columns: minmax(0, 536px) minmax(0, 1fr); gap: 1.5rem 2.5rem; align-items: start; margin-bottom: 1.5rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(380px, 100%), 1fr)); gap: 1.5rem 2rem; }
.scroll { overflow-x: auto; margin-bottom: 0.8rem; }
details { margin-top: 0.8rem; }
summary { cursor: pointer; color: var(--dim); margin: 0.5rem 0; }
table { border-collapse: collapse; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.32rem 1.1rem 0.32rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--dim); vertical-align: bottom; border-bottom-width: 2px; }
tbody th { font-weight: 600; }
.wrap { white-space: normal; min-width: 14rem; max-width: 34rem; }
th.num, td.num { text-align: right; }
.level0 > * { font-weight: 600; }
.level1 th { padding-left: 1rem; font-weight: 400; }
.level1 td b { font-weight: 400; }
.interval { font-weight: 400; font-size: 0.9em; }
.headlines { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(270px, 100%), 1fr)); gap: 1rem; margin: 0; }
.headlines div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 0.7rem 0.9rem; }
.headlines dt { color: var(--dim); font-size: 0.88rem; }
.headlines dt::first-letter { text-transform: uppercase; }
.headlines dd { margin: 0; }
.headlines b { display: block; font-size: 1.7rem; line-height: 1.25; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.headlines .interval { display: block; font-size: 0.82rem; font-variant-numeric: tabular-nums; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1.3rem; margin: 0.2rem 0 1rem; padding: 0; font-size: 0.86rem; color: var(--dim); }
.legend li { display: flex; align-items: center; gap: 0.45rem; }
.legend i { width: 1.25rem; height: 0.3rem; border-radius: 0.15rem; flex: none; }
.legend .symbol { color: var(--tail); }
.legend .ring { width: 0.85rem; height: 0.85rem; border: 3px solid var(--c1); border-radius: 50%; flex: none; }
.legend .ring.small { width: 0.55rem; height: 0.55rem; border-width: 2px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(600px, 100%), 1fr)); gap: 1rem; }
.card { display: grid; grid-template-columns: 112px minmax(0, 1fr); gap: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 0.9rem; break-inside: avoid; }
.scene img { width: 100%; max-width: 112px; aspect-ratio: 1; image-rendering: pixelated; border-radius: 4px; display: block; }
.scene .photo { image-rendering: auto; aspect-ratio: auto; }
main > .lead { margin-top: 1.1rem; }
.block { margin: 1.3rem 0 1.1rem; }
.said { white-space: normal; min-width: 6.5rem; }
.options { margin: 0 0 0.3rem; padding-left: 1.4rem; font-size: 0.9rem; }
.card p { margin: 0 0 0.2rem; }
.course { font-size: 0.74rem; text-transform: uppercase; letter-spacing: 0.05em; color: var(--dim); }
.course.learnt, .ok { color: var(--ok); }
.course.lost, .bad, .legend .bad { color: var(--bad); }
.question { font-weight: 600; }
.gold { font-size: 0.86rem; }
.answers { font-size: 0.84rem; width: 100%; }
.answers th, .answers td { border: 0; padding: 0.12rem 0.6rem 0.12rem 0; }
.answers th { color: var(--dim); font-weight: 400; }
.words { white-space: normal; font-family: ui-monospace, monospace; font-size: 0.92em; width: 100%; overflow-wrap: anywhere; }
mark { background: var(--mark); color: inherit; border-radius: 3px; padding: 0 0.25em; text-decoration: underline; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(190px, 100%), 1fr)); gap: 0.6rem 1.5rem; margin: 0 0 1.2rem; }
.facts dt { color: var(--dim); font-size: 0.84rem; } .facts dd { margin: 0; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
td code { white-space: inherit; } td.wrap code { overflow-wrap: anywhere; }
pre { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 0.8rem; }
:focus-visible { outline: 2px solid var(--c1); outline-offset: 2px; }
@media (max-width: 1100px) { .pair { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 480px) { .headlines { grid-template-columns: 1fr 1fr; gap: 0.6rem; } .headlines div { padding: 0.5rem 0.6rem; } .headlines b { font-size: 1.4rem; } .card { grid-template-columns: minmax(0, 1fr); } .wrap { min-width: 11rem; } }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media print {
  @page { margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  nav { display: none; }
  a { color: inherit; }
  figure, tr, .headlines div { break-inside: avoid; }
  h2, h3, h4, caption, .legend { break-after: avoid; }
  .recipe + .recipe { break-before: page; }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; }
  th, td { padding-right: 0.6rem; white-space: normal; }
  .wrap { min-width: 0; }
  .num, code { white-space: nowrap; overflow-wrap: normal; }
  td.wrap code { white-space: normal; }
  .drawing svg { max-width: 100%; }
  .pair { grid-template-columns: minmax(0, 1fr); }
  .pair > figure { max-width: 130mm; }
  .charts { grid-template-columns: 1fr 1fr; }
  .cards { grid-template-columns: 1fr; }
}
`);
