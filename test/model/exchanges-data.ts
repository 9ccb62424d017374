// Requests about files as data. Spec: wire-client-master-2.md sections 3 to 5 and 9.1.

import type { Packet } from "../../daemons/protocol/packet.ts";
import * as dataPackets from "../../daemons/protocol/packets/client-data.ts";
import { SustainedInodes } from "../../daemons/protocol/packets/client-register.ts";
import type { Draw } from "./draw.ts";
import { exchange } from "./exchange.ts";
import * as data from "./naive-data.ts";
import { truncate } from "./naive-lengths.ts";
import * as meta from "./naive-meta.ts";

export const forData = [
  exchange(
    [dataPackets.Open, dataPackets.OpenAnswer as Packet<unknown>],
    ["mount", 5],
    data.open,
    (draw) => ({
      inode: draw.file(),
      caller: draw.caller(),
      flags: draw.of([1, 2, 3, 0x0a, 0x15, 0x17, 5, draw.below(32)]),
    }),
  ),
  exchange(
    [dataPackets.ReadChunk, dataPackets.ReadChunkAnswer as Packet<unknown>],
    ["mount", 4],
    data.readChunk,
    (draw) => ({ inode: draw.file(), index: draw.index(), flags: 0 }),
  ),
  exchange(
    [dataPackets.WriteChunk, dataPackets.WriteChunkAnswer as Packet<unknown>],
    ["mount", 9],
    data.writeChunk,
    (draw) => ({ inode: draw.file(), index: draw.index(), flags: draw.once(6) ? 2 : 0 }),
  ),
  exchange(
    [dataPackets.WriteChunkEnd, dataPackets.WriteChunkEndAnswer as Packet<unknown>],
    ["mount", 10],
    data.writeChunkEnd,
    drawnWriteEnd,
  ),
  exchange(
    [dataPackets.Truncate, dataPackets.TruncateAnswer as Packet<unknown>],
    ["mount", 6],
    truncate,
    (draw) => ({
      inode: draw.file(),
      flags: draw.of([0, 0, 1, 1, 3, 0x0b, 4, 5, 8]),
      caller: draw.caller(),
      length: draw.length(),
    }),
  ),
  exchange([SustainedInodes, undefined], ["mount", 2], meta.sustainedInodes, (draw, from) => {
    const held = [...from.session.open].filter(() => !draw.once(3));
    return { inodes: draw.once(3) ? [...held, draw.file(), 0] : held };
  }),
];

/** Most often the end of a write that somebody has begun. */
function drawnWriteEnd(draw: Draw): object {
  const locked: [number, number, number][] = [];
  for (const node of draw.fs.nodes.values()) {
    for (const [index, id] of node.slots) {
      const chunk = draw.fs.chunks.get(id);
      if (chunk !== undefined && draw.fs.isLocked(chunk)) locked.push([node.inode, index, id]);
    }
  }
  const other: [number, number, number] = [
    draw.file(),
    draw.below(3),
    1 + draw.below(draw.fs.nextChunkId + 1),
  ];
  const [inode, index, chunkId] = draw.once(12) ? other : (draw.perhaps(locked) ?? other);
  const within = draw.of([0n, 1n, 4096n, 100_000n, 0x400_0000n]);
  const told = within === 0n ? 0n : BigInt(index) * 0x400_0000n + within;
  const length = draw.once(60) ? (1n << 57n) + 1n : told;
  return { chunkId, inode, index, length, flags: 0 };
}
