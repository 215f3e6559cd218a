/**
 * Units: spellings and synonyms of one unit have one name here. Nothing is converted. A unit that is not known is a counted thing
 * ("7 blocks").
 */
import { rule } from './rules.js';
import type { Token } from './tokens.js';

export interface Unit {
  /** Canonical: `cm`, `cm^2`, `km/h`. */
  readonly key: string;
  readonly counted: boolean;
}

/** canonical name: symbols as written; then, after the bar, names in small letters without the plural s. */
const TABLE = `
mm: mm | millimeter millimetre
cm: cm | centimeter centimetre
dm: dm | decimeter decimetre
m: m | meter metre
km: km | kilometer kilometre
um: um | micrometer micrometre micron
nm: nm | nanometer nanometre
in: in | inch inche
ft: ft | foot feet
yd: yd | yard
mi: mi | mile
ly: ly | light-year lightyear
mg: mg | milligram milligramme
g: g | gram gramme gm
kg: kg | kilogram kilogramme kilo
t: t | ton tonne
oz: oz | ounce
lb: lb | lb pound
ml: ml mL | milliliter millilitre
cl: cl cL | centiliter centilitre
l: l L | liter litre
gal: gal | gallon
ms: ms | millisecond
s: s | second sec
min: min | minute min
h: h hr | hour hr
day: d | day
week: wk | week
month: mo | month
year: yr | year yr
Hz: Hz | hertz
kHz: kHz | kilohertz
MHz: MHz | megahertz
GHz: GHz | gigahertz
N: N | newton
kN: kN | kilonewton
J: J | joule
kJ: kJ | kilojoule
MJ: MJ | megajoule
cal: cal | calorie
kcal: kcal | kilocalorie
eV: eV | electronvolt
W: W | watt
mW: mW | milliwatt
kW: kW | kilowatt
MW: MW | megawatt
kWh: kWh | kilowatt-hour
V: V | volt
mV: mV | millivolt
kV: kV | kilovolt
A: A | ampere amp
mA: mA | milliampere milliamp
ohm: Ω Omega | ohm
kohm: kΩ | kiloohm kilohm
F: F | farad
C: C | coulomb
T: T | tesla
Wb: Wb | weber
H: H | henry
Pa: Pa | pascal
hPa: hPa | hectopascal
kPa: kPa | kilopascal
MPa: MPa | megapascal
atm: atm | atmosphere
mmHg: mmHg |
bar: bar |
K: K | kelvin
mol: mol | mole
mmol: mmol | millimole
M: M | molar
ha: ha | hectare
acre: | acre
B: | byte
bit: | bit
KB: KB | kilobyte
MB: MB | megabyte
GB: GB | gigabyte
TB: TB | terabyte
dB: dB | decibel
rad: rad | radian
deg: deg deg° | degree deg
degC: | celsiu celsius centigrade
degF: | fahrenheit
%: pct | percent
usd: usd USD | dollar usd
eur: eur EUR | euro
gbp: gbp GBP | pound-sterling sterling
jpy: jpy JPY | yen
cny: cny CNY RMB | yuan renminbi rmb
inr: inr INR Rs | rupee
krw: krw KRW | won
cents: cents | cent penny pennie pence
u: u | unit
mph: mph |
kph: kph kmh |
rpm: rpm |
`;
const SYMBOLS = new Map<string, string>();
const NAMES = new Map<string, string>();
for (const line of TABLE.trim().split('\n')) {
  const [key = '', rest = ''] = line.split(/:(?= )/);
  const [symbols = '', names = ''] = rest.split('|');
  for (const symbol of symbols.split(' ').filter(Boolean)) SYMBOLS.set(symbol, key);
  for (const name of names.split(' ').filter(Boolean)) NAMES.set(name, key);
}
/** Compound units that have names of their own. */
const COMPOUND: Readonly<Record<string, string>> = { mph: 'mi/h', kph: 'km/h', rpm: 'rev/min' };

export const MONEY: ReadonlySet<string> = new Set(['usd', 'eur', 'gbp', 'jpy', 'cny', 'inr', 'krw', 'cents']);

export function unitOf(word: string): string | undefined {
  if (!rule('unit-synonyms')) return word === 'cm' || word === 'm' ? word : undefined;
  const lower = word.toLowerCase();
  return SYMBOLS.get(word) ?? NAMES.get(lower) ?? (lower.endsWith('s') ? NAMES.get(lower.slice(0, -1)) : undefined);
}

const POWERS: Readonly<Record<string, number>> = { square: 2, sq: 2, squared: 2, cubic: 3, cu: 3, cubed: 3 };
/** Words behind a unit that change nothing: "12 cm long". */
const IDLE = new Set('long tall wide high deep old away apart each total approximately about in of'.split(' '));

const MAX_WORDS = 5;

/** The unit that all of the tokens are; null if they are none. */
export function readUnit(tokens: readonly Token[]): Unit | null {
  const powers = new Map<string, number>();
  const counted: string[] = [];
  let sign = 1;
  let next = 0;
  let last = '';
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) return null;
    const word = token.v;
    if (token.t === 'op' || token.t === 'open' || token.t === 'close' || token.t === 'num') {
      if (word === '/') sign = -1;
      else if (word === '^') {
        const raised = exponent(tokens, at + 1);
        if (raised === undefined || last === '') return null;
        powers.set(last, (powers.get(last) ?? 0) + (raised.value - 1) * Math.sign(powers.get(last) ?? 1));
        at = raised.end;
      } else if (word === 'deg') add('deg');
      else if (word === '%') add('%');
      else if (word === '"') add('in');
      else if (MONEY.has(word)) add(word);
      else if (
        word !== '*' &&
        word !== '-' &&
        word !== '.' &&
        word !== '{' &&
        word !== '}' &&
        word !== '(' &&
        word !== ')'
      )
        return null;
      continue;
    }
    const lower = word.toLowerCase();
    const power = POWERS[lower];
    if (lower === 'per' || lower === 'a' || lower === 'an') {
      if (lower === 'per' || last !== '') sign = -1;
    } else if (power !== undefined && rule('unit-powers')) {
      if (lower.endsWith('ed')) powers.set(last, (powers.get(last) ?? 0) * power);
      else next = power;
    } else {
      const unit = counted.length === 0 ? degrees(word, last) : undefined;
      if (unit !== undefined) add(unit);
      else if (last !== '' && IDLE.has(lower)) continue;
      else if (last !== '') continue;
      else counted.push(lower);
    }
  }
  if (last === '') {
    const thing = counted.at(-1);
    if (thing === undefined || counted.length > MAX_WORDS) return null;
    return { key: thing.length > 2 ? thing.replace(/s$/, '') : thing, counted: true };
  }
  return { key: keyOf(powers), counted: false };

  function add(unit: string): void {
    powers.set(unit, (powers.get(unit) ?? 0) + sign * (next || 1));
    last = unit;
    next = 0;
    sign = 1;
  }
  function degrees(word: string, before: string): string | undefined {
    if (before === 'deg' && /^(c|f|celsius|fahrenheit)$/i.test(word)) {
      powers.delete('deg');
      last = '';
      return /^c/i.test(word) ? 'degC' : 'degF';
    }
    return unitOf(word);
  }
}

function exponent(tokens: readonly Token[], at: number): { value: number; end: number } | undefined {
  const braced = tokens[at]?.v === '{';
  let i = braced ? at + 1 : at;
  const negative = tokens[i]?.v === '-';
  if (negative) i++;
  const value = Number(tokens[i]?.v);
  if (!Number.isInteger(value) || value < 1 || value > 9) return undefined;
  return { value: negative ? -value : value, end: braced ? i + 1 : i };
}

function keyOf(powers: ReadonlyMap<string, number>): string {
  const parts = [...powers].filter(([, power]) => power !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
  const write = ([name, power]: [string, number]): string =>
    Math.abs(power) === 1 ? name : `${name}^${Math.abs(power)}`;
  const up = parts.filter(([, power]) => power > 0).map(write);
  const down = parts.filter(([, power]) => power < 0).map(write);
  const key = up.join('*') + (down.length === 0 ? '' : `/${down.join('/')}`);
  return COMPOUND[key] ?? key;
}

/** May stand beside each other: the same, or one says less. */
export function compatible(a: Unit, b: Unit): boolean {
  if (a.key === b.key) return true;
  if (pounds(a.key, b.key) || pounds(b.key, a.key)) return true;
  const degrees = [a.key, b.key].sort().join(' ');
  return degrees === 'deg degC' || degrees === 'deg degF';
}
/** "pounds" are a weight or money. */
const pounds = (a: string, b: string): boolean => a === 'lb' && b === 'gbp';
