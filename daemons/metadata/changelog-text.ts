// The text of a change: bytes escaped into it, and a cursor that reads numbers as the C library does
// and escaped bytes back. Lines are Latin-1 strings, one character a byte. Spec: changelog.md 2, 5.3.

/** Character codes that the grammar of a line is made of. */
export const codes = {
  percent: 0x25,
  open: 0x28,
  close: 0x29,
  comma: 0x2c,
  colon: 0x3a,
  bar: 0x7c,
} as const;

/** A line that cannot be taken apart; the message is the real master's where the specification has it. */
export class EntrySyntaxError extends Error {
  override name = "EntrySyntaxError";
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const u64Max = 2n ** 64n - 1n;
const nameBytesMax = 255;
/** So many digits always fit a number exactly. */
const safeDigits = 15;
/** Below this size a loop beats the call into the runtime. */
const loopBytesMax = 32;

/** What stands for each byte; plain bytes stand for themselves. */
const escapes: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  isPlain(byte)
    ? String.fromCharCode(byte)
    : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
);
const plain = Uint8Array.from({ length: 256 }, (_, byte) => (isPlain(byte) ? 1 : 0));

function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f && !"%(),".includes(String.fromCharCode(byte));
}

/** Names, paths, values as they stand in a line. */
export function escapeBytes(bytes: Uint8Array): string {
  const size = bytes.length;
  if (size > loopBytesMax && allPlain(bytes)) return latin1(bytes);
  let text = "";
  for (let index = 0; index < size; index++) text += escapes[bytes[index] ?? 0];
  return text;
}

/** Bytes as a string of as many characters. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function allPlain(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) {
    if (plain[bytes[index] ?? 0] === 0) return false;
  }
  return true;
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** A cursor over one change. Whatever it cannot read ends in an `EntrySyntaxError`. */
export class EntryReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The code of a character ahead; NaN behind the end. */
  peek(ahead = 0): number {
    return this.#text.charCodeAt(this.#at + ahead);
  }

  error(message: string): EntrySyntaxError {
    return new EntrySyntaxError(this.#at, message);
  }

  /** Takes one literal character. */
  expect(code: number): void {
    if (this.peek() !== code) throw this.error(`'${String.fromCharCode(code)}' expected`);
    this.#at++;
  }

  /** Takes characters that have been looked at. */
  skip(size: number): void {
    this.#at += size;
  }

  /** The capital letters at the cursor, which stays in front of them. */
  word(): string {
    let size = 0;
    while (this.peek(size) >= 0x41 && this.peek(size) <= 0x5a) size++;
    return this.#text.slice(this.#at, this.#at + size);
  }

  /** Commas in front of the next closing parenthesis: escaped texts have neither. */
  commasLeft(): number {
    let commas = 0;
    let at = this.#at;
    for (let code = this.peek(); code !== codes.close; code = this.#text.charCodeAt(++at)) {
      if (code === codes.comma) commas++;
      else if (Number.isNaN(code)) break;
    }
    return commas;
  }

  /** Everything from the cursor on, which stays where it is. */
  rest(): string {
    return this.#text.slice(this.#at);
  }

  /** Digits alone, of a value that must not be above a small maximum. */
  limited(max: number): number {
    return isDigit(this.peek()) ? this.#atMost(max) : 0;
  }

  /** A number that a peer may make larger than we can hold. */
  u53(): number {
    return this.#atMost(Number.MAX_SAFE_INTEGER);
  }

  /** A number that is cut to 32 bits, as the real master does without a word. */
  u32(): number {
    const value = this.#integer();
    return typeof value === "number" && value <= 0xffff_ffff
      ? value
      : Number(BigInt.asUintN(32, BigInt(value)));
  }

  u64(): bigint {
    return BigInt(this.#integer());
  }

  /** Octal digits of a fixed number. */
  octal(digits: number): number {
    const text = this.#text.slice(this.#at, this.#at + digits);
    if (text.length !== digits || !/^[0-7]+$/.test(text)) throw this.error("octal number expected");
    this.#at += digits;
    return Number.parseInt(text, 8);
  }

  /** The value behind "0x", cut to 32 bits. */
  hexadecimal(): number {
    const digits = /^0[xX]([0-9a-fA-F]+)/.exec(this.#text.slice(this.#at, this.#at + 32));
    if (digits === null) throw this.error("hex expected");
    this.#at += digits[0].length;
    return Number(BigInt.asUintN(32, BigInt(digits[0])));
  }

  /** Escaped bytes up to a delimiter, which stays. */
  blob(delimiter: number): Uint8Array {
    const start = this.#at;
    const text = this.#text;
    let escaped = 0;
    let end = start;
    for (let code = text.charCodeAt(end); code !== delimiter; code = text.charCodeAt(++end)) {
      if (code === codes.percent) escaped++;
      // The comparison is false behind the end as well.
      else if (!(code > 0) || code === 0x0a || code === 0x0d) throw this.#endsEarly(end, delimiter);
    }
    const bytes = new Uint8Array(Math.max(0, end - start - 2 * escaped));
    for (let index = 0; this.#at < end; index++) bytes[index] = this.#byte();
    return bytes;
  }

  /** Escaped bytes of a name: at most 255. */
  name(delimiter: number): Uint8Array {
    const bytes = this.blob(delimiter);
    if (bytes.length > nameBytesMax) {
      throw this.#endsEarly(this.#at, delimiter);
    }
    return bytes;
  }

  #atMost(max: number): number {
    const value = this.#integer();
    if (value > max) throw this.error(`value too big (${value} - 0-${max} expected)`);
    return Number(value);
  }

  #endsEarly(offset: number, delimiter: number): EntrySyntaxError {
    return new EntrySyntaxError(offset, `'${String.fromCharCode(delimiter)}' expected`);
  }

  #byte(): number {
    const code = this.#text.charCodeAt(this.#at++);
    if (code !== codes.percent) return code;
    return 16 * this.#hexDigit() + this.#hexDigit();
  }

  #hexDigit(): number {
    const code = this.peek();
    const decimal = isDigit(code);
    if (!decimal && !(code >= 0x41 && code <= 0x46)) throw this.error("hex expected");
    this.#at++;
    return decimal ? code - 0x30 : code - 0x37;
  }

  /** C's strtoull with base 10; without a digit it is 0 and nothing is taken. */
  #integer(): number | bigint {
    const text = this.#text;
    const start = this.#at;
    let value = 0;
    let at = start;
    for (let code = text.charCodeAt(at); isDigit(code); code = text.charCodeAt(at)) {
      if (at - start === safeDigits) return this.#wideInteger();
      value = value * 10 + code - 0x30;
      at++;
    }
    if (at === start) return this.#wideInteger();
    this.#at = at;
    return value;
  }

  /** Blanks and signs in front, and more digits than a number holds. */
  #wideInteger(): number | bigint {
    const match = /^[ \t\n\v\f\r]*([+-]?)(\d+)/.exec(this.rest());
    if (match === null) return 0;
    const [all, sign, digits = "0"] = match;
    this.#at += all.length;
    const size = BigInt(digits);
    // Too much is the most there is, whatever the sign; less than nothing counts from the other end.
    if (size > u64Max) return u64Max;
    return sign === "-" ? BigInt.asUintN(64, -size) : size;
  }
}
