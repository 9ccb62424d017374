// Numbers as the C library reads them: strtol/strtoul with base 0, then cut to a width; strtod.
// Spec: config-and-cli.md 3.2 (leading-0 octal, 0x, garbage gives 0, silent truncation).

/** What the daemon gets, and whether that is what a reader of the file would expect. */
export interface CNumber {
  readonly value: number;
  /** Text behind the number that is not looked at. */
  readonly rest: string;
  /** Why the value is not what is written, or null. */
  readonly trap: string | null;
}

/** Width and sign of an integer option. */
export interface Width {
  readonly bits: 8 | 16 | 32;
  readonly signed: boolean;
}

const integer = /^[ \t]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/;
const decimal = /^[ \t]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/;

/** Reads an integer with base 0 and cuts it to its width. */
export function readInteger(text: string, width: Width): CNumber {
  const match = integer.exec(text);
  if (match === null) return { value: 0, rest: text, trap: "the daemon reads 0" };
  const [all, sign = "", digits = ""] = match;
  const size = digitsValue(digits);
  const written = sign === "-" ? -size : size;
  const value = Number(
    width.signed ? BigInt.asIntN(width.bits, written) : BigInt.asUintN(width.bits, written),
  );
  const rest = text.slice(all.length);
  if (BigInt(value) !== written) {
    return { value, rest, trap: `the daemon cuts it to ${width.bits} bits and reads ${value}` };
  }
  if (/^0[0-9]/.test(digits + rest) && (rest !== "" || BigInt(digits) !== size)) {
    return { value, rest, trap: `a leading 0 means octal and the daemon reads ${value}` };
  }
  return { value, rest, trap: null };
}

function digitsValue(digits: string): bigint {
  return /^0[0-7]/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
}

/** Reads a number with an optional fraction and exponent. */
export function readDecimal(text: string): CNumber {
  const match = decimal.exec(text);
  if (match === null) return { value: 0, rest: text, trap: "the daemon reads 0" };
  return { value: Number(match[0]), rest: text.slice(match[0].length), trap: null };
}
