/** YAML (or JSON) text that a person wrote, with the places of what stands in it. What it must hold is for others. */
import { LineCounter, parseDocument, type Document } from 'yaml';

export interface YamlText {
  readonly document: Document;
  /** `file:line:column` of an offset in the text. */
  readonly at: (offset: number) => string;
  /** Where it is no YAML, and why: a line each; empty when it is. */
  readonly errors: readonly string[];
}

export function openYaml(text: string, file: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  // What the parser says after the place quotes the file.
  const errors = document.errors.map((e) => `${at(e.pos[0])}: ${e.message.split(' at line ')[0] ?? 'no YAML'}`);
  return { document, at, errors };
}
