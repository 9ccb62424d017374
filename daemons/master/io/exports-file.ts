// The exports as the core wants them: names of users and groups looked up, passwords digested.
// Spec: wire-client-master-1.md section 3.7, config-and-cli.md section 8.

import { readFileSync } from "node:fs";

import { encodeText } from "../../protocol/byte-text.ts";
import { parseExports } from "../../config/exports.ts";
import type { ExportRecord } from "../../config/exports.ts";
import type { Mapping } from "../../config/exports-options.ts";
import { disabled, sessionFlag } from "../core/client.ts";
import type { ExportsRow } from "../core/sessions/exports-choice.ts";
import { digestOf } from "../core/sessions/password.ts";
import { findGroup, findUser, findUserById } from "../../runtime/system-calls.ts";

const nobody = 999;

/** Bits of `disable=` by the words of the exports file. */
const disableWords: Readonly<Record<string, number>> = {
  chown: disabled.chown,
  chmod: disabled.chmod,
  symlink: disabled.symlink,
  mkfifo: disabled.mkfifo,
  mkdev: disabled.mkdev,
  mksock: disabled.mksock,
  mkdir: disabled.mkdir,
  unlink: disabled.unlink,
  rmdir: disabled.rmdir,
  rename: disabled.rename,
  move: disabled.move,
  link: disabled.link,
  create: disabled.create,
  readdir: disabled.readdir,
  read: disabled.read,
  write: disabled.write,
  truncate: disabled.truncate,
  setlength: disabled.setLength,
  appendchunks: disabled.appendChunks,
  snapshot: disabled.snapshot,
  settrash: disabled.setTrashTime,
  setsclass: disabled.setStorageClass,
  seteattr: disabled.setExtra,
  setxattr: disabled.setXattr,
  setfacl: disabled.setAcl,
};

/** Reads the file; `undefined` when it cannot be read, which `warn` is told like every line dropped. */
export function readExports(
  file: string,
  warn: (message: string) => void,
): readonly ExportsRow[] | undefined {
  let text: string;
  try {
    text = readFileSync(file, "latin1");
  } catch (error) {
    warn(`can't open exports file '${file}': ${(error as Error).message}`);
    return undefined;
  }
  const parsed = parseExports(text);
  for (const problem of parsed.problems) {
    if (problem.severity === "error") warn(`mfsexports: line ${problem.line}: ${problem.message}`);
  }
  const rows: ExportsRow[] = [];
  for (const record of parsed.records) {
    const row = rowOf(record);
    if (typeof row === "string") warn(`mfsexports: line ${record.line}: ${row}: dropped`);
    else rows.push(row);
  }
  return rows;
}

/** The row of a record, or why the master's host cannot have it. */
function rowOf(record: ExportRecord): ExportsRow | string {
  const { rights, meta } = record;
  const root = rights.mapRoot ?? rights.mapAll;
  const mappedRoot = root === null ? none(meta ? 0 : nobody) : identityOf(root);
  const mappedAll = rights.mapAll === null ? none(nobody) : identityOf(rights.mapAll);
  if (typeof mappedRoot === "string") return mappedRoot;
  if (typeof mappedAll === "string") return mappedAll;
  const [major = 0, middle = 0, minor = 0] = rights.minVersion;
  return {
    fromAddress: record.from,
    toAddress: record.to,
    minVersion: major * 0x1_0000 + middle * 0x100 + minor,
    meta,
    path: meta ? new Uint8Array(0) : encodeText(record.path.slice(1)),
    allDirs: rights.allDirs,
    passwordDigest: digest(rights.secret),
    rootRedefined: rights.mapRoot !== null,
    sessionFlags: flagsOf(record),
    umask: rights.umask,
    rootUid: mappedRoot.uid,
    rootGid: mappedRoot.gid,
    mapAllUid: mappedAll.uid,
    mapAllGid: mappedAll.gid,
    goalMin: rights.goalMin,
    goalMax: rights.goalMax,
    trashTimeMin: rights.trashSecondsMin,
    trashTimeMax: rights.trashSecondsMax,
    disables: rights.disabled.reduce((bits, word) => bits | (disableWords[word] ?? 0), 0),
  };
}

function flagsOf({ rights }: ExportRecord): number {
  return (
    (rights.readOnly ? sessionFlag.readOnly : 0) |
    (rights.dynamicAddress ? sessionFlag.dynamicIp : 0) |
    (rights.ignoreGroups ? sessionFlag.ignoreGid : 0) |
    (rights.admin ? sessionFlag.admin : 0) |
    (rights.mapAll === null ? 0 : sessionFlag.mapAll)
  );
}

function digest(secret: ExportRecord["rights"]["secret"]): Uint8Array | null {
  if (secret === null) return null;
  if (secret.kind === "md5") return Uint8Array.from(Buffer.from(secret.value, "hex"));
  return digestOf(Buffer.from(secret.value, "latin1"));
}

function none(id: number): { readonly uid: number; readonly gid: number } {
  return { uid: id, gid: id };
}

function identityOf(mapping: Mapping): { readonly uid: number; readonly gid: number } | string {
  const { user, group } = mapping;
  const isNumber = /^\d+$/.test(user);
  const account = isNumber ? findUserById(Number(user)) : findUser(user);
  if (!isNumber && account === null) return `no such user "${user}"`;
  const uid = isNumber ? Number(user) : (account?.uid ?? 0);
  if (group === null) {
    return account === null
      ? `no such user id ${user}, its group is unknown`
      : { uid, gid: account.gid };
  }
  const gid = /^\d+$/.test(group) ? Number(group) : findGroup(group);
  return gid === null ? `no such group "${group}"` : { uid, gid };
}
