/**
 * Prompt templates (Jinja) of derived data sets, and their sha256, which is part of the sets' keys. The embedded model knows no
 * such language: it is given the words of a row as they are. Rendering and parsing of replies are not here.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from '../canonical-json.js';

export const PROMPTS = {
  synthesis: {
    /** `caption` */
    ask: `You are given the caption of an image. Write one multiple-choice question about the image whose answer the caption states.
Ask about a spatial relation or a fine visual detail that must be seen in the image. Do not mention the caption.
Give four different options A, B, C and D of which exactly one is right.
Reply with one JSON block and nothing else:
\`\`\`json
{"question": "...", "options": {"A": "...", "B": "...", "C": "...", "D": "..."}, "answer": "A"}
\`\`\`

Caption: {{ caption }}
`,
    /** `reason` */
    repair: `Your reply cannot be used: {{ reason }}.
Reply again with one JSON block in the form that was asked for, and nothing else.
`,
  },
  filter: {
    /** `problem` */
    image: `Look at the image and answer the question. Reply with the letter of the right option only.

{{ problem }}`,
    /** `caption`, `problem` */
    caption: `The image is described by this caption: {{ caption }}

Answer the question from the caption. Reply with the letter of the right option only.

{{ problem }}`,
  },
  difficulty: {
    /** The recipe's form of an answer: think, then box. `problem` */
    ask: `{{ problem }}

You FIRST think about the reasoning process as an internal monologue and then provide the final answer. The reasoning process MUST BE enclosed within <think> </think> tags. The final answer MUST BE put in \\boxed{}.`,
  },
} as const satisfies Record<string, Record<string, string>>;

export function promptsSha256(of: keyof typeof PROMPTS): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(PROMPTS[of]))));
}
