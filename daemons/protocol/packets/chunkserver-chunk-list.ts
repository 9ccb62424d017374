// Lists of chunks in chunkserver packets: they can hold 100,000s of entries, so they stay bytes and are
// walked without an object an entry. Spec: wire-chunkserver.md sections 2.2, 2.3.1 and 2.6.4.

import { rest, u53 } from "../wire.ts";
import type { Field } from "../wire.ts";

/** A chunk's number. Beyond 2^53-1 there is none in any real cluster: such a packet is refused. */
export const chunkId: Field<number> = {
  ...u53,
  describe: (value) => value.toString(16).toUpperCase().padStart(16, "0"),
};

/**
 * Longest list accepted: 4 Mi entries. A registration part has at most some 100,000, a notice of new or
 * lost chunks 24,576; damaged chunks come all in one packet.
 */
export const chunkListBytesMax = 12 * 4_194_304;

const idBytes = 8;
const entryBytes = 12;
const markBit = 0x8000_0000;

/** Entries of id and version to the end of the body; walk them with `forEachChunk`. */
export const chunkEntries = entriesOf(entryBytes);

/** Ids to the end of the body; walk them with `forEachChunkId`. */
export const chunkIds = entriesOf(idBytes);

/** One entry of a list, as `packChunks` takes it. */
export interface ChunkEntry {
  readonly chunkId: number;
  readonly version: number;
  /** The copy lies on a disk that is marked for removal. */
  readonly markedForRemoval: boolean;
}

/** Calls `visit` once an entry, in order. An id beyond 2^53-1 is NaN: ignore it and say so in the log. */
export function forEachChunk(
  entries: Uint8Array,
  visit: (chunkId: number, version: number, markedForRemoval: boolean) => void,
): void {
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  for (let at = 0; at + entryBytes <= view.byteLength; at += entryBytes) {
    const version = view.getUint32(at + idBytes);
    visit(idAt(view, at), version & ~markBit, version >= markBit);
  }
}

/** Calls `visit` once an id, in order. An id beyond 2^53-1 is NaN: ignore it and say so in the log. */
export function forEachChunkId(ids: Uint8Array, visit: (chunkId: number) => void): void {
  const view = new DataView(ids.buffer, ids.byteOffset, ids.byteLength);
  for (let at = 0; at + idBytes <= view.byteLength; at += idBytes) visit(idAt(view, at));
}

/** The bytes of a list of entries. */
export function packChunks(entries: readonly ChunkEntry[]): Uint8Array {
  const bytes = new Uint8Array(entries.length * entryBytes);
  const view = new DataView(bytes.buffer);
  entries.forEach((entry, index) => {
    const at = index * entryBytes;
    view.setBigUint64(at, BigInt(entry.chunkId));
    view.setUint32(at + idBytes, entry.version + (entry.markedForRemoval ? markBit : 0));
  });
  return bytes;
}

/** The bytes of a list of ids. */
export function packChunkIds(ids: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(ids.length * idBytes);
  const view = new DataView(bytes.buffer);
  ids.forEach((id, index) => view.setBigUint64(index * idBytes, BigInt(id)));
  return bytes;
}

function idAt(view: DataView, at: number): number {
  const high = view.getUint32(at);
  return high < 0x20_0000 ? high * 0x1_0000_0000 + view.getUint32(at + 4) : Number.NaN;
}

function entriesOf(size: number): Field<Uint8Array> {
  return {
    ...rest,
    max: chunkListBytesMax - (chunkListBytesMax % size),
    step: size,
    schema: {
      kind: "samples",
      values: [0, 1, 3, 100].map((count) => new Uint8Array(count * size).fill(0xa5)),
    },
    read(reader) {
      if (reader.left % size === 0) return reader.bytes(reader.left);
      throw reader.error("badLength", `${reader.left} bytes, expected a multiple of ${size}`);
    },
    write(writer, value) {
      if (value.length % size !== 0) {
        throw new RangeError(`Cannot encode ${value.length} bytes, expected a multiple of ${size}`);
      }
      writer.bytes(value);
    },
    describe: (value) => `${value.length / size} chunks`,
  };
}
