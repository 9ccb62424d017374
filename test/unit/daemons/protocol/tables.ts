// Every packet of the tables, the golden frames by name, and values drawn from a packet's own schema.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import * as fc from "fast-check";
import { decodeText } from "../../../../daemons/protocol/byte-text.ts";
import { headerBytes, joinBlocks } from "../../../../daemons/protocol/packet.ts";
import type { Packet } from "../../../../daemons/protocol/packet.ts";
import { adminFiguresPackets } from "../../../../daemons/protocol/packets/admin-figures.ts";
import { adminSettingsPackets } from "../../../../daemons/protocol/packets/admin-settings.ts";
import { adminPackets } from "../../../../daemons/protocol/packets/admin.ts";
import { anyPackets } from "../../../../daemons/protocol/packets/any.ts";
import { chunkserverAdminPackets } from "../../../../daemons/protocol/packets/chunkserver-admin.ts";
import { clientAttributesPackets } from "../../../../daemons/protocol/packets/client-attributes.ts";
import { clientClassesPackets } from "../../../../daemons/protocol/packets/client-classes.ts";
import { clientDataPackets } from "../../../../daemons/protocol/packets/client-data.ts";
import { clientLocksPackets } from "../../../../daemons/protocol/packets/client-locks.ts";
import { clientMetaPackets } from "../../../../daemons/protocol/packets/client-meta.ts";
import { clientRegisterPackets } from "../../../../daemons/protocol/packets/client-register.ts";
import { clientReportsPackets } from "../../../../daemons/protocol/packets/client-reports.ts";
import { clientToolsPackets } from "../../../../daemons/protocol/packets/client-tools.ts";
import { clientTreePackets } from "../../../../daemons/protocol/packets/client-tree.ts";
import { ProtocolError } from "../../../../daemons/protocol/protocol-error.ts";
import type { Schema } from "../../../../daemons/protocol/wire.ts";

/** Rows of tools and monitors. Their bodies are unknown here: tests that walk them use the schema. */
export const monitoringPackets: readonly Packet<unknown>[] = [
  ...anyPackets,
  ...adminPackets,
  ...adminSettingsPackets,
  ...adminFiguresPackets,
  ...chunkserverAdminPackets,
];

/** All rows but those of chunkservers and metaloggers. */
export const allPackets: readonly Packet<unknown>[] = [
  ...monitoringPackets,
  ...clientAttributesPackets,
  ...clientClassesPackets,
  ...clientDataPackets,
  ...clientLocksPackets,
  ...clientMetaPackets,
  ...clientRegisterPackets,
  ...clientReportsPackets,
  ...clientToolsPackets,
  ...clientTreePackets,
];

const goldenFolder = new URL("../../../golden/protocol/", import.meta.url);

/** Names of the golden frames. */
export const goldenNames: readonly string[] = readdirSync(goldenFolder)
  .filter((file) => file.endsWith(".hex"))
  .map((file) => file.slice(0, -".hex".length));

/** A frame as a real program sent it. */
export function goldenFrame(name: string): Uint8Array {
  const hex = readFileSync(new URL(`${name}.hex`, goldenFolder), "utf8").replaceAll(/\s/g, "");
  return new Uint8Array(Buffer.from(hex, "hex"));
}

/** Requests as real programs sent them: the packet's name and the frame. */
export function goldenRequests(): readonly { name: string; frame: Uint8Array }[] {
  const lines = readFileSync(new URL("requests.txt", goldenFolder), "utf8").split("\n");
  return lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [name = "", hex = ""] = line.split(" ");
      return { name, frame: new Uint8Array(Buffer.from(hex, "hex")) };
    });
}

/** The row that a frame's header names, and the frame's body. */
export function opened(frame: Uint8Array): { row: Packet<unknown>; body: Uint8Array } {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const row = allPackets.find((each) => each.id === view.getUint32(0));
  assert.ok(row, `no packet ${view.getUint32(0)}`);
  assert.equal(view.getUint32(4), frame.length - headerBytes);
  return { row, body: frame.subarray(headerBytes) };
}

/** The one packet behind which the specification lets peers add bytes that mean nothing. */
const ignoresExtraBytes: ReadonlySet<string> = new Set(["CLTOMA_FUSE_REGISTER"]);

/** Bytes are refused as the peer's mistake, or their value encodes back to them: nothing in between. */
export function refusedOrExact(
  row: Packet<unknown>,
  given: { body: Uint8Array; variant: string | undefined },
): void {
  let value: unknown;
  try {
    value = row.decode(given.body, given.variant);
  } catch (error) {
    assert.ok(error instanceof ProtocolError, String(error));
    return;
  }
  const again = joinBlocks(row.encode(value)).subarray(headerBytes);
  if (ignoresExtraBytes.has(row.name)) {
    assert.deepStrictEqual(again, given.body.subarray(0, again.length));
  } else assert.deepStrictEqual(again, given.body);
}

/** The variant's name when the value has one. */
export function variantOf(value: unknown): string | undefined {
  const isChoice = typeof value === "object" && value !== null && "variant" in value;
  return isChoice ? String(value.variant) : undefined;
}

/** Values of a schema; lists and texts stay short. */
export function arbitrary(schema: Schema): fc.Arbitrary<unknown> {
  switch (schema.kind) {
    case "unsigned":
      return fc.integer({ min: 0, max: Math.min(2 ** schema.bits - 1, Number.MAX_SAFE_INTEGER) });
    case "u64":
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case "text":
      return fc.uint8Array({ maxLength: Math.min(schema.maxBytes, 40) }).map(decodeText);
    case "bytes":
      return bytesOf(schema.lengths, schema.maxBytes);
    case "list":
      return fc.array(arbitrary(schema.item), {
        minLength: schema.minCount,
        maxLength: Math.min(schema.maxCount, Math.max(schema.minCount, 4)),
      });
    case "optional":
      return fc.option(arbitrary(schema.item), { nil: undefined });
    case "struct":
      return recordOf(schema.fields);
    case "choice":
      return fc.oneof(
        ...Object.entries(schema.variants).map(([variant, row]) =>
          arbitrary(row).map((fields) => ({ variant, ...(fields as object) })),
        ),
      );
    case "samples":
      return fc.constantFrom(...schema.values);
    default:
      return schema satisfies never;
  }
}

function bytesOf(
  lengths: readonly number[] | undefined,
  maxBytes: number,
): fc.Arbitrary<Uint8Array> {
  // Above 1024 bytes the encoder keeps views: both ways are drawn.
  const sizes = (lengths ?? [0, 1, 7, 255, 1023, 1024]).filter((size) => size <= maxBytes);
  return fc
    .constantFrom(...sizes)
    .chain((size) => fc.uint8Array({ minLength: size, maxLength: size }));
}

function recordOf(fields: Readonly<Record<string, Schema>>): fc.Arbitrary<object> {
  const model = Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [name, arbitrary(schema)]),
  );
  return fc.record(model, { noNullPrototype: true });
}
