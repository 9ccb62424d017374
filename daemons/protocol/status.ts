// The closed table of answers: wire byte, the protocol's name, the text that users read, and the errno a
// mount gives for it. An answer is a value, never thrown here.
// Spec: wire-client-master-1.md section 7, config-and-cli.md section 13.2.

import { u8 } from "./wire.ts";
import type { Field } from "./wire.ts";

/** One answer of the protocol. `errno` is absent where a mount never shows it to a program. */
export interface StatusRow {
  readonly code: number;
  readonly name: string;
  readonly text: string;
  readonly errno: string | undefined;
}

/** Success. */
export const statusOk = 0;

const rows = [
  { code: 0, name: "OK", text: "OK", errno: undefined },
  { code: 1, name: "EPERM", text: "Operation not permitted", errno: "EPERM" },
  { code: 2, name: "ENOTDIR", text: "Not a directory", errno: "ENOTDIR" },
  { code: 3, name: "ENOENT", text: "No such file or directory", errno: "ENOENT" },
  { code: 4, name: "EACCES", text: "Permission denied", errno: "EACCES" },
  { code: 5, name: "EEXIST", text: "File exists", errno: "EEXIST" },
  { code: 6, name: "EINVAL", text: "Invalid argument", errno: "EINVAL" },
  { code: 7, name: "ENOTEMPTY", text: "Directory not empty", errno: "ENOTEMPTY" },
  { code: 8, name: "CHUNKLOST", text: "Chunk lost", errno: "ENXIO" },
  { code: 9, name: "OUTOFMEMORY", text: "Out of memory", errno: "EINVAL" },
  { code: 10, name: "INDEXTOOBIG", text: "Index too big", errno: "EFBIG" },
  { code: 11, name: "LOCKED", text: "Chunk locked", errno: "EINVAL" },
  { code: 12, name: "NOCHUNKSERVERS", text: "No chunk servers", errno: "ENOSPC" },
  { code: 13, name: "NOCHUNK", text: "No such chunk", errno: "EINVAL" },
  { code: 14, name: "CHUNKBUSY", text: "Chunk is busy", errno: "EINVAL" },
  { code: 15, name: "REGISTER", text: "Incorrect register BLOB", errno: "EINVAL" },
  { code: 16, name: "NOTDONE", text: "Operation not completed", errno: "EINVAL" },
  { code: 17, name: "NOTOPENED", text: "File not opened", errno: "EBADF" },
  { code: 18, name: "NOTSTARTED", text: "Write not started", errno: "EINVAL" },
  { code: 19, name: "WRONGVERSION", text: "Wrong chunk version", errno: "EINVAL" },
  { code: 20, name: "CHUNKEXIST", text: "Chunk already exists", errno: "EINVAL" },
  { code: 21, name: "NOSPACE", text: "No space left", errno: "ENOSPC" },
  { code: 22, name: "IO", text: "IO error", errno: "EIO" },
  { code: 23, name: "BNUMTOOBIG", text: "Incorrect block number", errno: "EINVAL" },
  { code: 24, name: "WRONGSIZE", text: "Incorrect size", errno: "EINVAL" },
  { code: 25, name: "WRONGOFFSET", text: "Incorrect offset", errno: "EINVAL" },
  { code: 26, name: "CANTCONNECT", text: "Can't connect", errno: "EINVAL" },
  { code: 27, name: "WRONGCHUNKID", text: "Incorrect chunk id", errno: "EINVAL" },
  { code: 28, name: "DISCONNECTED", text: "Disconnected", errno: "EINVAL" },
  { code: 29, name: "CRC", text: "CRC error", errno: "EINVAL" },
  { code: 30, name: "DELAYED", text: "Operation delayed", errno: undefined },
  { code: 31, name: "CANTCREATEPATH", text: "Can't create path", errno: "EINVAL" },
  { code: 32, name: "MISMATCH", text: "Data mismatch", errno: undefined },
  { code: 33, name: "EROFS", text: "Read-only file system", errno: "EROFS" },
  { code: 34, name: "QUOTA", text: "Quota exceeded", errno: "EDQUOT" },
  { code: 35, name: "BADSESSIONID", text: "Bad session id", errno: undefined },
  { code: 36, name: "NOPASSWORD", text: "Password is needed", errno: undefined },
  { code: 37, name: "BADPASSWORD", text: "Incorrect password", errno: undefined },
  { code: 38, name: "ENOATTR", text: "Attribute not found", errno: "ENODATA" },
  { code: 39, name: "ENOTSUP", text: "Operation not supported", errno: "ENOTSUP" },
  { code: 40, name: "ERANGE", text: "Result too large", errno: "ERANGE" },
  { code: 41, name: "NOTFOUND", text: "Entity not found", errno: "EINVAL" },
  { code: 42, name: "ACTIVE", text: "Entity is active", errno: "EINVAL" },
  { code: 43, name: "CSNOTPRESENT", text: "Chunkserver not present", errno: "ENXIO" },
  { code: 44, name: "WAITING", text: "Waiting on lock", errno: undefined },
  { code: 45, name: "EAGAIN", text: "Resource temporarily unavailable", errno: "EAGAIN" },
  { code: 46, name: "EINTR", text: "Interrupted system call", errno: "EINTR" },
  { code: 47, name: "ECANCELED", text: "Operation canceled", errno: "ECANCELED" },
  {
    code: 48,
    name: "ENOENT_NOCACHE",
    text: "No such file or directory (not cacheable)",
    errno: "ENOENT",
  },
  {
    code: 49,
    name: "EPERM_NOTADMIN",
    text: "Operation not permitted (mfs admin only)",
    errno: "EINVAL",
  },
  { code: 50, name: "CLASSEXISTS", text: "Class name already in use", errno: "EINVAL" },
  { code: 51, name: "CLASSLIMITREACH", text: "Maximum number of classes reached", errno: "EINVAL" },
  { code: 52, name: "NOSUCHCLASS", text: "No such class", errno: "EINVAL" },
  { code: 53, name: "CLASSINUSE", text: "Class in use", errno: "EINVAL" },
] as const satisfies readonly StatusRow[];

/** A name of the table. */
export type StatusName = (typeof rows)[number]["name"];

/** The row of a wire byte; bytes beyond the table are answers of a newer peer. */
export function statusOf(code: number): StatusRow {
  return (
    rows[code] ?? { code, name: `UNKNOWN_${code}`, text: "Unknown MFS error", errno: "EINVAL" }
  );
}

/** The wire byte of a name of the table, for those who answer. */
export function statusCode(name: StatusName): number {
  return rows.findIndex((row) => row.name === name);
}

/** A status byte in a packet. */
export const status: Field<number> = { ...u8, describe: (code) => statusOf(code).name };
