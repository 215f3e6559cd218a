/**
 * Characters: Unicode mathematics becomes LaTeX, compatibility forms their plain letters, what is invisible goes. The order of
 * characters stays as stored. Raised and lowered digits become exponents and indices, which NFKC alone would make plain digits.
 */
import { rule } from './rules.js';

const SUPER = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ';
const SUPER_PLAIN = '0123456789+-=()ni';
const SUB = '₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₙₘₖ';
const SUB_PLAIN = '0123456789+-=()aeoxnmk';

const FRACTIONS: Readonly<Record<string, string>> = {
  '½': '1/2',
  '⅓': '1/3',
  '⅔': '2/3',
  '¼': '1/4',
  '¾': '3/4',
  '⅕': '1/5',
  '⅖': '2/5',
  '⅗': '3/5',
  '⅘': '4/5',
  '⅙': '1/6',
  '⅚': '5/6',
  '⅐': '1/7',
  '⅛': '1/8',
  '⅜': '3/8',
  '⅝': '5/8',
  '⅞': '7/8',
  '⅑': '1/9',
  '⅒': '1/10',
  '↉': '0/3',
};

const SYMBOLS: Readonly<Record<string, string>> = {
  '−': '-',
  '–': '-',
  '—': '-',
  '‐': '-',
  '‑': '-',
  '×': '\\times ',
  '⋅': '\\cdot ',
  '·': '\\cdot ',
  '∙': '\\cdot ',
  '•': '\\cdot ',
  '∗': '*',
  '÷': '\\div ',
  '∕': '/',
  '⁄': '/',
  '±': '\\pm ',
  '∓': '\\mp ',
  '∞': '\\infty ',
  '°': '^\\circ ',
  '˚': '^\\circ ',
  º: '^\\circ ',
  '℃': '^\\circ C',
  '℉': '^\\circ F',
  '≤': '\\le ',
  '≥': '\\ge ',
  '⩽': '\\le ',
  '⩾': '\\ge ',
  '≦': '\\le ',
  '≧': '\\ge ',
  '≠': '\\ne ',
  '≈': '\\approx ',
  '≃': '\\approx ',
  '≅': '\\approx ',
  '∪': '\\cup ',
  '∩': '\\cap ',
  '∈': '\\in ',
  '∅': '\\emptyset ',
  Ø: '\\emptyset ',
  '∖': '\\setminus ',
  ℝ: '\\mathbb{R}',
  ℤ: '\\mathbb{Z}',
  ℕ: '\\mathbb{N}',
  ℚ: '\\mathbb{Q}',
  '∠': '\\angle ',
  '√': '\\sqrt ',
  '∛': '\\sqrt[3] ',
  '∜': '\\sqrt[4] ',
  '⌊': '\\lfloor ',
  '⌋': '\\rfloor ',
  '⌈': '\\lceil ',
  '⌉': '\\rceil ',
  '⟨': '\\langle ',
  '⟩': '\\rangle ',
  '〈': '\\langle ',
  '〉': '\\rangle ',
  '′': "'",
  '″': "''",
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '∧': '\\land ',
  '∨': '\\lor ',
  '¬': '\\neg ',
  '→': '\\to ',
  '∑': '\\sum ',
  '∏': '\\prod ',
  '∫': '\\int ',
  '。': '. ',
  '，': ', ',
  '、': ', ',
  '；': '; ',
  '：': ':',
  '（': '(',
  '）': ')',
  '％': '%',
  '＝': '=',
  '…': '\\ldots ',
  '∶': ':',
  '△': '\\triangle ',
  '£': '\\pounds ',
  '€': '\\euro ',
  '¥': '\\yen ',
  '₹': '\\rupee ',
  '¢': '\\cent ',
  Ω: '\\Omega ',
  µ: '\\mu ',
};

const GREEK: Readonly<Record<string, string>> = {
  α: 'alpha',
  β: 'beta',
  γ: 'gamma',
  δ: 'delta',
  ε: 'epsilon',
  ϵ: 'epsilon',
  ζ: 'zeta',
  η: 'eta',
  θ: 'theta',
  ϑ: 'theta',
  ι: 'iota',
  κ: 'kappa',
  λ: 'lambda',
  μ: 'mu',
  ν: 'nu',
  ξ: 'xi',
  π: 'pi',
  ρ: 'rho',
  σ: 'sigma',
  τ: 'tau',
  υ: 'upsilon',
  φ: 'phi',
  ϕ: 'phi',
  χ: 'chi',
  ψ: 'psi',
  ω: 'omega',
  Γ: 'Gamma',
  Δ: 'Delta',
  Θ: 'Theta',
  Λ: 'Lambda',
  Ξ: 'Xi',
  Π: 'Pi',
  Σ: 'Sigma',
  Φ: 'Phi',
  Ψ: 'Psi',
  Ω: 'Omega',
};

const PLAIN = /^[\t\n\r\x20-\x7e]*$/;
/** Zero-width characters, direction marks, soft hyphen, byte-order mark, variation selectors; controls; lone surrogates. */
const INVISIBLE =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]/g;
const CONTROLS = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\p{Cs}/gu;
const RAISED = new RegExp(`[${SUPER}]+`, 'g');
const LOWERED = new RegExp(`[${SUB}]+`, 'g');

function plain(run: string, from: string, to: string): string {
  return [...run].map((char) => to[from.indexOf(char)] ?? '').join('');
}

function letter(char: string): string {
  const symbol = SYMBOLS[char];
  if (symbol !== undefined) return rule('unicode-symbols') ? symbol : char;
  const fraction = FRACTIONS[char];
  if (fraction !== undefined) return rule('unicode-fractions') ? `\\frac{${fraction.replace('/', '}{')}}` : char;
  const greek = GREEK[char];
  if (greek !== undefined) return rule('unicode-greek') ? `\\${greek} ` : char;
  return char;
}

/** The text with plain characters wherever there is a plain way to write it. */
export function plainCharacters(text: string): string {
  if (PLAIN.test(text)) return text;
  let out = text.replace(CONTROLS, ' ');
  if (rule('invisible')) out = out.replace(INVISIBLE, '');
  if (rule('unicode-scripts')) {
    out = out.replace(RAISED, (run) => `^{${plain(run, SUPER, SUPER_PLAIN)}}`);
    out = out.replace(LOWERED, (run) => `_{${plain(run, SUB, SUB_PLAIN)}}`);
  }
  out = out.replace(/[^\x00-\x7f]/gu, letter);
  return rule('nfkc') ? out.normalize('NFKC').replace(/[^\x00-\x7f]/gu, letter) : out;
}
