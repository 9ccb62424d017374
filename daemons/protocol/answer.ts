// Answers of the master to numbered requests: exactly one byte after the message id is a status, more is
// the data. Also the one way to answer any request with a status alone.
// Spec: wire-client-master-1.md section 1.2.

import type { Writer } from "./bytes.ts";
import { choice, struct } from "./layout.ts";
import type { ChoiceOf, Fields, RecordOf, StructField } from "./layout.ts";
import { headerBytes, packet } from "./packet.ts";
import type { Packet } from "./packet.ts";
import { status } from "./status.ts";
import { fits, u32 } from "./wire.ts";
import type { Field } from "./wire.ts";

const statusFields = { messageId: u32, status } as const;
/** Length of a body that is a status alone: no answer with data has it. */
const statusBytes = 5;

/** The value of a status-only answer. */
export type StatusBody = RecordOf<typeof statusFields>;

/** An answer that is a status or one record: variants `status` and `full`. */
export function answerOf<const F extends Fields>(fields: F) {
  return answersOf({ full: { messageId: u32, ...fields } });
}

/**
 * An answer that is a status or one of several records, told apart by length or, where the request
 * decides, by whoever asked. Each record names its `messageId` itself.
 */
export function answersOf<const V extends Readonly<Record<string, Fields>>>(
  variants: V,
): Field<ChoiceOf<V & { status: typeof statusFields }>> {
  const rows = new Map<string, StructField<unknown>>([["status", struct(statusFields)]]);
  for (const [name, fields] of Object.entries(variants)) rows.set(name, struct(fields));
  const full = [...rows].filter(([name]) => name !== "status");
  return choice(rows, {
    min: Math.min(...[...rows.values()].map((row) => row.min)),
    max: Math.max(...[...rows.values()].map((row) => row.max)),
    step: 1,
    pick(reader, wanted) {
      const { left } = reader;
      if (left === statusBytes) return "status";
      if (wanted !== undefined && wanted !== "status" && rows.has(wanted)) return wanted;
      for (const [name, row] of full) if (fits(row, left)) return name;
      const lengths = full.map(([, row]) => `${row.min}${row.step === 0 ? "" : "+"}`);
      throw reader.error("badLength", `${left} bytes, expected 5 or ${lengths.join(" or ")}`);
    },
    writeTag: () => undefined,
  });
}

/** Declares an answer that never holds more than a status. */
export function statusAnswer(name: string, id: number): Packet<StatusBody> {
  return packet(name, id, statusFields);
}

/** Appends a status-only answer of any answer packet that starts with a message id. */
export function writeStatus(
  writer: Writer,
  answer: Pick<Packet<unknown>, "id">,
  body: StatusBody,
): void {
  const head = writer.hole(headerBytes);
  writer.patch(head, 4, answer.id);
  writer.patch(head + 4, 4, statusBytes);
  writer.u32(body.messageId);
  writer.u8(body.status);
}
