// TRUNCATE: plain lengths, a writer's report, and room reserved for appending.
// Spec: wire-client-master-2.md section 4, semantics-master.md section 14.2.

import {
  Truncate,
  TruncateAnswer,
  truncateFlags as flag,
} from "../../../protocol/packets/client-data.ts";
import { ChunkHasChanged, LengthHasChanged } from "../../../protocol/packets/client-register.ts";
import { attributesOf } from "../attributes.ts";
import { beginPlanned, planTruncate } from "../chunks/modification.ts";
import { fileLengthMax } from "../changes/file-data.ts";
import { disabled, mapCaller } from "../client.ts";
import type { Client, MappedCaller } from "../client.ts";
import { exceedsFileQuota } from "../quota-check.ts";
import { findNode, may, right } from "../rights.ts";
import { status } from "../status.ts";
import { extraAttribute } from "../store/nodes.ts";
import { waitForChunk } from "./chunk-wait.ts";
import { rollBack } from "./data.ts";
import { later, operation } from "./operation.ts";
import type { Outcome } from "./operation.ts";

const chunkBits = 26n;
const chunkMask = (1n << chunkBits) - 1n;

/** A truncation that has passed the tests of rights. */
interface Cut {
  readonly request: Truncate;
  readonly inode: number;
  readonly caller: MappedCaller;
  readonly flags: number;
  readonly length: bigint;
  readonly messageId: number;
}

export const truncate = operation(Truncate, TruncateAnswer, (client, request) => {
  client.service.counters.count(client.session, "setattr");
  return evaluate(client, request);
});

/** All of a request; again for one that has waited, for rights and the file may have changed meanwhile. */
function evaluate(client: Client, request: Truncate): Outcome<TruncateAnswer> {
  const { session } = client;
  const { flags, length, messageId } = request;
  const reports = (flags & (flag.update | flag.reserve)) !== 0;
  const both = disabled.truncate | disabled.setLength;
  if (reports && client.disables(disabled.write)) return status.EPERM;
  if (!reports && (session.disables & both) === both) return status.EPERM;
  const caller = mapCaller(session, request.caller);
  const checked = checkTruncate(client, caller, request);
  if (checked < 0) return -checked;
  return setLength(client, { request, inode: checked, caller, flags, length, messageId });
}

/** The inode, or a status as a negative number. */
function checkTruncate(client: Client, caller: MappedCaller, request: Truncate): number {
  const { nodes } = client.service.world;
  const { flags } = request;
  if (client.readOnly) return -status.EROFS;
  const opened = (flags & flag.opened) !== 0;
  const inode = findNode(client, request.inode, opened);
  if (inode === 0) return -status.ENOENT;
  const extra = nodes.extra(inode);
  const reports = (flags & (flag.update | flag.reserve)) !== 0;
  if ((extra & extraAttribute.immutable) !== 0) return -status.EPERM;
  if ((extra & extraAttribute.appendOnly) !== 0 && !reports) return -status.EPERM;
  if (!opened && !may(client, inode, caller, right.write)) return -status.EACCES;
  return nodes.isFile(inode) ? inode : -status.EPERM;
}

function setLength(client: Client, cut: Cut): Outcome<TruncateAnswer> {
  if ((cut.flags & flag.reserve) !== 0) return reserve(client, cut);
  if ((cut.flags & flag.update) !== 0) return raise(client, cut);
  return plain(client, cut);
}

/** Room at the end of the file: nothing is logged, the answer says where it begins. */
function reserve(client: Client, cut: Cut): Outcome<TruncateAnswer> {
  const { service } = client;
  const length = service.world.nodes.length(cut.inode);
  const before = service.reservations.get(cut.inode) ?? 0n;
  const start = before > length ? before : length;
  const end = start + cut.length;
  if (end > fileLengthMax) return status.INDEXTOOBIG;
  service.reservations.set(cut.inode, end);
  tellLength(client, cut.inode, end);
  return answer(client, cut, start);
}

function raise(client: Client, cut: Cut): Outcome<TruncateAnswer> {
  const { service } = client;
  const before = service.world.nodes.length(cut.inode);
  if (cut.length > before) {
    if (cut.length > fileLengthMax) return status.INDEXTOOBIG;
    const { inode, length } = cut;
    const raised = service.commit({ op: "LENGTH", inode, length, touch: 0 });
    if (typeof raised === "number") return raised;
  }
  service.reservations.delete(cut.inode);
  tellLength(client, cut.inode, service.world.nodes.length(cut.inode));
  return answer(client, cut, before);
}

function plain(client: Client, cut: Cut): Outcome<TruncateAnswer> {
  const { service } = client;
  const { world, chunkCore } = service;
  const { inode, length } = cut;
  const before = world.nodes.length(inode);
  const refused = checkPlain(client, cut, before);
  if (refused !== status.OK) return refused;
  const index = Number(length >> chunkBits);
  const inside = (length & chunkMask) !== 0n && length !== before;
  const slotChunkId = inside ? world.slots.get(inode, index) : 0;
  if (slotChunkId === 0) return endPlain(client, cut, before);
  const truncateTo = Number(length & chunkMask);
  const plan = planTruncate(chunkCore, { chunkId: slotChunkId, truncateTo });
  if (!("kind" in plan)) {
    const met = { chunkId: slotChunkId, messageId: cut.messageId, met: plan.status };
    return waitForChunk(client, met, TruncateAnswer, () => evaluate(client, cut.request));
  }
  const granted = service.commit({ op: "TRUNC", inode, index });
  if (typeof granted === "number") return granted;
  const at = { chunkId: granted.chunk, slotChunkId };
  if (!beginPlanned(chunkCore, plan)) return endCut(status.OK);
  service.awaitOperation(granted.chunk, client, {
    done: (ended) => service.finish(client, TruncateAnswer, cut.messageId, () => endCut(ended)),
    abandoned: () => rollBack(service, { inode, index }, at),
  });
  return later;

  function endCut(ended: number): Outcome<TruncateAnswer> {
    if (ended !== status.OK) {
      rollBack(service, { inode, index }, at);
      return ended;
    }
    service.unlockChunk(at.chunkId);
    return endPlain(client, cut, before, { index, chunkId: at.chunkId });
  }
}

function checkPlain(client: Client, cut: Cut, before: bigint): number {
  const { service } = client;
  const { inode, length } = cut;
  if (length < before) return client.disables(disabled.truncate) ? status.EPERM : status.OK;
  if (length === before) return status.OK;
  if (client.disables(disabled.setLength)) return status.EPERM;
  if (length > fileLengthMax) return status.INDEXTOOBIG;
  const growth = growthTo(client, inode, length);
  return exceedsFileQuota(service.world, inode, growth) ? status.QUOTA : status.OK;
}

/** What a longer file counts more. */
function growthTo(client: Client, inode: number, length: bigint) {
  const { nodes, statistics } = client.service.world;
  const before = nodes.length(inode);
  const sizeBefore = statistics.sizeOf(inode);
  const size = statistics.sizeAt(inode, length) - sizeBefore;
  const realSize = size * BigInt(nodes.countedCopies(inode));
  return { inodes: 0, length: length - before, size, realSize };
}

function endPlain(
  client: Client,
  cut: Cut,
  before: bigint,
  chunk?: { readonly index: number; readonly chunkId: number },
): Outcome<TruncateAnswer> {
  const { service, session } = client;
  const { inode, length } = cut;
  if (service.world.nodes.type(inode) === 0) return status.ENOENT;
  const keepsTimes = (cut.flags & flag.timeFix) !== 0 && length === before;
  const set = service.commit({ op: "LENGTH", inode, length, touch: keepsTimes ? 0 : 1 });
  if (typeof set === "number") return set;
  service.reservations.delete(inode);
  service.dataCache.modify(inode, session.id);
  if (chunk === undefined) tellLength(client, inode, length);
  else {
    const record = service.world.chunks.find(chunk.chunkId);
    service.tellOthers(client, inode, ChunkHasChanged, {
      messageId: 0,
      inode,
      ...chunk,
      version: record === 0 ? 0 : service.world.chunks.versionOf(record),
      length,
      truncated: 1,
    });
  }
  return answer(client, cut, before);
}

function tellLength(client: Client, inode: number, length: bigint): void {
  client.service.tellOthers(client, inode, LengthHasChanged, { messageId: 0, inode, length });
}

function answer(client: Client, cut: Cut, previousLength: bigint): Outcome<TruncateAnswer> {
  const attributes = attributesOf(client, cut.inode, { caller: cut.caller });
  return { variant: "full" as const, messageId: cut.messageId, previousLength, attributes };
}
