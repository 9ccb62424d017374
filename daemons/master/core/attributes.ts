// The attribute record of a node as one caller sees it. Spec: wire-client-master-1.md section 6,
// semantics-master.md section 10.2.

import { attributeFlags, attributesBytes, writeAttributes } from "../../protocol/attributes.ts";
import type { Client, MappedCaller } from "./client.ts";
import { aclType } from "./store/attribute-lists.ts";
import { extraAttribute, nodeType } from "./store/nodes.ts";
import type { World } from "./store/world.ts";

const undeletable =
  extraAttribute.undeletable | extraAttribute.appendOnly | extraAttribute.immutable;
const lowHalf = 0xffff_ffffn;

/** One record serves all answers: it is copied into the outgoing bytes before the next one is made. */
const record = new Uint8Array(attributesBytes);

/** Who looks, and where from. */
export interface View {
  readonly caller?: MappedCaller;
  /** The directory through which the node was reached; it decides whether the entry may be cached. */
  readonly parent?: number;
  /** Whether the data-cache book lets the client keep its cache; nobody was asked where it is absent. */
  readonly mayCache?: boolean;
}

/** The 36 bytes, valid until the next call. */
export function attributesOf(client: Client, inode: number, view: View): Uint8Array {
  writeAttributesOf(record, client, inode, view);
  return record;
}

/** Writes the 36 bytes to the start of `target`. */
export function writeAttributesOf(
  target: Uint8Array,
  client: Client,
  inode: number,
  view: View,
): void {
  const { world } = client.service;
  const { nodes } = world;
  const type = nodes.type(inode);
  const extra = nodes.extra(inode);
  const isDevice = type === nodeType.blockDevice || type === nodeType.characterDevice;
  const length = isDevice ? 0n : shownLength(world, inode, type);
  let mode = shownMode(world, inode);
  let uid = nodes.uid(inode);
  let gid = nodes.gid(inode);
  const { caller } = view;
  if (caller !== undefined) {
    if ((extra & extraAttribute.noOwner) !== 0 && caller.uid !== 0) {
      const owner = (mode >>> 6) & 7;
      mode = (mode & 0o7700) | (owner << 3) | owner;
      uid = client.mapsAll ? caller.unmappedUid : caller.uid;
      gid = client.mapsAll ? caller.unmappedGid : caller.gid;
    } else if (client.mapsAll && caller.unmappedUid !== 0) {
      uid = uid === caller.uid ? caller.unmappedUid : 0;
      gid = gid === caller.gid ? caller.unmappedGid : 0;
    }
  }
  writeAttributes(target, {
    flags: flagsOf(client, inode, extra, view),
    typeAndMode: ((type > nodeType.socket ? nodeType.file : type) << 12) | mode,
    uid,
    gid,
    accessTime: nodes.accessTime(inode),
    modificationTime: nodes.modificationTime(inode),
    changeTime: nodes.changeTime(inode),
    links: nodes.links(inode),
    lengthHigh: isDevice ? nodes.device(inode) : Number(length >> 32n),
    lengthLow: Number(length & lowHalf),
    windowsFlags: nodes.windowsFlags(inode),
  });
}

function flagsOf(client: Client, inode: number, extra: number, view: View): number {
  const { nodes } = client.service.world;
  let flags = 0;
  const uncached = (extra & (extraAttribute.noOwner | extraAttribute.noAttributeCache)) !== 0;
  if (uncached || client.mapsAll) flags |= attributeFlags.noAttributeCache;
  const { parent } = view;
  if (parent !== undefined && (nodes.extra(parent) & extraAttribute.noEntryCache) !== 0) {
    flags |= attributeFlags.noEntryCache;
  }
  if ((extra & extraAttribute.noDataCache) !== 0) flags |= attributeFlags.directMode;
  else if (view.mayCache ?? true) flags |= attributeFlags.allowDataCache;
  if (!nodes.hasXattrs(inode) && !nodes.hasAccessAcl(inode) && !nodes.hasDefaultAcl(inode)) {
    flags |= attributeFlags.noExtendedAttributes;
  }
  if ((extra & undeletable) !== 0) flags |= attributeFlags.undeletable;
  return flags;
}

function shownMode(world: World, inode: number): number {
  const mode = world.nodes.mode(inode);
  const acl = world.acls.get(inode, aclType.access);
  if (acl === undefined) return mode;
  return (mode & 0o7000) | ((acl.owner & 7) << 6) | ((acl.mask & 7) << 3) | (acl.other & 7);
}

function shownLength(world: World, inode: number, type: number): bigint {
  switch (type) {
    case nodeType.file:
    case nodeType.trash:
    case nodeType.sustained:
      return world.nodes.length(inode);
    case nodeType.directory:
      return directoryLength(world.statistics.lengthOf(inode));
    case nodeType.symlink:
      return BigInt(world.nodes.targetLength(inode));
    default:
      return 0n;
  }
}

/** A directory's length says how much lies below it, so that `ls` shows something useful. */
export function directoryLength(below: bigint): bigint {
  if (below === 0n) return 1n;
  if (below < 1n << 10n) return below * 100n;
  for (const step of [1n, 2n, 3n, 4n]) {
    if (below < 1n << (10n * (step + 1n))) return ((below * 100n) >> (10n * step)) + step * million;
  }
  if (below < 1n << 60n) return (((below >> 10n) * 100n) >> 40n) + 5n * million;
  return (((below >> 10n) * 100n) >> 50n) + 6n * million;
}

const million = 1_000_000n;
