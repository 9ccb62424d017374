// One change read back from its text, in today's shape whatever the age of the log.
// Spec: changelog.md 5.3, 7, 8.
import type { Change } from "./changelog-entry.ts";
import type { Field } from "./changelog-fields.ts";
import { olderNames, olderOperations } from "./changelog-older.ts";
import { operations } from "./changelog-operations.ts";
import type { Fields, Operation } from "./changelog-operations.ts";
import { codes, EntryReader, EntrySyntaxError, latin1 } from "./changelog-text.ts";

/** A line taken apart: a change, an operation that nobody here knows (status 32), or no line at all. */
export type ParsedLine =
  | ({ readonly kind: "change"; readonly timestamp: number } & Change)
  | { readonly kind: "unknown"; readonly timestamp: number; readonly text: string }
  | { readonly kind: "syntax"; readonly message: string };

interface Row {
  readonly name: string;
  readonly takes: readonly Column[];
  readonly gives: readonly Column[];
  readonly today: (taken: unknown, given: unknown) => Change;
}

type Column = readonly [name: string, field: Field<unknown>];

const rows = allRows();
const names = [...rows.keys()];

/**
 * Reads `timestamp|OP(arguments):results`, as it stands behind the version. Text behind the last
 * field is not looked at.
 */
export function parseEntryLine(line: string | Uint8Array): ParsedLine {
  const reader = new EntryReader(typeof line === "string" ? line : latin1(line));
  try {
    const timestamp = reader.u32();
    reader.expect(codes.bar);
    const row = rowOf(reader);
    if (row === null) return { kind: "unknown", timestamp, text: reader.rest() };
    const taken = readArguments(reader, row);
    const given = readResults(reader, row.gives);
    return { kind: "change", timestamp, ...row.today(taken, given) };
  } catch (error) {
    if (!(error instanceof EntrySyntaxError)) throw error;
    return { kind: "syntax", message: error.message };
  }
}

/** The row of the name at the cursor; null where no name we know stands, not even in front of more. */
function rowOf(reader: EntryReader): Row | null {
  const word = reader.word();
  const row = rows.get(word);
  if (row !== undefined) {
    reader.skip(word.length);
    return row;
  }
  // The real master compares only as many characters as the name has, and then misses the "(".
  if (names.some((name) => word.startsWith(name))) throw reader.error("'(' expected");
  return null;
}

function readArguments(reader: EntryReader, { name, takes }: Row): object {
  const values: Record<string, unknown> = { op: name };
  reader.expect(codes.open);
  let isFirst = true;
  let left = takes.length;
  for (const [key, field] of takes) {
    left--;
    const older = field.older?.(reader, values);
    if (older === undefined) {
      if (!isFirst) reader.expect(codes.comma);
      values[key] = field.read(reader, left === 0 ? codes.close : codes.comma, values);
      isFirst = false;
    } else values[key] = older;
  }
  reader.expect(codes.close);
  return values;
}

function readResults(reader: EntryReader, gives: readonly Column[]): object {
  const values: Record<string, unknown> = {};
  let separator: number = codes.colon;
  for (const [key, field] of gives) {
    const older = field.older?.(reader, values);
    if (older === undefined) {
      reader.expect(separator);
      values[key] = field.read(reader, codes.comma, values);
      separator = codes.comma;
    } else values[key] = older;
  }
  return values;
}

function allRows(): ReadonlyMap<string, Row> {
  const found = new Map<string, Row>();
  for (const [name, { takes, gives }] of Object.entries<Operation>(operations)) {
    found.set(
      name,
      row(name, takes, gives, (entry, result) => ({ entry, result }) as Change),
    );
  }
  for (const [name, { takes, gives, today }] of Object.entries(olderOperations)) {
    found.set(name, row(name, takes, gives, today));
  }
  for (const [name, today] of Object.entries(olderNames)) {
    const same = found.get(today);
    if (same !== undefined) found.set(name, same);
  }
  return found;
}

function row(name: string, takes: Fields, gives: Fields, today: Row["today"]): Row {
  return { name, takes: Object.entries(takes), gives: Object.entries(gives), today };
}
