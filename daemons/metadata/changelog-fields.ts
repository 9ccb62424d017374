// Kinds of fields of a change: how each is read and written, and what older logs have in its place.
// Spec: changelog.md 1, 2, 5.3, 7, 8; defect 1 of section 9 (groups of a snapshot).
import { codes, escapeBytes, isDigit } from "./changelog-text.ts";
import type { EntryReader } from "./changelog-text.ts";

/** Values of one part of a line (arguments or results) by name, while it is read. */
export type Values = Readonly<Record<string, unknown>>;

/** One field of an operation's arguments or results. */
export interface Field<T> {
  /** Reads up to the delimiter that must follow; `earlier` holds the fields in front of it. */
  readonly read: (reader: EntryReader, delimiter: number, earlier: Values) => T;
  format(value: T): string;
  /** The value where the field is left out, seen before its separator; undefined where it is there. */
  readonly older?: (reader: EntryReader, earlier: Values) => T | undefined;
}

/** The type of a field's value. */
export type ValueOf<F> = F extends Field<infer T> ? T : never;

function limited(max: number): Field<number> {
  return {
    read: (reader) => reader.limited(max),
    format: (value) => `${checked(value, max)}`,
  };
}

export const u8 = limited(0xff);
export const u16 = limited(0xffff);
export const u32: Field<number> = {
  read: (reader) => reader.u32(),
  format: (value) => `${checked(value, 0xffff_ffff)}`,
};

/** A number of 64 bits that stays exact: lengths, sums, owners of locks. */
export const u64: Field<bigint> = {
  read: (reader) => reader.u64(),
  format: (value) => {
    if (value >= 0n && value < 2n ** 64n) return `${value}`;
    throw new RangeError(`Cannot write ${value} to a changelog: expected 0 to 2^64-1`);
  },
};

/** A number of 64 bits of which we take only 53: chunk ids and counters. */
export const u53: Field<number> = {
  read: (reader) => reader.u53(),
  format: (value) => `${checked(value, Number.MAX_SAFE_INTEGER)}`,
};

/** A name in the tree: at most 255 bytes, which end at the first NUL as in C. */
export const name: Field<Uint8Array> = {
  read: (reader, delimiter) => beforeNul(reader.name(delimiter)),
  format: escapeBytes,
};

/** A name whose NUL bytes are for the operation to refuse. */
export const wholeName: Field<Uint8Array> = {
  read: (reader, delimiter) => reader.name(delimiter),
  format: escapeBytes,
};

/** Bytes of any number: paths, values, lists in binary form. */
export const blob: Field<Uint8Array> = {
  read: (reader, delimiter) => reader.blob(delimiter),
  format: escapeBytes,
};

/** A field at the end that older logs do not have, and what is meant then. */
export function trailing<T>(field: Field<T>, missing: T): Field<T> {
  return { ...field, older: (reader) => (endsHere(reader) ? missing : undefined) };
}

function endsHere(reader: EntryReader): boolean {
  const code = reader.peek();
  return code !== codes.comma && code !== codes.colon && !isDigit(code);
}

/** A field that some old shape does not have, told by the commas that are left with its own. */
export function absentBelow<T>(
  commasMin: number,
  field: Field<T>,
  missing: (earlier: Values) => T,
): Field<T> {
  return {
    ...field,
    older: (reader, earlier) => (reader.commasLeft() < commasMin ? missing(earlier) : undefined),
  };
}

const typeLetters = " fdlqbcs";

/** Type of a node; old logs have a letter. */
export const nodeType: Field<number> = {
  read(reader) {
    const type = typeLetters.indexOf(String.fromCharCode(reader.peek()));
    if (type <= 0) return reader.limited(0xff);
    reader.skip(1);
    return type;
  },
  format: (value) => u8.format(value),
};

/** Kind of a lock: reading, writing, or none any more. */
export type LockKind = "R" | "W" | "U";

const lockKinds: Readonly<Record<string, LockKind>> = { R: "R", S: "R", W: "W", E: "W", U: "U" };

/** A lock's kind: "S" and "E" of shared and exclusive locks and lower case are read as well. */
export const lockKind: Field<LockKind> = {
  read(reader) {
    const kind = lockKinds[String.fromCharCode(reader.peek()).toUpperCase()];
    if (kind === undefined) throw reader.error("lock type expected");
    reader.skip(1);
    return kind;
  },
  format: (value) => value,
};

/** "#" and a checksum of the exports; old logs have none. */
export const exportsChecksum: Field<bigint> = {
  read(reader) {
    reader.expect(hash);
    return reader.u64();
  },
  format: (value) => `#${value}`,
  older: (reader) => (ahead(reader, 0) === hash ? undefined : 0n),
};

/**
 * Four octal digits of which the first is 0; old logs have none. A lone 0 is the next field's value
 * to us, where the real master gives up.
 */
export const octalUmask: Field<number> = {
  read: (reader) => reader.octal(4),
  format: (value) => checked(value, 0o777).toString(8).padStart(4, "0"),
  older: (reader) => (ahead(reader, 0) === zero && isDigit(ahead(reader, 1)) ? undefined : 0),
};

/** "0x" and eight digits; old logs have none. */
export const disables: Field<number> = {
  read: (reader) => reader.hexadecimal(),
  format: (value) => `0x${checked(value, 0xffff_ffff).toString(16).toUpperCase().padStart(8, "0")}`,
  older: (reader) => (ahead(reader, 0) === zero && ahead(reader, 1) === letterX ? undefined : 0),
};

/** A letter and a number: how many labels a storage class has for one purpose. */
export function lettered(letter: "W" | "K" | "A"): Field<number> {
  return {
    read(reader) {
      reader.expect(letter.charCodeAt(0));
      return reader.limited(0xff);
    },
    format: (value) => letter + u8.format(value),
  };
}

/** Four masks a label; the counts of labels stand in front. A dash where there are none. */
export const masks: Field<readonly number[]> = {
  read(reader, _delimiter, earlier) {
    const count =
      4 * (Number(earlier["create"]) + Number(earlier["keep"]) + Number(earlier["archive"]));
    if (count === 0) {
      reader.expect(dash);
      return [];
    }
    const values = [reader.u32()];
    while (values.length < count) {
      reader.expect(codes.comma);
      values.push(reader.u32());
    }
    return values;
  },
  format: (value) => (value.length === 0 ? "-" : value.map((mask) => u32.format(mask)).join(",")),
};

/**
 * Groups of a user, the first one first: a list in brackets; in old logs one number, or a count and
 * as many numbers of 32 bits as bytes of the machine (taken for little-endian).
 * The real master loses the first digit of each listed number (defect 1): we write it one 0 to lose.
 */
export const groups: Field<readonly number[]> = {
  read(reader, delimiter) {
    if (reader.peek() === openBracket) return listedGroups(reader);
    const number = reader.u32();
    // Behind one group only the umask follows; behind a count there is a blob in between.
    if (reader.commasLeft() < 2) return [number];
    reader.expect(codes.comma);
    const bytes = reader.blob(delimiter);
    if (bytes.length !== 4 * number) {
      throw reader.error(`wrong size of groups (${bytes.length} - ${4 * number} expected)`);
    }
    const view = new DataView(bytes.buffer);
    return Array.from({ length: number }, (_, index) => view.getUint32(4 * index, true));
  },
  format: (value) => `[${value.map((group) => `0${u32.format(group)}`).join(",")}]`,
};

function listedGroups(reader: EntryReader): readonly number[] {
  reader.expect(openBracket);
  const values = [reader.u32()];
  while (reader.peek() === codes.comma) {
    reader.expect(codes.comma);
    values.push(reader.u32());
  }
  reader.expect(closeBracket);
  return values;
}

const hash = 0x23;
const dash = 0x2d;
const zero = 0x30;
const letterX = 0x78;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** A character of the field that comes next, looked at over its separator. */
function ahead(reader: EntryReader, index: number): number {
  return reader.peek(reader.peek() === codes.comma ? index + 1 : index);
}

function beforeNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

/** A wrong number in a log is a wrong tree later, so it does not get there. */
export function checked(value: number | undefined, max: number): number {
  if (value !== undefined && value >= 0 && value <= max && Number.isSafeInteger(value))
    return value;
  throw new RangeError(
    `Cannot write ${value} to a changelog: expected an integer from 0 to ${max}`,
  );
}
