/** Charts as inline SVG, drawn by Plot without a browser. Colours are the page's own variables, so that they suit dark, light and print. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { Html } from './html.js';

/** Typed as unknown: we compile without the DOM's types. */
const { document } = parseHTML('<!doctype html><html><body></body></html>') as { document: unknown };

/** After Okabe and Ito: distinct to the colour-blind. style.ts gives each a value for light and for dark. */
export const COLORS = ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)', 'var(--c5)', 'var(--c6)'];
export const TAIL = 'var(--tail)';
/** In SVG units; a chart that is shown at its own width has them as pixels. */
export const FONT = 12;

export function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? 'currentColor';
}

/** @param title what it shows, for those who do not see it; `description` says what there is to be seen in words */
export function svg(title: string, description: string, options: Plot.PlotOptions): Html {
  const draw = Plot.plot as (options: Record<string, unknown>) => { outerHTML: string };
  const drawn = draw({
    ...options,
    document,
    ariaLabel: title,
    ariaDescription: description,
    style: { fontSize: `${FONT}px` },
  });
  return new Html(drawn.outerHTML.replace('<svg ', '<svg role="img" '));
}

/** Roughly what a text takes, to leave out what does not fit. */
export function textWidth(text: string): number {
  return text.length * FONT * 0.56;
}

/** The text, or as much of it as fits; empty when that would say nothing. */
export function fitText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const letters = Math.floor(width / (FONT * 0.56)) - 1;
  return letters < 3 ? '' : `${text.slice(0, letters)}…`;
}
