/** Which characters make numerals and names, and what may stand inside a numeral. */
export const digit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9';
export const alpha = (char: string | undefined): boolean =>
  char !== undefined && ((char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z'));
export const wide = (char: string | undefined): boolean => char !== undefined && char > '\x7f' && /\p{L}/u.test(char);

/** `,`, `{,}`, `,\!`, `\,` or a space, and then exactly three digits. */
export const GROUP = /(?:,|\{,\}|,\\!|\\,| |~)(?=\d{3}(?!\d))/y;
export const EXPONENT = /[eE]([+-]?\d{1,9})(?![\dA-Za-z^])/y;
export const REPEATED = /\\(?:overline|bar|dot)\s*\{(\d{1,40})\}/y;
