// Layouts: how fields form records, lists and length variants. Counts are checked against the bytes
// left before anything is allocated, and a variant is chosen by length, by tag or by the caller.
// Spec: wire-admin.md section 2 (accepted lengths), wire-client-master-1.md sections 1.2 and 5.1.

import type { Reader, UnsignedSize, Writer } from "./bytes.ts";
import { fits, gcd } from "./wire.ts";
import type { Field, Schema, Value } from "./wire.ts";

const listedItemsMax = 3;

/** A declaration of fields in wire order. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** A count that stands before its list; it is derived on encode and absent from the value. */
export interface CountField extends Field<number> {
  readonly countOf: string;
}

/** A list whose count stands earlier in the same record. */
export interface CountedField<T> extends Field<readonly T[]> {
  readCounted(reader: Reader, count: number): readonly T[];
}

/** The value of a record: one property a field, counts left out. */
export type RecordOf<F extends Fields> = {
  readonly [K in keyof F as F[K] extends CountField ? never : K]: Value<F[K]>;
};

/** The value of a choice: the variant's name beside its fields. */
export type ChoiceOf<V extends Readonly<Record<string, Fields>>> = {
  readonly [K in keyof V & string]: { readonly variant: K } & RecordOf<V[K]>;
}[keyof V & string];

/** A record that can be read into an object which has properties already. */
export interface StructField<T> extends Field<T> {
  readInto(reader: Reader, record: Record<string, unknown>): void;
}

/** Fields one after another. */
export function struct<const F extends Fields>(fields: F): StructField<RecordOf<F>> {
  const rows = Object.entries(fields);
  checkCounts(fields);
  const shown = rows.filter(([, field]) => !isCount(field));
  const readInto = shown.length === rows.length ? plainReader(rows) : countingReader(rows);
  return {
    min: sum(rows.map(([, field]) => field.min)),
    max: sum(rows.map(([, field]) => field.max)),
    step: rows.reduce((step, [, field]) => gcd(step, field.step), 0),
    schema: {
      kind: "struct",
      fields: Object.fromEntries(shown.map(([name, field]) => [name, field.schema])),
    },
    readInto,
    read(reader) {
      const record: Record<string, unknown> = {};
      readInto(reader, record);
      return record as RecordOf<F>;
    },
    write: recordWriter(rows),
    describe(value) {
      const record = value as Readonly<Record<string, unknown>>;
      return `{${shown.map(([name, field]) => `${name}=${field.describe(record[name])}`).join(", ")}}`;
    },
  };
}

type NamedFields = readonly (readonly [string, Field<unknown>])[];
type RecordReader = (reader: Reader, record: Record<string, unknown>) => void;

function plainReader(rows: NamedFields): RecordReader {
  const steps = rows.map(([name, field]) => ({ name, field }));
  return (reader, record) => {
    for (const { name, field } of steps) record[name] = field.read(reader);
  };
}

/** As `plainReader`, for records in which lists have their counts earlier. */
function countingReader(rows: NamedFields): RecordReader {
  const counted = rows.flatMap(([name, field]) => (isCounted(field) ? [name] : []));
  const steps = rows.map(([name, field]) => {
    const slot = counted.indexOf(isCount(field) ? field.countOf : name);
    return { name, field, slot, list: isCounted(field) ? field : undefined };
  });
  return (reader, record) => {
    const counts: number[] = [];
    for (const { name, field, slot, list } of steps) {
      if (list !== undefined) record[name] = list.readCounted(reader, counts[slot] ?? 0);
      else if (slot === -1) record[name] = field.read(reader);
      else counts[slot] = field.read(reader) as number;
    }
  };
}

function recordWriter(rows: NamedFields): (writer: Writer, value: object) => void {
  const steps = rows.map(([name, field]) => {
    const isCounter = isCount(field);
    return { name: isCounter ? field.countOf : name, field, isCounter };
  });
  return (writer, value) => {
    const record = value as Readonly<Record<string, unknown>>;
    for (const { name, field, isCounter } of steps) {
      const given = record[name];
      field.write(writer, isCounter ? lengthOf(given) : given);
    }
  };
}

/** A count of the items in the list named `list` of the same record. */
export function countOf(list: string, size: Field<number>): CountField {
  return { ...size, countOf: list };
}

/** A list whose count stands earlier in the same record (see `countOf`). */
export function counted<T>(item: Field<T>, options: { minCount?: number } = {}): CountedField<T> {
  const minCount = options.minCount ?? 0;
  const list = listField(item, { minCount, maxCount: Number.POSITIVE_INFINITY });
  return {
    ...list,
    readCounted(reader, count) {
      if (count < minCount || count * item.min > reader.left) {
        const limit = Math.floor(reader.left / item.min);
        throw reader.error("countTooLarge", `${count} items, expected ${minCount} to ${limit}`);
      }
      return readItems(reader, item, count);
    },
  };
}

function readItems<T>(reader: Reader, item: Field<T>, count: number): readonly T[] {
  const items: T[] = [];
  for (let index = 0; index < count; index++) items.push(item.read(reader));
  return items;
}

/** Items to the end of the body (or of the enclosing sized part). */
export function records<T>(item: Field<T>): Field<readonly T[]> {
  return listField(item, { minCount: 0, maxCount: Number.POSITIVE_INFINITY });
}

/** A fixed number of items. */
export function array<T>(count: number, item: Field<T>): Field<readonly T[]> {
  return {
    ...listField(item, { minCount: count, maxCount: count }),
    read: (reader) => readItems(reader, item, count),
  };
}

function listField<T>(
  item: Field<T>,
  { minCount, maxCount }: { minCount: number; maxCount: number },
): Field<readonly T[]> {
  if (item.min === 0) throw new Error("Cannot declare a list of items that may be empty");
  return {
    min: minCount * item.min,
    max: maxCount * item.max,
    step: minCount === maxCount ? item.step : gcd(item.min, item.step),
    schema: { kind: "list", item: item.schema, minCount, maxCount },
    read(reader) {
      const items: T[] = [];
      while (reader.left > 0) items.push(item.read(reader));
      return items;
    },
    write(writer, items) {
      if (items.length < minCount || items.length > maxCount) {
        throw new RangeError(`Cannot encode ${items.length} items, expected ${minCount}`);
      }
      for (const value of items) item.write(writer, value);
    },
    describe(items) {
      const first = items.slice(0, listedItemsMax).map((value) => item.describe(value));
      const hidden = items.length - listedItemsMax;
      return hidden > 0 ? `[${first.join(", ")}, +${hidden}]` : `[${first.join(", ")}]`;
    },
  };
}

/** A field that is there exactly when bytes are left. */
export function optional<T>(item: Field<T>): Field<T | undefined> {
  return {
    min: 0,
    max: item.max,
    step: gcd(item.min, item.step),
    schema: { kind: "optional", item: item.schema },
    read: (reader) => (reader.left === 0 ? undefined : item.read(reader)),
    write(writer, value) {
      if (value !== undefined) item.write(writer, value);
    },
    describe: (value) => (value === undefined ? "-" : item.describe(value)),
  };
}

/** A field that carries its own size in bytes (a plain number: u8, u16, u32) in front. */
export function sized<T>(size: Field<number>, item: Field<T>): Field<T> {
  return {
    ...item,
    min: size.min + item.min,
    max: size.min + item.max,
    read(reader) {
      const bytes = size.read(reader);
      if (bytes > reader.left) {
        throw reader.error("countTooLarge", `a part of ${bytes} bytes, expected ${reader.left}`);
      }
      const outerEnd = reader.enter(bytes);
      const value = item.read(reader);
      reader.leave(outerEnd);
      return value;
    },
    write(writer, value) {
      const width = size.min as UnsignedSize;
      const hole = writer.hole(width);
      const before = writer.size;
      item.write(writer, value);
      writer.patch(hole, width, writer.size - before);
    },
  };
}

/** Variants of one body told apart by length: the first that fits wins, or the one the caller names. */
export function byLength<const V extends Readonly<Record<string, Fields>>>(
  variants: V,
): Field<ChoiceOf<V>> {
  const rows = new Map(Object.entries(variants).map(([name, fields]) => [name, struct(fields)]));
  const pick = (reader: Reader, wanted: string | undefined): string => {
    if (wanted !== undefined && rows.has(wanted)) return wanted;
    for (const [name, row] of rows) if (fits(row, reader.left)) return name;
    const lengths = [...rows.values()].map((row) => `${row.min}${row.step === 0 ? "" : "+"}`);
    throw reader.error("badLength", `${reader.left} bytes, expected ${lengths.join(" or ")}`);
  };
  const lengths = [...rows.values()];
  const min = Math.min(...lengths.map((row) => row.min));
  return choice(rows, {
    min,
    max: Math.max(...lengths.map((row) => row.max)),
    step: lengths.reduce((step, row) => gcd(gcd(step, row.step), row.min - min), 0),
    pick,
    writeTag: () => undefined,
  });
}

/** Variants told apart by a leading number, which is declared here and absent from the value. */
export function byTag<const V extends Readonly<Record<string, Fields>>>(
  tag: Field<number>,
  tags: { readonly [K in keyof V]: number },
  variants: V,
): Field<ChoiceOf<V>> {
  const rows = new Map(Object.entries(variants).map(([name, fields]) => [name, struct(fields)]));
  const numbers = new Map(Object.entries<number>(tags));
  const names = new Map([...numbers].map(([name, number]) => [number, name]));
  return choice(rows, {
    min: tag.min + Math.min(...[...rows.values()].map((row) => row.min)),
    max: tag.max + Math.max(...[...rows.values()].map((row) => row.max)),
    step: 1,
    pick(reader) {
      const number = tag.read(reader);
      const name = names.get(number);
      if (name !== undefined) return name;
      throw reader.error("badValue", `variant ${number}, expected ${[...names.keys()].join(", ")}`);
    },
    writeTag: (writer, name) => tag.write(writer, numbers.get(name) ?? 0),
  });
}

/** Variants of one body; `pick` says which one the bytes at hand are. */
export function choice<T extends { readonly variant: string }>(
  rows: ReadonlyMap<string, StructField<unknown>>,
  form: Pick<Field<T>, "min" | "max" | "step"> & {
    pick(reader: Reader, wanted: string | undefined): string;
    writeTag(writer: Writer, name: string): void;
  },
): Field<T> {
  const row = (name: string): StructField<unknown> => {
    const found = rows.get(name);
    if (found === undefined) throw new RangeError(`Cannot encode the unknown variant "${name}"`);
    return found;
  };
  const schemas: Record<string, Schema> = {};
  for (const [name, field] of rows) schemas[name] = field.schema;
  return {
    min: form.min,
    max: form.max,
    step: form.step,
    schema: { kind: "choice", variants: schemas },
    read(reader, wanted) {
      const variant = form.pick(reader, wanted);
      const record: Record<string, unknown> = { variant };
      row(variant).readInto(reader, record);
      return record as unknown as T;
    },
    write(writer, value) {
      form.writeTag(writer, value.variant);
      row(value.variant).write(writer, value);
    },
    describe: (value) => `${value.variant}${row(value.variant).describe(value)}`,
  };
}

function checkCounts(fields: Fields): void {
  const announced = Object.values(fields).flatMap((field) =>
    isCount(field) ? [field.countOf] : [],
  );
  const lists = Object.entries(fields).flatMap(([name, field]) => (isCounted(field) ? [name] : []));
  if (announced.toSorted().join() === lists.toSorted().join()) return;
  throw new Error(`Cannot declare counts of "${announced.join()}" for lists "${lists.join()}"`);
}

function isCount(field: Field<unknown>): field is CountField {
  return "countOf" in field;
}

function isCounted(field: Field<unknown>): field is CountedField<unknown> {
  return "readCounted" in field;
}

function lengthOf(list: unknown): number {
  if (Array.isArray(list)) return list.length;
  throw new RangeError("Cannot encode a count of something that is no list");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
