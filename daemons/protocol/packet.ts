// `packet(...)`: one declaration gives a packet its type, encoding, decoding, log line and limits.
// Frame: type u32, body length u32, body. Spec: wire-admin.md section 1.1.

import { Reader, viewBytesMin, Writer } from "./bytes.ts";
import { clip } from "./describe.ts";
import { struct } from "./layout.ts";
import type { Fields, RecordOf } from "./layout.ts";
import { ProtocolError } from "./protocol-error.ts";
import { fits } from "./wire.ts";
import type { Field, Schema } from "./wire.ts";

/** Bytes of type and length before each body. */
export const headerBytes = 8;
const describedCharactersMax = 500;

/** Decoding is synchronous and never nests, so one cursor serves all packets. */
const reader = new Reader();

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
  /** Appends the whole frame to a writer, which servers reuse: `writer.view()` is what to send. */
  encodeTo(writer: Writer, value: T): void;
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
  const isChoice = layout.schema.kind === "choice";
  const append = (writer: Writer, value: T): void => {
    const head = writer.hole(headerBytes);
    const before = writer.size;
    try {
      layout.write(writer, value);
      const size = writer.size - before;
      if (size > maxBody) {
        throw new RangeError(`Cannot encode "${name}" in ${size} bytes, expected ${maxBody}`);
      }
      writer.patch(head, 4, id);
      writer.patch(head + 4, 4, size);
    } catch (error) {
      writer.takeBack(head);
      throw error;
    }
  };
  return {
    name,
    id,
    maxBody,
    schema: layout.schema,
    decode(body, variant) {
      const { length } = body;
      // A choice knows its lengths better: it names them all when none fits.
      if (length > maxBody || !(isChoice || fits(layout, length))) {
        throw lengthError({ name, maxBody, layout, length });
      }
      reader.reset(body, name);
      const value = layout.read(reader, variant);
      reader.expectEnd();
      return value;
    },
    encode(value) {
      const writer = new Writer(viewBytesMin);
      append(writer, value);
      return writer.finish();
    },
    encodeTo: append,
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

function lengthError(body: {
  name: string;
  maxBody: number;
  layout: Field<unknown>;
  length: number;
}): ProtocolError {
  const place = { packet: body.name, offset: 0 };
  if (body.length > body.maxBody) {
    const what = `the body has ${body.length} bytes, expected at most ${body.maxBody}`;
    return new ProtocolError({ code: "bodyTooLong", ...place }, what);
  }
  const { min, step } = body.layout;
  const wanted = step === 0 ? `${min}` : `${min} and a multiple of ${step} more`;
  const what = `the body has ${body.length} bytes, expected ${wanted}`;
  return new ProtocolError({ code: "badLength", ...place }, what);
}
