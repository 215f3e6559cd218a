/** LaTeX commands by what they mean to the tokenizer: nothing, text, another name, a sign, a bracket, a letter. */

export const DROPPED = new Set(
  (
    'displaystyle textstyle scriptstyle left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr limits nolimits quad ' +
    'qquad mathbf mathit boldsymbol bm mathsf mathcal mathnormal underline boxed fbox hfill noindent centering large Large small bf it rm ' +
    'tt thinspace enspace mathstrut middle mathop mathopen mathclose mathord strut protect'
  ).split(' '),
);
export const TEXT = new Set(
  'text textbf textit textrm textnormal textsf texttt emph mathrm mbox hbox operatorname textup textsc textmd mathtt'.split(
    ' ',
  ),
);
export const RENAMED: Readonly<Record<string, string>> = {
  dfrac: 'frac',
  tfrac: 'frac',
  cfrac: 'frac',
  dbinom: 'binom',
  tbinom: 'binom',
  choose: 'choose',
};
export const OPERATORS: Readonly<Record<string, string>> = {
  le: '<=',
  leq: '<=',
  leqslant: '<=',
  ge: '>=',
  geq: '>=',
  geqslant: '>=',
  ne: '!=',
  neq: '!=',
  lt: '<',
  gt: '>',
  cdot: '*',
  times: '*',
  ast: '*',
  div: '/',
  pm: 'pm',
  mp: 'mp',
  cup: 'cup',
  bigcup: 'cup',
  cap: 'cap',
  setminus: 'minus',
  backslash: 'minus',
  in: 'in',
  land: 'and',
  wedge: 'and',
  lor: 'or',
  vee: 'or',
  mid: '|',
  lvert: '|',
  rvert: '|',
  vert: '|',
  approx: '~',
  simeq: '~',
  colon: ':',
  degree: 'deg',
  circ: 'deg',
  prime: "'",
  equiv: '=',
  triangle: 'triangle',
  angle: 'angle',
  measuredangle: 'angle',
  pounds: 'gbp',
  euro: 'eur',
  yen: 'jpy',
  rupee: 'inr',
  cent: 'cents',
  textdollar: 'usd',
  texteuro: 'eur',
  textdegree: 'deg',
  textasciitilde: ' ',
  newline: '\\\\',
};
export const BRACKETS: Readonly<Record<string, readonly ['open' | 'close', string]>> = {
  lbrace: ['open', 'set'],
  rbrace: ['close', 'set'],
  langle: ['open', '<'],
  rangle: ['close', '>'],
  lbrack: ['open', '['],
  rbrack: ['close', ']'],
  lparen: ['open', '('],
  rparen: ['close', ')'],
  lfloor: ['open', 'floor'],
  rfloor: ['close', 'floor'],
  lceil: ['open', 'ceil'],
  rceil: ['close', 'ceil'],
};
export const GREEK = new Set(
  (
    'alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau upsilon phi varphi chi ' +
    'psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell hbar'
  ).split(' '),
);
