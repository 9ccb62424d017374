// What a node says about itself: attributes, rights, extended attributes, access lists; and the figures of
// the whole file system. Spec: wire-client-master-2.md sections 2.1, 2.2, 2.4, 2.5 and 6.

import { answerOf, statusAnswer } from "../answer.ts";
import { attributes } from "../attributes.ts";
import { callerBefore, listedCallerBefore } from "../caller.ts";
import { countOf, counted, struct } from "../layout.ts";
import { limits } from "../limits.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { bytes32, name8, rest, u16, u32, u53, u8 } from "../wire.ts";

export const StatFs = packet("CLTOMA_FUSE_STATFS", 402, { messageId: u32 });
export type StatFs = Body<typeof StatFs>;

export const StatFsAnswer = packetOf(
  "MATOCL_FUSE_STATFS",
  403,
  answerOf({
    totalBytes: u53,
    availableBytes: u53,
    freeBytes: u53,
    trashBytes: u53,
    sustainedBytes: u53,
    inodes: u32,
  }),
);
export type StatFsAnswer = Body<typeof StatFsAnswer>;

/** Asks whether the caller has the rights of `mask`: 4 read, 2 write, 1 execute. */
export const Access = packet("CLTOMA_FUSE_ACCESS", 404, {
  messageId: u32,
  inode: u32,
  caller: listedCallerBefore(2),
  mask: u16,
});
export type Access = Body<typeof Access>;

export const AccessAnswer = statusAnswer("MATOCL_FUSE_ACCESS", 405);

export const GetAttributes = packet("CLTOMA_FUSE_GETATTR", 408, {
  messageId: u32,
  inode: u32,
  /** Not 0: the caller holds the node, wherever it lies. */
  opened: u8,
  uid: u32,
  gid: u32,
});
export type GetAttributes = Body<typeof GetAttributes>;

export const GetAttributesAnswer = packetOf("MATOCL_FUSE_GETATTR", 409, answerOf({ attributes }));
export type GetAttributesAnswer = Body<typeof GetAttributesAnswer>;

/** Bits of `setMask`; with none of them only the change time moves. */
export const setAttributesBits = {
  windowsFlags: 0x01,
  mode: 0x02,
  uid: 0x04,
  gid: 0x08,
  modificationTimeNow: 0x10,
  modificationTime: 0x20,
  accessTime: 0x40,
  accessTimeNow: 0x80,
} as const;

export const SetAttributes = packet("CLTOMA_FUSE_SETATTR", 410, {
  messageId: u32,
  inode: u32,
  opened: u8,
  caller: listedCallerBefore(21),
  setMask: u8,
  mode: u16,
  uid: u32,
  gid: u32,
  accessTime: u32,
  modificationTime: u32,
  windowsFlags: u8,
  /** 0 never, 1 always, 2 OSX, 3 BSD, 4 EXT, 5 XFS. */
  sugidClearMode: u8,
});
export type SetAttributes = Body<typeof SetAttributes>;

export const SetAttributesAnswer = packetOf("MATOCL_FUSE_SETATTR", 411, answerOf({ attributes }));
export type SetAttributesAnswer = Body<typeof SetAttributesAnswer>;

/** An empty name asks for the list of names. `mode`: 0 the value, 1 its length only. */
export const GetExtendedAttribute = packet("CLTOMA_FUSE_GETXATTR", 478, {
  messageId: u32,
  inode: u32,
  name: name8,
  mode: u8,
  opened: u8,
  caller: callerBefore(0),
});
export type GetExtendedAttribute = Body<typeof GetExtendedAttribute>;

/** The value follows its size only where it was asked for. */
export const GetExtendedAttributeAnswer = packetOf(
  "MATOCL_FUSE_GETXATTR",
  479,
  answerOf({ size: u32, value: rest }),
  { maxBody: limits.extendedAttributeBytes },
);
export type GetExtendedAttributeAnswer = Body<typeof GetExtendedAttributeAnswer>;

/** `mode`: 0 create or replace, 1 create, 2 replace, 3 remove. */
export const SetExtendedAttribute = packet("CLTOMA_FUSE_SETXATTR", 480, {
  messageId: u32,
  inode: u32,
  name: name8,
  value: bytes32(),
  mode: u8,
  opened: u8,
  caller: callerBefore(0),
});
export type SetExtendedAttribute = Body<typeof SetExtendedAttribute>;

export const SetExtendedAttributeAnswer = statusAnswer("MATOCL_FUSE_SETXATTR", 481);

const aclEntry = struct({ id: u32, permissions: u16 });

/** An access list; 0xFFFF stands for "not set". */
const aclFields = {
  user: u16,
  group: u16,
  other: u16,
  mask: u16,
  userCount: countOf("users", u16),
  groupCount: countOf("groups", u16),
  users: counted(aclEntry),
  groups: counted(aclEntry),
} as const;

export const GetAcl = packet("CLTOMA_FUSE_GETFACL", 488, {
  messageId: u32,
  inode: u32,
  aclType: u8,
});
export type GetAcl = Body<typeof GetAcl>;

export const GetAclAnswer = packetOf("MATOCL_FUSE_GETFACL", 489, answerOf(aclFields), {
  maxBody: limits.aclBytes,
});
export type GetAclAnswer = Body<typeof GetAclAnswer>;

export const SetAcl = packet(
  "CLTOMA_FUSE_SETFACL",
  490,
  { messageId: u32, inode: u32, uid: u32, aclType: u8, ...aclFields },
  { maxBody: limits.aclBytes },
);
export type SetAcl = Body<typeof SetAcl>;

export const SetAclAnswer = statusAnswer("MATOCL_FUSE_SETFACL", 491);

/** Every row of this file, for tables and for tests that walk them. */
export const clientAttributesPackets = [
  StatFs,
  StatFsAnswer,
  Access,
  AccessAnswer,
  GetAttributes,
  GetAttributesAnswer,
  SetAttributes,
  SetAttributesAnswer,
  GetExtendedAttribute,
  GetExtendedAttributeAnswer,
  SetExtendedAttribute,
  SetExtendedAttributeAnswer,
  GetAcl,
  GetAclAnswer,
  SetAcl,
  SetAclAnswer,
] as const;
