// The meta mount: trash and sustained files, reachable only through a session without a root.
// Spec: wire-client-master-3.md section 1.

import { answerOf, statusAnswer } from "../answer.ts";
import { attributes } from "../attributes.ts";
import { optional, records, struct } from "../layout.ts";
import { limits } from "../limits.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { bytes32, name8, u32, u8 } from "../wire.ts";

const oneInode = { messageId: u32, inode: u32 } as const;
const listedNodes = answerOf({ nodes: records(struct({ name: name8, inode: u32 })) });

/** The bucket of a node is its inode modulo 4096; none or a larger number asks for all. */
export const ListTrash = packet("CLTOMA_FUSE_GETTRASH", 450, {
  messageId: u32,
  bucket: optional(u32),
});
export type ListTrash = Body<typeof ListTrash>;

export const ListTrashAnswer = packetOf("MATOCL_FUSE_GETTRASH", 451, listedNodes, {
  maxBody: limits.fileListBytes,
});
export type ListTrashAnswer = Body<typeof ListTrashAnswer>;

/** `kind`: 1 only trash, 2 only sustained; a 3.0.117 mount asks for either. */
export const GetDetachedAttributes = packet("CLTOMA_FUSE_GETDETACHEDATTR", 452, {
  ...oneInode,
  kind: optional(u8),
});
export type GetDetachedAttributes = Body<typeof GetDetachedAttributes>;

export const GetDetachedAttributesAnswer = packetOf(
  "MATOCL_FUSE_GETDETACHEDATTR",
  453,
  answerOf({ attributes }),
);
export type GetDetachedAttributesAnswer = Body<typeof GetDetachedAttributesAnswer>;

export const GetTrashPath = packet("CLTOMA_FUSE_GETTRASHPATH", 454, oneInode);
export type GetTrashPath = Body<typeof GetTrashPath>;

/** The path ends with a NUL, which its length counts. */
export const GetTrashPathAnswer = packetOf(
  "MATOCL_FUSE_GETTRASHPATH",
  455,
  answerOf({ path: bytes32() }),
);
export type GetTrashPathAnswer = Body<typeof GetTrashPathAnswer>;

/** NULs at the end of the path mean nothing. */
export const SetTrashPath = packet("CLTOMA_FUSE_SETTRASHPATH", 456, {
  ...oneInode,
  path: bytes32(),
});
export type SetTrashPath = Body<typeof SetTrashPath>;

export const SetTrashPathAnswer = statusAnswer("MATOCL_FUSE_SETTRASHPATH", 457);

/** Puts a trash file back where its path says. */
export const Undelete = packet("CLTOMA_FUSE_UNDEL", 458, oneInode);
export type Undelete = Body<typeof Undelete>;

export const UndeleteAnswer = statusAnswer("MATOCL_FUSE_UNDEL", 459);

/** Removes a trash file for good. */
export const Purge = packet("CLTOMA_FUSE_PURGE", 460, oneInode);
export type Purge = Body<typeof Purge>;

export const PurgeAnswer = statusAnswer("MATOCL_FUSE_PURGE", 461);

export const ListSustained = packet("CLTOMA_FUSE_GETSUSTAINED", 470, { messageId: u32 });
export type ListSustained = Body<typeof ListSustained>;

export const ListSustainedAnswer = packetOf("MATOCL_FUSE_GETSUSTAINED", 471, listedNodes, {
  maxBody: limits.fileListBytes,
});
export type ListSustainedAnswer = Body<typeof ListSustainedAnswer>;

/** Every row of this file, for tables and for tests that walk them. */
export const clientMetaPackets = [
  ListTrash,
  ListTrashAnswer,
  GetDetachedAttributes,
  GetDetachedAttributesAnswer,
  GetTrashPath,
  GetTrashPathAnswer,
  SetTrashPath,
  SetTrashPathAnswer,
  Undelete,
  UndeleteAnswer,
  Purge,
  PurgeAnswer,
  ListSustained,
  ListSustainedAnswer,
] as const;
