// Field types: the alphabet in which packets are declared. A field knows how to read, write and show
// its value, and which lengths it can have; nothing else in the tree knows an offset.
// Spec: wire-admin.md (conventions), wire-client-master-1.md section 1.

import { hexdump, quoteText } from "./describe.ts";
import { decodeText, encodeText } from "./byte-text.ts";
import type { Reader, UnsignedSize, Writer } from "./bytes.ts";

/** What values a field takes, as data: tests and fuzz targets walk it. */
export type Schema =
  | { readonly kind: "unsigned"; readonly bits: 8 | 16 | 24 | 32 | 53 }
  | { readonly kind: "u64" }
  | { readonly kind: "text"; readonly maxBytes: number }
  | {
      readonly kind: "bytes";
      readonly lengths: readonly number[] | undefined;
      readonly maxBytes: number;
    }
  | {
      readonly kind: "list";
      readonly item: Schema;
      readonly minCount: number;
      readonly maxCount: number;
    }
  | { readonly kind: "optional"; readonly item: Schema }
  | { readonly kind: "struct"; readonly fields: Readonly<Record<string, Schema>> }
  | { readonly kind: "choice"; readonly variants: Readonly<Record<string, Schema>> }
  | { readonly kind: "samples"; readonly values: readonly unknown[] };

/** One typed part of a packet body. Lengths it can have: `min`, `min + step`, ... up to `max`. */
export interface Field<T> {
  readonly min: number;
  readonly max: number;
  /** 0 for a fixed length; otherwise every possible length differs from `min` by a multiple of it. */
  readonly step: number;
  readonly schema: Schema;
  /** `variant` names the length variant where the bytes alone cannot tell. */
  read(reader: Reader, variant?: string): T;
  write(writer: Writer, value: T): void;
  describe(value: T): string;
}

/** The value type of a field. */
export type Value<F> = F extends Field<infer T> ? T : never;

/** Longest text that a `str32` takes unless told otherwise: far above any path or message seen. */
export const textBytesMax = 1_048_576;

/** Whether a body of this length can be the field's. */
export function fits(field: Field<unknown>, length: number): boolean {
  if (length < field.min || length > field.max) return false;
  return field.step === 0 ? length === field.min : (length - field.min) % field.step === 0;
}

function unsigned(
  size: UnsignedSize,
  read: (reader: Reader) => number,
  write: (writer: Writer, value: number) => void,
): Field<number> {
  const bits = (size * 8) as 8 | 16 | 24 | 32;
  return {
    min: size,
    max: size,
    step: 0,
    schema: { kind: "unsigned", bits },
    read,
    write,
    describe: String,
  };
}

export const u8 = unsigned(
  1,
  (reader) => reader.u8(),
  (writer, value) => writer.u8(value),
);
export const u16 = unsigned(
  2,
  (reader) => reader.u16(),
  (writer, value) => writer.u16(value),
);
/** Three bytes: a version whose major part is one byte (CSERV_LIST). */
export const u24 = unsigned(
  3,
  (reader) => reader.u24(),
  (writer, value) => writer.unsigned(3, value),
);
export const u32 = unsigned(
  4,
  (reader) => reader.u32(),
  (writer, value) => writer.u32(value),
);

/** Eight opaque bytes as a number: ids, versions, checksums. */
export const u64: Field<bigint> = {
  min: 8,
  max: 8,
  step: 0,
  schema: { kind: "u64" },
  read: (reader) => reader.u64(),
  write: (writer, value) => writer.u64(value),
  describe: (value) => `0x${value.toString(16).toUpperCase()}`,
};

/** Eight bytes that count something: refused beyond 2^53-1, so that a `number` is always exact. */
export const u53: Field<number> = {
  min: 8,
  max: 8,
  step: 0,
  schema: { kind: "unsigned", bits: 53 },
  read: (reader) => reader.u53(),
  write: (writer, value) => writer.u53(value),
  describe: String,
};

function text(sizeField: Field<number>, maxBytes: number): Field<string> {
  return {
    min: sizeField.min,
    max: sizeField.min + maxBytes,
    step: 1,
    schema: { kind: "text", maxBytes },
    read(reader) {
      return decodeText(readRun(reader, sizeField.read(reader), maxBytes));
    },
    write(writer, value) {
      writeRun(writer, { bytes: encodeText(value), sizeField, maxBytes });
    },
    describe: quoteText,
  };
}

function readRun(reader: Reader, size: number, maxBytes: number): Uint8Array {
  if (size > maxBytes || size > reader.left) {
    const limit = Math.min(maxBytes, reader.left);
    throw reader.error("countTooLarge", `a run of ${size} bytes, expected at most ${limit}`);
  }
  return reader.bytes(size);
}

function writeRun(
  writer: Writer,
  run: { bytes: Uint8Array; sizeField: Field<number>; maxBytes: number },
): void {
  if (run.bytes.length > run.maxBytes) {
    const size = run.bytes.length;
    throw new RangeError(`Cannot encode a run of ${size} bytes, expected ${run.maxBytes}`);
  }
  run.sizeField.write(writer, run.bytes.length);
  writer.bytes(run.bytes);
}

/** Bytes behind a length, as a view; log lines show them as text. */
function byteRun(sizeField: Field<number>, maxBytes: number): Field<Uint8Array> {
  return {
    min: sizeField.min,
    max: sizeField.min + maxBytes,
    step: 1,
    schema: { kind: "bytes", lengths: undefined, maxBytes },
    read: (reader) => readRun(reader, sizeField.read(reader), maxBytes),
    write: (writer, bytes) => writeRun(writer, { bytes, sizeField, maxBytes }),
    describe: (bytes) => quoteText(decodeText(bytes)),
  };
}

/** A name behind a one-byte length, as the bytes that it is: file names, attribute and class names. */
export const name8 = byteRun(u8, 255);

/** Bytes behind a four-byte length: paths, values. */
export function bytes32(maxBytes: number = textBytesMax): Field<Uint8Array> {
  return byteRun(u32, maxBytes);
}

/** Text behind a one-byte length. */
export const str8 = text(u8, 255);

/** Text behind a four-byte length. */
export function str32(maxBytes: number = textBytesMax): Field<string> {
  return text(u32, maxBytes);
}

/** Text to the end of the body, without a length of its own. */
export const restText: Field<string> = {
  min: 0,
  max: textBytesMax,
  step: 1,
  schema: { kind: "text", maxBytes: textBytesMax },
  read: (reader) => decodeText(reader.bytes(reader.left)),
  write: (writer, value) => writer.bytes(encodeText(value)),
  describe: quoteText,
};

/** Everything to the end of the body, as a view. */
export const rest: Field<Uint8Array> = {
  min: 0,
  max: Number.POSITIVE_INFINITY,
  step: 1,
  schema: { kind: "bytes", lengths: undefined, maxBytes: Number.POSITIVE_INFINITY },
  read: (reader) => reader.bytes(reader.left),
  write: (writer, value) => writer.bytes(value),
  describe: (value) => hexdump(value),
};

/** Everything to the end, which must be one of these lengths apart. */
export function restOf(lengths: readonly [number, ...number[]]): Field<Uint8Array> {
  const min = Math.min(...lengths);
  return {
    ...rest,
    min,
    max: Math.max(...lengths),
    step: lengths.reduce((step, length) => gcd(step, length - min), 0),
    schema: { kind: "bytes", lengths, maxBytes: Math.max(...lengths) },
    read(reader) {
      if (lengths.includes(reader.left)) return reader.bytes(reader.left);
      throw reader.error("badLength", `${reader.left} bytes, expected ${lengths.join(" or ")}`);
    },
  };
}

/** A run of bytes of fixed size, as a view. */
export function bytes(size: number): Field<Uint8Array> {
  return {
    ...rest,
    min: size,
    max: size,
    step: 0,
    schema: { kind: "bytes", lengths: [size], maxBytes: size },
    read: (reader) => reader.bytes(size),
    write(writer, value) {
      if (value.length !== size) {
        throw new RangeError(`Cannot encode ${value.length} bytes, expected ${size}`);
      }
      writer.bytes(value);
    },
  };
}

/** A field whose value never reaches a log. */
export function secret<T>(field: Field<T>): Field<T> {
  return { ...field, describe: () => "(secret)" };
}

/** Greatest common divisor; `gcd(0, n)` is n, so 0 means "no freedom of length yet". */
export function gcd(left: number, right: number): number {
  return right === 0 ? left : gcd(right, left % right);
}
