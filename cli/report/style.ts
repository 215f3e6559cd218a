/** The report's look: system fonts, light and dark by the reader's setting, and a print form. */
import { Html } from './html.js';

export const STYLE = new Html(`
:root { color-scheme: light dark; --bg: #fff; --fg: #1b1f24; --dim: #626b76; --line: #dfe3e8; --card: #f7f8fa; --ok: #0a7d55; --bad: #c0362c; --mark: #ffd7d2; }
@media (prefers-color-scheme: dark) { :root { --bg: #14171b; --fg: #e6e9ed; --dim: #98a2ae; --line: #2c323a; --card: #1c2026; --ok: #3ecf9a; --bad: #ff7d70; --mark: #6b2a24; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1360px; padding: 1.5rem clamp(1rem, 3vw, 2.5rem) 4rem; background: var(--bg); color: var(--fg); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.3rem; margin: 2.4rem 0 0.6rem; }
h3 { font-size: 1.05rem; margin: 2rem 0 0.4rem; }
h4 { margin: 0.8rem 0 0; font-size: 0.92rem; }
p { margin: 0.3rem 0 0.8rem; max-width: 75ch; }
.meta, figcaption, .interval, caption, .gold { color: var(--dim); }
.meta { font-size: 0.85rem; }
figure { margin: 0; }
figcaption, caption { font-size: 0.82rem; text-align: left; }
caption { padding-bottom: 0.4rem; }
svg { --plot-background: var(--bg); max-width: 100%; height: auto; font-family: inherit; }
.pair { display: grid; grid-template-columns: minmax(0, 9fr) minmax(0, 13fr); gap: 1.5rem; align-items: start; margin-bottom: 1.5rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 1.2rem 2rem; }
.scroll { overflow-x: auto; }
details { margin-top: 0.6rem; } summary { cursor: pointer; color: var(--dim); }
table { border-collapse: collapse; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.28rem 0.55rem; border-bottom: 1px solid var(--line); text-align: left; font-weight: 400; white-space: nowrap; }
thead th { color: var(--dim); border-bottom-width: 2px; }
.num { text-align: right; }
.level0 > * { font-weight: 600; }
.level0 td b, .level0 td { font-weight: 600; }
.level1 th { padding-left: 1.7rem; }
.level1 td b { font-weight: 400; }
.interval { font-weight: 400; font-size: 0.85em; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(600px, 100%), 1fr)); gap: 1rem; }
.card { display: grid; grid-template-columns: 128px minmax(0, 1fr); gap: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 0.9rem; break-inside: avoid; }
.scene img { width: 128px; height: 128px; image-rendering: pixelated; border-radius: 4px; display: block; }
.card p { margin: 0 0 0.2rem; }
.course { font-size: 0.75rem; text-transform: uppercase; letter-spacing: 0.04em; color: var(--dim); }
.course.learnt, .ok { color: var(--ok); }
.course.lost, .bad { color: var(--bad); }
.question { font-weight: 600; }
.gold { font-size: 0.85rem; }
.answers { font-size: 0.82rem; width: 100%; }
.answers th, .answers td { border: 0; padding: 0.1rem 0.6rem 0.1rem 0; vertical-align: top; }
.answers th { color: var(--dim); }
.words { white-space: normal; font-family: ui-monospace, monospace; font-size: 0.92em; width: 100%; }
mark { background: var(--mark); color: inherit; border-radius: 3px; padding: 0 0.25em; text-decoration: underline; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 0.8rem; }
summary { cursor: pointer; margin: 0.6rem 0; }
@media (max-width: 1500px) { .pair { grid-template-columns: minmax(0, 1fr); } }
@media print {
  :root { --bg: #fff; --fg: #000; --dim: #444; --line: #bbb; --card: #fff; --mark: #eee; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  figure, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .recipe + .recipe { break-before: page; }
  .scroll { overflow: visible; }
}
`);
