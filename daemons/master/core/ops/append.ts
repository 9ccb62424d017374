// APPEND_SLICE: whole chunks of one file are shared by the end of another.
// Spec: wire-client-master-3.md section 6.10, semantics-master.md section 17.2.

import { LengthHasChanged } from "../../../protocol/packets/client-register.ts";
import { AppendSlice, AppendSliceAnswer } from "../../../protocol/packets/client-tools.ts";
import type { AppendSlice as Request } from "../../../protocol/packets/client-tools.ts";
import { disabled, mapCaller } from "../client.ts";
import type { Client } from "../client.ts";
import { exceedsFileQuota } from "../quota-check.ts";
import type { Growth } from "../quota-check.ts";
import { findNode, may, right } from "../rights.ts";
import { status } from "../status.ts";
import { extraAttribute } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import { operation } from "./operation.ts";

const chunkBits = 26n;
const chunkBytes = 1n << chunkBits;
const lengthMax = 2n ** 64n - 1n;
/** Bits of the request: which end of the slice is counted from the end of the source. */
const fromEnd = { from: 1, to: 2 } as const;

/** Chunks [from, to) of a source. */
interface Slice {
  readonly source: number;
  readonly from: number;
  readonly to: number;
}

export const appendSlice = operation(AppendSlice, AppendSliceAnswer, (client, request) => {
  const { service } = client;
  const { world } = service;
  if (client.disables(disabled.appendChunks)) return status.EPERM;
  if (request.target === request.source) return status.EINVAL;
  if (client.readOnly) return status.EROFS;
  const target = findNode(client, request.target);
  const source = findNode(client, request.source);
  if (target === 0 || source === 0) return status.ENOENT;
  const refused = checkAppend(client, request, { source, target });
  if (refused !== status.OK) return refused;
  const slice = sliceOf(world, source, request);
  if (slice.from >= slice.to) return status.OK;
  const growth = growthOfAppend(world, target, slice);
  if (growth === undefined) return status.EINVAL;
  if (exceedsFileQuota(world, target, growth)) return status.QUOTA;
  const { from } = slice;
  const appended = service.commit({ op: "APPEND", target, source, from, to: slice.to - 1 });
  if (typeof appended === "number") return appended;
  tellLength(client, target);
  return status.OK;
});

function checkAppend(
  client: Client,
  request: Request,
  { source, target }: { readonly source: number; readonly target: number },
): number {
  const { nodes } = client.service.world;
  const caller = mapCaller(client.session, request.caller);
  if (!nodes.isFile(source)) return status.EPERM;
  if (!may(client, source, caller, right.read)) return status.EACCES;
  const immutable = (nodes.extra(target) & extraAttribute.immutable) !== 0;
  if (!nodes.isFile(target) || immutable) return status.EPERM;
  return may(client, target, caller, right.write) ? status.OK : status.EACCES;
}

/** What is meant in chunks of the source; an empty slice where nothing is. */
function sliceOf(world: World, source: number, request: Request): Slice {
  const count = Number((world.nodes.length(source) + chunkBytes - 1n) >> chunkBits);
  let { from, to } = request;
  if ((request.flags & fromEnd.from) !== 0) from = Math.max(0, count - from);
  if ((request.flags & fromEnd.to) !== 0) to = Math.max(0, count - to);
  return { source, from, to: Math.min(to, count) };
}

/** What the target counts more; `undefined` where its length would not fit. */
function growthOfAppend(world: World, target: number, slice: Slice): Growth | undefined {
  const { nodes, statistics, slots } = world;
  const { source, from, to } = slice;
  const before = nodes.length(target);
  const start = ((before + chunkBytes - 1n) >> chunkBits) << chunkBits;
  const sliceEnd = BigInt(to) << chunkBits;
  const sourceLength = nodes.length(source);
  const end = sliceEnd < sourceLength ? sliceEnd : sourceLength;
  const after = start + end - (BigInt(from) << chunkBits);
  if (after > lengthMax) return undefined;
  if (world.quotas.size === 0) return { inodes: 0, length: 0n, size: 0n, realSize: 0n };
  // The target's last chunk is a full one from now on.
  const rounded = statistics.sizeAt(target, start) - statistics.sizeOf(target);
  let added = 0n;
  if (slots.filledFrom(source, from) > 0) {
    const upTo = (index: number) => statistics.sizeAt(source, BigInt(index) << chunkBits);
    const last = end < sliceEnd ? statistics.sizeOf(source) : upTo(to);
    added = last - (from === 0 ? 0n : upTo(from));
  }
  const size = rounded + added;
  const realSize = size * BigInt(nodes.countedCopies(target));
  return { inodes: 0, length: after - before, size, realSize };
}

/** Everybody who has the file open hears of its length, whoever asked included. */
function tellLength(client: Client, inode: number): void {
  const { service, session } = client;
  const length = service.world.nodes.length(inode);
  const reserved = service.reservations.get(inode);
  if (reserved !== undefined && reserved <= length) service.reservations.delete(inode);
  service.dataCache.modify(inode, session.id);
  const news = { messageId: 0, inode, length };
  service.tellOthers(client, inode, LengthHasChanged, news);
  if (client.kind === "mount" && service.world.openFiles.has(session.id, inode)) {
    client.send(LengthHasChanged, news);
  }
}
