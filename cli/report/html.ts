/** HTML with everything escaped that is put into it; pieces that are HTML already are marked as such. */
export class Html {
  constructor(readonly text: string) {}
}

type Piece = string | number | Html | null | undefined | readonly Piece[];

export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return new Html(parts.map((part, i) => (i === 0 ? part : `${render(values[i - 1])}${part}`)).join(''));
}

function render(value: Piece): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'string' || typeof value === 'number') return escape(String(value));
  return value.map(render).join('');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
