// What a meta mount does: lists the trash and the removed files that are still open, shows and changes where
// a trash file goes back to, puts it back, or removes it for good. Spec: wire-client-master-3.md section 1,
// semantics-master.md section 16.

import {
  GetDetachedAttributes,
  GetDetachedAttributesAnswer,
  GetTrashPath,
  GetTrashPathAnswer,
  ListSustained,
  ListSustainedAnswer,
  ListTrash,
  ListTrashAnswer,
  Purge,
  PurgeAnswer,
  SetTrashPath,
  SetTrashPathAnswer,
  Undelete,
  UndeleteAnswer,
} from "../../../protocol/packets/client-meta.ts";
import { attributesOf } from "../attributes.ts";
import type { Client } from "../client.ts";
import { withoutNulsAtEnd } from "../names.ts";
import { status } from "../status.ts";
import { sustainedBuckets, trashBuckets } from "../store/edges.ts";
import { nodeType } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import { operation } from "./operation.ts";

const pathBytesMax = 1024;
const slash = 0x2f;
const bar = "|".charCodeAt(0);
/** Longer paths are shown by their end alone. */
const listedPathMax = 240;
const listedTail = 235;
const cutMark = new TextEncoder().encode("(...)");
const noView = {};

/** Which kind of removed file is meant. */
const kinds = { any: 0, trash: 1, sustained: 2 } as const;

/** A removed file as lists show it. */
interface ListedNode {
  readonly name: Uint8Array;
  readonly inode: number;
}

export const listTrash = operation(ListTrash, ListTrashAnswer, (client, request) => {
  if (!client.isMeta) return status.EPERM;
  const { world } = client.service;
  const { messageId, bucket = trashBuckets } = request;
  const nodes: ListedNode[] = [];
  const all = bucket >= trashBuckets;
  const end = all ? trashBuckets : bucket + 1;
  for (let each = all ? 0 : bucket; each < end; each++) {
    addListed(world, world.edges.firstTrash(each), nodes);
  }
  return { variant: "full" as const, messageId, nodes };
});

export const listSustained = operation(ListSustained, ListSustainedAnswer, (client, request) => {
  if (!client.isMeta) return status.EPERM;
  const { world } = client.service;
  const nodes: ListedNode[] = [];
  for (let bucket = 0; bucket < sustainedBuckets; bucket++) {
    addListed(world, world.edges.firstSustained(bucket), nodes);
  }
  return { variant: "full" as const, messageId: request.messageId, nodes };
});

function addListed(world: World, first: number, nodes: ListedNode[]): void {
  const { edges } = world;
  for (let edge = first; edge !== 0; edge = edges.next(edge)) {
    nodes.push({ name: listedName(edges.name(edge)), inode: edges.child(edge) });
  }
}

/** A path as one name: bars for slashes. */
export function listedName(path: Uint8Array): Uint8Array {
  const whole = path.length <= listedPathMax;
  const name = new Uint8Array(whole ? path.length : cutMark.length + listedTail);
  if (!whole) name.set(cutMark);
  name.set(whole ? path : path.subarray(path.length - listedTail), whole ? 0 : cutMark.length);
  for (let at = 0; at < name.length; at++) if (name[at] === slash) name[at] = bar;
  return name;
}

export const getDetachedAttributes = operation(
  GetDetachedAttributes,
  GetDetachedAttributesAnswer,
  (client, request) => {
    if (!client.isMeta) return status.EPERM;
    const { inode, messageId, kind = kinds.any } = request;
    if (kind > kinds.sustained) return status.EINVAL;
    const type = client.service.world.nodes.type(inode);
    const isTrash = type === nodeType.trash && kind !== kinds.sustained;
    const isSustained = type === nodeType.sustained && kind !== kinds.trash;
    if (!isTrash && !isSustained) return status.ENOENT;
    const attributes = attributesOf(client, inode, noView);
    return { variant: "full" as const, messageId, attributes };
  },
);

export const getTrashPath = operation(GetTrashPath, GetTrashPathAnswer, (client, request) => {
  if (!client.isMeta) return status.EPERM;
  const { inode, messageId } = request;
  if (!isTrash(client, inode)) return status.ENOENT;
  const { nodes, edges } = client.service.world;
  const edge = nodes.firstName(inode);
  const path = new Uint8Array(edges.nameLength(edge) + 1);
  edges.copyNameTo(edge, path, 0);
  return { variant: "full" as const, messageId, path };
});

export const setTrashPath = operation(SetTrashPath, SetTrashPathAnswer, (client, request) => {
  if (!client.isMeta) return status.EPERM;
  if (client.readOnly) return status.EROFS;
  const { inode } = request;
  const path = withoutNulsAtEnd(request.path);
  if (path.length === 0 || path.length > pathBytesMax || path.includes(0)) return status.EINVAL;
  if (!isTrash(client, inode)) return status.ENOENT;
  const set = client.service.commit({ op: "SETPATH", inode, path });
  return typeof set === "number" ? set : status.OK;
});

export const undelete = operation(Undelete, UndeleteAnswer, (client, { inode }) => {
  if (!client.isMeta) return status.EPERM;
  if (client.readOnly) return status.EROFS;
  if (!isTrash(client, inode)) return status.ENOENT;
  const restored = client.service.commit({ op: "UNDEL", inode });
  return typeof restored === "number" ? restored : status.OK;
});

export const purge = operation(Purge, PurgeAnswer, (client, { inode }) => {
  if (!client.isMeta) return status.EPERM;
  if (client.readOnly) return status.EROFS;
  if (!isTrash(client, inode)) return status.ENOENT;
  const purged = client.service.commit({ op: "PURGE", inode });
  return typeof purged === "number" ? purged : status.OK;
});

function isTrash(client: Client, inode: number): boolean {
  return client.service.world.nodes.type(inode) === nodeType.trash;
}
