/** The frame of a page that opens offline: head, title, links to its sections. What stands in them is its maker's. */
import { html, type Html } from './html.js';
import { STYLE } from './style.js';

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}
export interface Framed {
  readonly title: string;
  /** Below the title. */
  readonly meta: Html;
  readonly links: readonly Pick<Section, 'id' | 'title'>[];
  readonly main: Html;
}

export function framed({ title, meta, links, main }: Framed): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <p class="meta">${meta}</p>
          <nav aria-label="Sections">${links.map((link) => html`<a href="#${link.id}">${link.title}</a>`)}</nav>
        </header>
        <main>${main}</main>
      </body>
    </html> `;
  return page.text;
}

export function sectionPart({ id, title, body }: Section): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${body}
  </section>`;
}
