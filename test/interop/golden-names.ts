// What a frame between a client and a master is called among the goldens: the packet's name and the variant that
// its bytes show. It reads the bytes by the specification's offsets, not through the packet tables: the goldens
// are there to judge those. Spec: wire-client-master-2.md section 1, wire-client-master-3.md sections 1 and 6.

import { statusOf } from "../../daemons/protocol/status.ts";

const registerBlobSize = 64;
const statusSize = 5;

/** Names without CLTOMA_ and MATOCL_ by the number of the request; an answer is one above. */
const requestNames: ReadonlyMap<number, string> = new Map([
  [350, "SCLASS_CREATE"],
  [352, "SCLASS_CHANGE"],
  [354, "SCLASS_DELETE"],
  [356, "SCLASS_DUPLICATE"],
  [358, "SCLASS_RENAME"],
  [360, "SCLASS_LIST"],
  [400, "FUSE_REGISTER"],
  [402, "FUSE_STATFS"],
  [404, "FUSE_ACCESS"],
  [406, "FUSE_LOOKUP"],
  [408, "FUSE_GETATTR"],
  [410, "FUSE_SETATTR"],
  [412, "FUSE_READLINK"],
  [414, "FUSE_SYMLINK"],
  [416, "FUSE_MKNOD"],
  [418, "FUSE_MKDIR"],
  [420, "FUSE_UNLINK"],
  [422, "FUSE_RMDIR"],
  [424, "FUSE_RENAME"],
  [426, "FUSE_LINK"],
  [428, "FUSE_READDIR"],
  [430, "FUSE_OPEN"],
  [432, "FUSE_READ_CHUNK"],
  [434, "FUSE_WRITE_CHUNK"],
  [436, "FUSE_WRITE_CHUNK_END"],
  [438, "FUSE_APPEND_SLICE"],
  [440, "FUSE_CHECK"],
  [442, "FUSE_GETTRASHTIME"],
  [444, "FUSE_SETTRASHTIME"],
  [446, "FUSE_GETSCLASS"],
  [448, "FUSE_SETSCLASS"],
  [450, "FUSE_GETTRASH"],
  [452, "FUSE_GETDETACHEDATTR"],
  [454, "FUSE_GETTRASHPATH"],
  [456, "FUSE_SETTRASHPATH"],
  [458, "FUSE_UNDEL"],
  [460, "FUSE_PURGE"],
  [462, "FUSE_GETDIRSTATS"],
  [464, "FUSE_TRUNCATE"],
  [466, "FUSE_REPAIR"],
  [468, "FUSE_SNAPSHOT"],
  [470, "FUSE_GETSUSTAINED"],
  [472, "FUSE_GETEATTR"],
  [474, "FUSE_SETEATTR"],
  [476, "FUSE_QUOTACONTROL"],
  [478, "FUSE_GETXATTR"],
  [480, "FUSE_SETXATTR"],
  [482, "FUSE_CREATE"],
  [484, "FUSE_PARENTS"],
  [486, "FUSE_PATHS"],
  [488, "FUSE_GETFACL"],
  [490, "FUSE_SETFACL"],
  [492, "FUSE_FLOCK"],
  [494, "FUSE_POSIX_LOCK"],
  [496, "FUSE_ARCHCTL"],
  [546, "NODE_INFO"],
  [704, "FUSE_TIME_SYNC"],
]);

/** Packets that have no partner. */
const otherNames: ReadonlyMap<number, string> = new Map([
  [0, "ANTOAN_NOP"],
  [700, "CLTOMA_FUSE_SUSTAINED_INODES"],
  [701, "CLTOMA_FUSE_AMTIME_INODES"],
  [702, "MATOCL_FUSE_CHUNK_HAS_CHANGED"],
  [703, "MATOCL_FUSE_FLENG_HAS_CHANGED"],
  [706, "MATOCL_FUSE_INVALIDATE_CHUNK_CACHE"],
]);

/** Answers whose form is that of their request. */
const formedByRequest = new Set([360, 400, 428, 440, 442, 446, 462, 472, 478, 488, 494, 496]);

/** Every packet of this connection class, for a list of what was not seen. */
export const packetNames: readonly string[] = [
  ...[...requestNames.values()].flatMap((name) => [`CLTOMA_${name}`, `MATOCL_${name}`]),
  ...otherNames.values(),
];

/** The group list of the user that plays somebody else than root: `1000,2000,3000`. */
const groupList = Buffer.from("00000003000003e8000007d000000bb8", "hex");

const setattrBits = ["winattr", "mode", "uid", "gid", "mtime-now", "mtime", "atime", "atime-now"];
const openBits = ["read", "write", "after-create", "truncate", "cache-cleared"];
const truncateBits = ["opened", "update", "timefix", "reserve"];
const snapshotBits = ["overwrite", "cplike", "force", "hardlinks", "", "", "", "delete"];
const nodeTypes = ["", "", "directory", "symlink", "fifo", "block", "character", "socket"];
const registerCodes =
  "none get-random new-session reconnect tools new-meta-session close-session".split(" ");
const flockCommands = "unlock try-shared shared try-exclusive exclusive interrupt release".split(
  " ",
);
const posixCommands = "get set try interrupt".split(" ");
const posixTypes = "unlock read write".split(" ");
const setModes = "set increase decrease exchange".split(" ");
const setxattrModes = ["", "create", "replace", "remove"];
const mknodTypes = ["", "file", "directory", "symlink", "fifo", "block", "character", "socket"];
const archiveCommands = "clear set get".split(" ");

function bits(value: number, names: readonly string[]): string {
  return names.filter((name, bit) => name !== "" && (value & (1 << bit)) !== 0).join("-");
}

function recursive(code: number, modes: readonly string[]): string {
  return [modes[code & 3], (code & 4) === 0 ? "" : "recursive"].filter(Boolean).join("-");
}

type VariantOf = (body: Buffer) => string | undefined;

const afterName = (body: Buffer, at: number): number => at + 1 + body.readUInt8(at);
const last = (body: Buffer): number => body.readUInt8(body.length - 1);

/** What distinguishes requests of one type. Offsets count from the message id. */
const requestVariants: Readonly<Record<number, VariantOf>> = {
  352: (body) => (body.readUInt16BE(afterName(body, 4) + 1) === 0 ? "show" : "change"),
  360: (body) => (last(body) === 0 ? undefined : "long"),
  400: (body) => registerCodes[body.readUInt8(registerBlobSize)],
  408: (body) => (body.readUInt8(8) === 0 ? undefined : "opened"),
  410: (body) => bits(body.readUInt8(17 + 4 * body.readUInt32BE(13)), setattrBits) || "nothing",
  416: (body) => mknodTypes[body.readUInt8(afterName(body, 8))],
  428: (body) => (body.readUInt8(16 + 4 * body.readUInt32BE(12)) & 1 ? "attributes" : undefined),
  430: (body) => bits(last(body), openBits),
  464: (body) => bits(body.readUInt8(8), truncateBits),
  440: (body) => (body.length === 12 ? "chunk" : undefined),
  442: (body) => (last(body) === 0 ? undefined : "recursive"),
  444: (body) => recursive(last(body), setModes),
  446: (body) => (last(body) === 0 ? undefined : "recursive"),
  448: (body) =>
    `${body.readUInt8(12) === 0xff ? "class" : "goal"}-${recursive(body.readUInt8(13), setModes)}`,
  450: (body) => (body.readUInt32BE(4) < 4096 ? undefined : "all"),
  468: (body) => bits(body.readUInt8(body.length - 3), snapshotBits),
  472: (body) => (last(body) === 0 ? undefined : "recursive"),
  474: (body) => recursive(last(body), ["exact", "add", "remove"]),
  476: (body) => (body.length > 9 ? "set" : last(body) === 0 ? "get" : "delete"),
  478: (body) => {
    const at = afterName(body, 8);
    const what = body.readUInt8(8) === 0 ? "list" : "value";
    return body.readUInt8(at) === 0 ? what : `${what}-length`;
  },
  480: (body) => {
    const at = afterName(body, 8);
    return setxattrModes[body.readUInt8(at + 4 + body.readUInt32BE(at))];
  },
  488: (body) => (body.readUInt8(8) === 1 ? "access" : "default"),
  490: (body) => (body.readUInt8(12) === 1 ? "access" : "default"),
  492: (body) => flockCommands[body.readUInt8(20)],
  494: (body) => `${posixCommands[body.readUInt8(24)]}-${posixTypes[body.readUInt8(25)]}`,
  496: (body) => archiveCommands[body.readUInt8(8)],
  700: (body) => (body.length === 0 ? "empty" : undefined),
};

const typeAt = (at: number): VariantOf => {
  return (body) => nodeTypes[body.readUInt8(at + 1) >> 4];
};

/** What distinguishes full answers of one type. */
const answerVariants: Readonly<Record<number, VariantOf>> = {
  407: (body) => (body.length > 46 ? "chunk" : typeAt(8)(body)),
  409: typeAt(4),
  433: (body) => (body.readBigUInt64BE(13) === 0n ? "hole" : undefined),
  453: typeAt(4),
  463: (body) => (body.length === 44 ? "tools" : undefined),
  547: (body) => ["other", "directory", "file"][body.readUInt16BE(4)],
};

/** What passed earlier on the same connection and is needed to name an answer: the request's body. */
export interface NamedFrame {
  readonly direction: "request" | "answer";
  readonly type: number;
  readonly body: Buffer;
  readonly request?: Buffer | undefined;
}

/** `cltoma-fuse-lookup--groups`, or undefined for packets that are no business of clients. */
export function goldenName(frame: NamedFrame): string | undefined {
  const request = requestNames.get(frame.type);
  const answer = requestNames.get(frame.type - 1);
  const name =
    otherNames.get(frame.type) ??
    (frame.direction === "request" ? request && `CLTOMA_${request}` : answer && `MATOCL_${answer}`);
  if (name === undefined) return undefined;
  const isAnswer = frame.direction === "answer" && !otherNames.has(frame.type);
  const words = isAnswer ? answerWords(frame) : requestWords(frame);
  const variant = words.filter((word) => word !== undefined && word !== "").join("-");
  const file = name.toLowerCase().replaceAll("_", "-");
  return variant === "" ? file : `${file}--${variant}`;
}

function requestWords({ type, body }: NamedFrame): readonly (string | undefined)[] {
  const groups = body.includes(groupList) ? "groups" : undefined;
  if (type === 400 && registerCodes[body.readUInt8(registerBlobSize)] === "new-session")
    return ["new-session", ...sessionWords(body)];
  return [requestVariants[type]?.(body), groups];
}

/** Optional fields at the end: an old session's id, the answer to a password challenge. */
function sessionWords(body: Buffer): readonly string[] {
  const info = body.readUInt32BE(69);
  const path = body.readUInt32BE(73 + info);
  const extra = body.length - 77 - info - path;
  return [extra % 16 === 0 ? "" : "again", extra >= 16 ? "password" : ""];
}

function answerWords({ type, body, request }: NamedFrame): readonly (string | undefined)[] {
  const form =
    request === undefined
      ? []
      : requestWords({ direction: "request", type: type - 1, body: request });
  const isFormed = formedByRequest.has(type - 1);
  if (type === 401) {
    const status = body.length === 1 || body.length === 5 ? last(body) : undefined;
    return [form[0], statusWord(status)];
  }
  if (body.length === statusSize) return [statusWord(last(body))];
  return isFormed ? [form[0], answerVariants[type]?.(body)] : [answerVariants[type]?.(body)];
}

function statusWord(status: number | undefined): string | undefined {
  if (status === undefined || status === 0) return undefined;
  return statusOf(status).name.toLowerCase().replaceAll("_", "-");
}
