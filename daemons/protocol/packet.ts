// `packet(...)`: one declaration gives a packet its type, encoding, decoding, log line and limits.
// Frame: type u32, body length u32, body. Spec: wire-admin.md section 1.1.

import { Reader, Writer } from "./bytes.ts";
import { clip } from "./describe.ts";
import { struct } from "./layout.ts";
import type { Fields, RecordOf } from "./layout.ts";
import { ProtocolError } from "./protocol-error.ts";
import { fits, u32 } from "./wire.ts";
import type { Field, Schema } from "./wire.ts";

/** Bytes of type and length before each body. */
export const headerBytes = 8;
const describedCharactersMax = 500;

/** One row of the protocol. */
export interface Packet<T> {
  /** The protocol's own name, as logs show it. */
  readonly name: string;
  readonly id: number;
  /** Longest body accepted: known before a single byte of it is buffered. */
  readonly maxBody: number;
  readonly schema: Schema;
  /** The body's value. `variant` names the length variant where the bytes alone cannot tell. */
  decode(body: Uint8Array, variant?: string): T;
  /** The whole frame, header first; large byte runs are views of the value's own bytes. */
  encode(value: T): readonly Uint8Array[];
  /** One bounded line for logs. */
  describe(value: T): string;
}

/** The value type of a packet. */
export type Body<P> = P extends Packet<infer T> ? T : never;

/** Packets by their number, for one kind of connection. */
export type PacketTable = ReadonlyMap<number, Packet<unknown>>;

/** Declares a packet of plain fields, or of a layout (`byLength`, `byTag`). */
export function packet<const F extends Fields>(
  name: string,
  id: number,
  fields: F,
  options?: { maxBody: number },
): Packet<RecordOf<F>> {
  return packetOf(name, id, struct(fields), options);
}

/** Declares a packet whose body is one layout. `maxBody` is needed where the layout has no end. */
export function packetOf<T>(
  name: string,
  id: number,
  layout: Field<T>,
  options?: { maxBody: number },
): Packet<T> {
  const maxBody = Math.min(options?.maxBody ?? layout.max, layout.max);
  if (!Number.isFinite(maxBody)) throw new Error(`Cannot declare "${name}" without a length limit`);
  return {
    name,
    id,
    maxBody,
    schema: layout.schema,
    decode(body, variant) {
      checkLength({ name, maxBody, layout, length: body.length });
      const reader = new Reader(body, name);
      const value = layout.read(reader, variant);
      reader.expectEnd();
      return value;
    },
    encode(value) {
      const writer = new Writer();
      layout.write(writer, value);
      if (writer.size > maxBody) {
        throw new RangeError(
          `Cannot encode "${name}" in ${writer.size} bytes, expected ${maxBody}`,
        );
      }
      const head = new Writer();
      u32.write(head, id);
      u32.write(head, writer.size);
      return joinHead(head.finish(), writer.finish());
    },
    describe: (value) => clip(`${name} ${layout.describe(value)}`, describedCharactersMax),
  };
}

/** The rows as a table; two rows of one number are a mistake of ours. */
export function packetTable(packets: readonly Packet<unknown>[]): PacketTable {
  const table = new Map<number, Packet<unknown>>();
  for (const row of packets) {
    if (table.has(row.id)) throw new Error(`Cannot declare packet ${row.id} twice`);
    table.set(row.id, row);
  }
  return table;
}

/** The blocks of a frame as one run of bytes; for tests and small packets. */
export function joinBlocks(blocks: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(blocks.reduce((size, block) => size + block.length, 0));
  let offset = 0;
  for (const block of blocks) {
    joined.set(block, offset);
    offset += block.length;
  }
  return joined;
}

function checkLength(body: {
  name: string;
  maxBody: number;
  layout: Field<unknown>;
  length: number;
}): void {
  const place = { packet: body.name, offset: 0 };
  if (body.length > body.maxBody) {
    const what = `the body has ${body.length} bytes, expected at most ${body.maxBody}`;
    throw new ProtocolError({ code: "bodyTooLong", ...place }, what);
  }
  // A choice knows its lengths better: it names them all when none fits.
  if (body.layout.schema.kind === "choice" || fits(body.layout, body.length)) return;
  const { min, step } = body.layout;
  const wanted = step === 0 ? `${min}` : `${min} and a multiple of ${step} more`;
  const what = `the body has ${body.length} bytes, expected ${wanted}`;
  throw new ProtocolError({ code: "badLength", ...place }, what);
}

/** Joins the header with the first block when that is small, so that most frames are one block. */
function joinHead(head: readonly Uint8Array[], body: readonly Uint8Array[]): readonly Uint8Array[] {
  const [first, ...others] = body;
  if (first === undefined || others.length > 0 || first.length > 65_536) return [...head, ...body];
  return [joinBlocks([...head, first])];
}
