// READDIR, READLINK and STATFS. Spec: wire-client-master-2.md sections 2.1, 2.6 and 2.12.

import { attributesBytes } from "../../../protocol/attributes.ts";
import { StatFs, StatFsAnswer } from "../../../protocol/packets/client-attributes.ts";
import {
  ReadDirectory,
  ReadDirectoryAnswer,
  readDirectoryFlags,
  ReadLink,
  ReadLinkAnswer,
} from "../../../protocol/packets/client-tree.ts";
import { attributesOf } from "../attributes.ts";
import { disabled, mapCaller } from "../client.ts";
import type { Client, MappedCaller } from "../client.ts";
import { findNode, may, right, shownInode } from "../rights.ts";
import { statFsOf } from "../statfs.ts";
import { status } from "../status.ts";
import { nodeType, rootInode } from "../store/nodes.ts";
import { touchRead } from "../times.ts";
import { operation } from "./operation.ts";

const dotEntry = 0n;
const dotDotEntry = 1n;
/** Longer answers are refused. */
const answerBytesMax = 0xffff_0000;
/** name length, inode, and type or attributes. */
const plainEntryBytes = 1 + 4 + 1;
const fullEntryBytes = 1 + 4 + attributesBytes;
const dotName = Uint8Array.of(0x2e);
const dotDotName = Uint8Array.of(0x2e, 0x2e);

export const readDirectory = operation(ReadDirectory, ReadDirectoryAnswer, (client, request) => {
  const { service, session } = client;
  const { nodes } = service.world;
  service.counters.count(session, "readdir");
  if (client.disables(disabled.readdir)) return status.EPERM;
  const directory = findNode(client, request.inode);
  if (directory === 0) return status.ENOENT;
  if (!nodes.isDirectory(directory)) return status.ENOTDIR;
  const caller = mapCaller(session, request.caller);
  const withAttributes = (request.flags & readDirectoryFlags.withAttributes) !== 0;
  const needed = withAttributes ? right.readExecute : right.read;
  if (request.nextEdge === dotEntry && !may(client, directory, caller, needed)) {
    return status.EACCES;
  }
  const listing = new Listing(client, directory, { caller, withAttributes });
  const entries = listing.write(request.nextEdge, request.entriesMax);
  if (entries === undefined) return status.ERANGE;
  touchRead(service, directory);
  const { messageId, nextEdge } = request;
  return { variant: "full" as const, messageId, nextEdge, entries };
});

/** Writes a directory's entries as the answer holds them. */
class Listing {
  readonly #client: Client;
  readonly #directory: number;
  readonly #caller: MappedCaller;
  readonly #withAttributes: boolean;
  #bytes: Uint8Array;
  #used = 0;

  constructor(
    client: Client,
    directory: number,
    as: { readonly caller: MappedCaller; readonly withAttributes: boolean },
  ) {
    this.#client = client;
    this.#directory = directory;
    this.#caller = as.caller;
    this.#withAttributes = as.withAttributes;
    this.#bytes = new Uint8Array(0);
  }

  /** The entries from one on; `undefined` when they are too many for an answer. */
  write(from: bigint, entriesMax: number): Uint8Array | undefined {
    const { edges } = this.#client.service.world;
    const first = this.#firstEntry(from);
    const size = this.#sizeFrom(first, entriesMax);
    if (size >= answerBytesMax) return undefined;
    this.#bytes = new Uint8Array(size);
    let left = entriesMax;
    if (from === dotEntry && left > 0) {
      this.#entry(dotName.length, this.#directory);
      this.#bytes.set(dotName, 1);
      left--;
    }
    if (from <= dotDotEntry && left > 0) {
      const start = this.#used;
      this.#entry(dotDotName.length, this.#parent());
      this.#bytes.set(dotDotName, start + 1);
      left--;
    }
    for (let edge = first; edge !== 0 && left > 0; edge = edges.next(edge)) {
      const start = this.#used;
      this.#entry(edges.nameLength(edge), edges.child(edge));
      edges.copyNameTo(edge, this.#bytes, start + 1);
      left--;
    }
    return this.#bytes.subarray(0, this.#used);
  }

  #firstEntry(from: bigint): number {
    const { nodes, edges } = this.#client.service.world;
    let edge = nodes.firstEntry(this.#directory);
    if (from <= dotDotEntry) return edge;
    while (edge !== 0 && edges.id(edge) < from) edge = edges.next(edge);
    return edge;
  }

  #sizeFrom(first: number, entriesMax: number): number {
    const { edges } = this.#client.service.world;
    const fixed = this.#withAttributes ? fullEntryBytes : plainEntryBytes;
    let size = 2 * fixed + dotName.length + dotDotName.length;
    let left = entriesMax;
    for (let edge = first; edge !== 0 && left > 0; edge = edges.next(edge)) {
      size += fixed + edges.nameLength(edge);
      left--;
    }
    return size;
  }

  /** All of an entry but its name, which has its place behind the first byte. */
  #entry(nameLength: number, inode: number): void {
    const { nodes } = this.#client.service.world;
    const bytes = this.#bytes;
    let at = this.#used;
    bytes[at] = nameLength;
    at += 1 + nameLength;
    const shown = inode === 0 ? rootInode : shownInode(this.#client, inode);
    bytes[at] = shown >>> 24;
    bytes[at + 1] = shown >>> 16;
    bytes[at + 2] = shown >>> 8;
    bytes[at + 3] = shown;
    at += 4;
    if (this.#withAttributes) {
      const view = { caller: this.#caller, parent: this.#directory };
      bytes.set(attributesOf(this.#client, inode, view), at);
      at += attributesBytes;
    } else bytes[at++] = nodes.type(inode);
    this.#used = at;
  }

  #parent(): number {
    const directory = this.#directory;
    if (directory === this.#client.session.rootInode) return directory;
    return this.#client.service.world.edges.parentOf(directory) || directory;
  }
}

export const readLink = operation(ReadLink, ReadLinkAnswer, (client, request) => {
  const { service, session } = client;
  const { nodes, arena } = service.world;
  service.counters.count(session, "readlink");
  const inode = findNode(client, request.inode);
  if (inode === 0) return status.ENOENT;
  if (nodes.type(inode) !== nodeType.symlink) return status.EINVAL;
  const length = nodes.targetLength(inode);
  const path = new Uint8Array(length + 1);
  arena.copyTo(nodes.targetPlace(inode), length, path, 0);
  touchRead(service, inode);
  return { variant: "full" as const, messageId: request.messageId, path };
});

export const statFs = operation(StatFs, StatFsAnswer, (client, request) => {
  client.service.counters.count(client.session, "statfs");
  return { variant: "full" as const, messageId: request.messageId, ...statFsOf(client) };
});
