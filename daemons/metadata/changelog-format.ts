// Changes as text, exactly as a 3.0.117 master writes them (groups of snapshots apart, see the fields).
// The operations of every request's path have lines of their own here; a test holds them to the rows.
// Spec: changelog.md 1, 2, 7.
import assert from "node:assert/strict";
import type { Entry, EntryOf, OperationName, ResultOf } from "./changelog-entry.ts";
import { checked, u64 } from "./changelog-fields.ts";
import type { Field } from "./changelog-fields.ts";
import { operations } from "./changelog-operations.ts";
import type { Fields, Operation } from "./changelog-operations.ts";
import { escapeBytes } from "./changelog-text.ts";

interface Column {
  readonly name: string;
  readonly field: Field<unknown>;
}

interface Row {
  readonly takes: readonly Column[];
  readonly gives: readonly Column[];
}

const rows = new Map<string, Row>(
  Object.entries<Operation>(operations).map(([name, { takes, gives }]) => [
    name,
    { takes: columns(takes), gives: columns(gives) },
  ]),
);

type Quick = { readonly [O in OperationName]?: (entry: EntryOf<O>, result: ResultOf<O>) => string };

/** The lines of every request's path. */
const quick: Quick = {
  CREATE({ parent, name, type, mode, umask, uid, gid, rdev }, { inode }) {
    const head = `CREATE(${u32(parent)},${escapeBytes(name)},${u8(type)},${u16(mode)},${u16(umask)}`;
    return `${head},${u32(uid)},${u32(gid)},${u32(rdev)}):${u32(inode)}`;
  },
  UNLINK: ({ parent, name }, { inode }) =>
    `UNLINK(${u32(parent)},${escapeBytes(name)}):${u32(inode)}`,
  ATTR({ inode, mode, uid, gid, atime, mtime, winattr, aclMode }) {
    const head = `ATTR(${u32(inode)},${u16(mode)},${u32(uid)},${u32(gid)}`;
    return `${head},${u32(atime)},${u32(mtime)},${u8(winattr)},${u16(aclMode)})`;
  },
  AMTIME: ({ inode, atime, mtime, ctime }) =>
    `AMTIME(${u32(inode)},${u32(atime)},${u32(mtime)},${u32(ctime)})`,
  LENGTH: ({ inode, length, touch }) => `LENGTH(${u32(inode)},${u64.format(length)},${u8(touch)})`,
  WRITE: ({ inode, index, opflag, touch }, { chunk }) =>
    `WRITE(${u32(inode)},${u32(index)},${u8(opflag)},${u8(touch)}):${u53(chunk)}`,
  UNLOCK: ({ chunk }) => `UNLOCK(${u53(chunk)})`,
  ACQUIRE: ({ session, inode }) => `ACQUIRE(${u32(session)},${u32(inode)})`,
};

/**
 * A change without version and time: `OP(arguments)` and `:results` where it has some.
 *
 * @example formatEntry({ op: "UNLINK", parent: 1, name }, { inode: 40 }) // "UNLINK(1,rmme):40"
 */
export function formatEntry<E extends Entry>(entry: E, result: ResultOf<E["op"]>): string;
export function formatEntry(entry: Entry, result: object): string {
  // A compiler cannot see that what stands under the entry's own name takes the entry.
  const write = quick[entry.op] as ((entry: Entry, result: object) => string) | undefined;
  return write === undefined ? formatByRow(entry, result) : write(entry, result);
}

/** A change as it stands behind the version and goes to metaloggers. */
export function formatLine<E extends Entry>(
  timestamp: number,
  entry: E,
  result: ResultOf<E["op"]>,
): string {
  return `${u32(timestamp)}|${formatEntry(entry, result)}`;
}

/** Any change, by its row. `formatEntry` says the same, sooner. */
export function formatByRow(entry: Entry, result: object): string {
  const row = rows.get(entry.op);
  assert(row !== undefined, `Cannot write "${entry.op}" to a changelog: no such operation`);
  const line = `${entry.op}(${joined(row.takes, entry)})`;
  return row.gives.length === 0 ? line : `${line}:${joined(row.gives, result)}`;
}

function joined(row: readonly Column[], values: object): string {
  const record = values as Readonly<Record<string, unknown>>;
  let text = "";
  for (const { name, field } of row) {
    if (text !== "" || row[0]?.name !== name) text += ",";
    text += field.format(record[name]);
  }
  return text;
}

function columns(fields: Fields): readonly Column[] {
  return Object.entries(fields).map(([name, field]) => ({ name, field }));
}

function u8(value: number): number {
  return checked(value, 0xff);
}

function u16(value: number): number {
  return checked(value, 0xffff);
}

function u32(value: number | undefined): number {
  return checked(value, 0xffff_ffff);
}

function u53(value: number | undefined): number {
  return checked(value, Number.MAX_SAFE_INTEGER);
}
