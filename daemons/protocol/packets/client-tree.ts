// The tree of names: looking up, making, removing, moving and listing entries. Session roots are inode 1.
// Spec: wire-client-master-2.md sections 2.3, 2.6 to 2.12 and 7.

import { answerOf } from "../answer.ts";
import { attributes, decodeAttributes } from "../attributes.ts";
import type { Attributes } from "../attributes.ts";
import { Reader } from "../bytes.ts";
import { callerBefore } from "../caller.ts";
import { optional, records, struct } from "../layout.ts";
import { limits } from "../limits.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { bytes32, name8, rest, u16, u32, u64, u8 } from "../wire.ts";
import { locationFields } from "./client-location.ts";

/** Finds a name in a directory. */
export const Lookup = packet("CLTOMA_FUSE_LOOKUP", 406, {
  messageId: u32,
  parent: u32,
  name: name8,
  caller: callerBefore(0),
});
export type Lookup = Body<typeof Lookup>;

/** Bits of a lookup's answer; the lower eight are the set of access masks that the caller has. */
export const lookupFlags = {
  chunkZeroData: 0x0100,
  readOnly: 0x0200,
  keepCache: 0x0400,
  immutable: 0x0800,
  directMode: 0x1000,
  appendOnly: 0x2000,
} as const;

export const LookupAnswer = packetOf(
  "MATOCL_FUSE_LOOKUP",
  407,
  answerOf({
    inode: u32,
    attributes,
    flags: u16,
    /** Where the only chunk of a one-chunk file lies. */
    location: optional(struct(locationFields)),
  }),
  { maxBody: limits.locationBytes },
);
export type LookupAnswer = Body<typeof LookupAnswer>;

/** Asks where a symbolic link points. */
export const ReadLink = packet("CLTOMA_FUSE_READLINK", 412, { messageId: u32, inode: u32 });
export type ReadLink = Body<typeof ReadLink>;

/** The path ends with a NUL, which its length counts. */
export const ReadLinkAnswer = packetOf("MATOCL_FUSE_READLINK", 413, answerOf({ path: bytes32() }));
export type ReadLinkAnswer = Body<typeof ReadLinkAnswer>;

/** What making a node answers. */
const madeNode = answerOf({ inode: u32, attributes });

/** Makes a symbolic link; NULs at the end of the path mean nothing. */
export const MakeSymlink = packet("CLTOMA_FUSE_SYMLINK", 414, {
  messageId: u32,
  parent: u32,
  name: name8,
  path: bytes32(),
  caller: callerBefore(0),
});
export type MakeSymlink = Body<typeof MakeSymlink>;

export const MakeSymlinkAnswer = packetOf("MATOCL_FUSE_SYMLINK", 415, madeNode);
export type MakeSymlinkAnswer = Body<typeof MakeSymlinkAnswer>;

/** Makes a file, fifo, device or socket; old forms of `type` are characters. */
export const MakeNode = packet("CLTOMA_FUSE_MKNOD", 416, {
  messageId: u32,
  parent: u32,
  name: name8,
  type: u8,
  mode: u16,
  umask: u16,
  caller: callerBefore(4),
  device: u32,
});
export type MakeNode = Body<typeof MakeNode>;

export const MakeNodeAnswer = packetOf("MATOCL_FUSE_MKNOD", 417, madeNode);
export type MakeNodeAnswer = Body<typeof MakeNodeAnswer>;

export const MakeDirectory = packet("CLTOMA_FUSE_MKDIR", 418, {
  messageId: u32,
  parent: u32,
  name: name8,
  mode: u16,
  umask: u16,
  caller: callerBefore(1),
  /** Not 0: a directory below one with sgid gets it too. */
  copySgid: u8,
});
export type MakeDirectory = Body<typeof MakeDirectory>;

export const MakeDirectoryAnswer = packetOf("MATOCL_FUSE_MKDIR", 419, madeNode);
export type MakeDirectoryAnswer = Body<typeof MakeDirectoryAnswer>;

const removedName = {
  messageId: u32,
  parent: u32,
  name: name8,
  caller: callerBefore(0),
} as const;

export const Unlink = packet("CLTOMA_FUSE_UNLINK", 420, removedName);
export type Unlink = Body<typeof Unlink>;

/** The node that lost the name; a success is never a status. */
export const UnlinkAnswer = packetOf("MATOCL_FUSE_UNLINK", 421, answerOf({ inode: u32 }));
export type UnlinkAnswer = Body<typeof UnlinkAnswer>;

export const RemoveDirectory = packet("CLTOMA_FUSE_RMDIR", 422, removedName);
export type RemoveDirectory = Body<typeof RemoveDirectory>;

export const RemoveDirectoryAnswer = packetOf("MATOCL_FUSE_RMDIR", 423, answerOf({ inode: u32 }));
export type RemoveDirectoryAnswer = Body<typeof RemoveDirectoryAnswer>;

export const Rename = packet("CLTOMA_FUSE_RENAME", 424, {
  messageId: u32,
  sourceParent: u32,
  sourceName: name8,
  targetParent: u32,
  targetName: name8,
  caller: callerBefore(0),
});
export type Rename = Body<typeof Rename>;

export const RenameAnswer = packetOf("MATOCL_FUSE_RENAME", 425, madeNode);
export type RenameAnswer = Body<typeof RenameAnswer>;

export const Link = packet("CLTOMA_FUSE_LINK", 426, {
  messageId: u32,
  inode: u32,
  parent: u32,
  name: name8,
  caller: callerBefore(0),
});
export type Link = Body<typeof Link>;

export const LinkAnswer = packetOf("MATOCL_FUSE_LINK", 427, madeNode);
export type LinkAnswer = Body<typeof LinkAnswer>;

/** Bits of a listing's request. */
export const readDirectoryFlags = { withAttributes: 1, addToCache: 2 } as const;

export const ReadDirectory = packet("CLTOMA_FUSE_READDIR", 428, {
  messageId: u32,
  inode: u32,
  caller: callerBefore(13),
  flags: u8,
  entriesMax: u32,
  /** 0 starts with `.`, 1 with `..`, others are ids of edges. */
  nextEdge: u64,
});
export type ReadDirectory = Body<typeof ReadDirectory>;

/** `nextEdge` echoes the request; `directoryEntries` reads the entries. */
export const ReadDirectoryAnswer = packetOf(
  "MATOCL_FUSE_READDIR",
  429,
  answerOf({ nextEdge: u64, entries: rest }),
  { maxBody: limits.directoryBytes },
);
export type ReadDirectoryAnswer = Body<typeof ReadDirectoryAnswer>;

/** One entry of a listing. */
export interface DirectoryEntry {
  readonly name: Uint8Array;
  readonly inode: number;
  readonly type: number;
  /** Only in listings with attributes. */
  readonly attributes: Attributes | undefined;
}

/** The entries of a listing's answer: `name, inode, type` or `name, inode, attributes`. */
export function* directoryEntries(
  entries: Uint8Array,
  withAttributes: boolean,
): Generator<DirectoryEntry> {
  const reader = new Reader(entries, ReadDirectoryAnswer.name);
  while (reader.left > 0) {
    const name = name8.read(reader);
    const inode = reader.u32();
    if (withAttributes) {
      const decoded = decodeAttributes(attributes.read(reader));
      yield { name, inode, type: decoded.typeAndMode >>> 12, attributes: decoded };
    } else yield { name, inode, type: reader.u8(), attributes: undefined };
  }
}

/** Makes a file and opens it. */
export const Create = packet("CLTOMA_FUSE_CREATE", 482, {
  messageId: u32,
  parent: u32,
  name: name8,
  mode: u16,
  umask: u16,
  caller: callerBefore(0),
});
export type Create = Body<typeof Create>;

/** `flags` are those of opening a file. */
export const CreateAnswer = packetOf(
  "MATOCL_FUSE_CREATE",
  483,
  answerOf({ flags: u8, inode: u32, attributes }),
);
export type CreateAnswer = Body<typeof CreateAnswer>;

/** Asks for the directories that hold a node; no 3.0.117 program sends it. */
export const Parents = packet("CLTOMA_FUSE_PARENTS", 484, { messageId: u32, inode: u32 });
export type Parents = Body<typeof Parents>;

export const ParentsAnswer = packetOf(
  "MATOCL_FUSE_PARENTS",
  485,
  answerOf({ parents: records(u32) }),
  { maxBody: limits.fileListBytes },
);
export type ParentsAnswer = Body<typeof ParentsAnswer>;

/** Every row of this file, for tables and for tests that walk them. */
export const clientTreePackets = [
  Lookup,
  LookupAnswer,
  ReadLink,
  ReadLinkAnswer,
  MakeSymlink,
  MakeSymlinkAnswer,
  MakeNode,
  MakeNodeAnswer,
  MakeDirectory,
  MakeDirectoryAnswer,
  Unlink,
  UnlinkAnswer,
  RemoveDirectory,
  RemoveDirectoryAnswer,
  Rename,
  RenameAnswer,
  Link,
  LinkAnswer,
  ReadDirectory,
  ReadDirectoryAnswer,
  Create,
  CreateAnswer,
  Parents,
  ParentsAnswer,
] as const;
