// LOOKUP: finds a name, and says at once what opening the file would need to know.
// Spec: wire-client-master-2.md section 2.3.

import { Lookup, LookupAnswer, lookupFlags } from "../../../protocol/packets/client-tree.ts";
import { attributesOf } from "../attributes.ts";
import { disabled, mapCaller } from "../client.ts";
import type { Client } from "../client.ts";
import { isDot, isDotDot, isGoodName } from "../names.ts";
import { allowed, findNode, may, right, shownInode } from "../rights.ts";
import { status } from "../status.ts";
import { extraAttribute, nodeType } from "../store/nodes.ts";
import { locationOf } from "./location.ts";
import { operation } from "./operation.ts";

/** Masks that include write. */
const writeMasks = 0xcc;
/** Masks that include read or write. */
const accessMasks = 0xfc;

export const lookup = operation(Lookup, LookupAnswer, (client, request) => {
  const { world, counters } = client.service;
  const { nodes } = world;
  counters.count(client.session, "lookup");
  const parent = findNode(client, request.parent);
  if (parent === 0) return status.ENOENT_NOCACHE;
  if (!nodes.isDirectory(parent)) return status.ENOTDIR;
  const caller = mapCaller(client.session, request.caller);
  if (!may(client, parent, caller, right.execute)) return status.EACCES;
  const found = entryOf(client, parent, request.name);
  if (found < 0) return status.EINVAL;
  if (found === 0) {
    const uncached = (nodes.extra(parent) & extraAttribute.noEntryCache) !== 0;
    return uncached ? status.ENOENT_NOCACHE : status.ENOENT;
  }
  let flags = lookupFlagsOf(client, found, allowed(client, found, caller));
  let mayCache = true;
  const isFile = nodes.type(found) === nodeType.file;
  if (isFile && (flags & accessMasks) !== 0 && (flags & lookupFlags.directMode) === 0) {
    mayCache = client.service.dataCache.open(found, client.session.id);
    if (mayCache) flags |= lookupFlags.keepCache;
  }
  const location = isFile && (flags & accessMasks) !== 0 ? chunkZero(client, found) : undefined;
  if (location !== undefined) flags |= lookupFlags.chunkZeroData;
  return {
    variant: "full" as const,
    messageId: request.messageId,
    inode: shownInode(client, found),
    attributes: attributesOf(client, found, { caller, parent, mayCache }),
    flags,
    location,
  };
});

/** The node under a name, 0 when there is none, -1 when it cannot be a name. */
function entryOf(client: Client, parent: number, name: Uint8Array): number {
  const { edges } = client.service.world;
  if (isDot(name)) return parent;
  if (isDotDot(name)) {
    return parent === client.session.rootInode ? parent : edges.parentOf(parent) || parent;
  }
  if (!isGoodName(name)) return -1;
  const edge = edges.find(parent, name);
  return edge === 0 ? 0 : edges.child(edge);
}

function lookupFlagsOf(client: Client, inode: number, set: number): number {
  const extra = client.service.world.nodes.extra(inode);
  let flags = set;
  if (client.readOnly) flags |= lookupFlags.readOnly;
  if ((extra & extraAttribute.immutable) !== 0) {
    flags = (flags & ~writeMasks) | lookupFlags.immutable;
  }
  if ((extra & extraAttribute.noDataCache) !== 0) flags |= lookupFlags.directMode;
  if ((extra & extraAttribute.appendOnly) !== 0) flags |= lookupFlags.appendOnly;
  return flags;
}

/** Where the only chunk of a file lies: saves the client a request. */
function chunkZero(client: Client, inode: number) {
  const { slots } = client.service.world;
  if (client.disables(disabled.read) || slots.count(inode) !== 1) return undefined;
  const location = locationOf(client, slots.get(inode, 0));
  return typeof location === "number" ? undefined : location;
}
