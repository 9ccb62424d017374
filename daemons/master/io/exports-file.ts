// The exports as the core wants them: names of users and groups looked up, passwords digested.
// Spec: wire-client-master-1.md section 3.7, config-and-cli.md section 8.

import { readFileSync } from "node:fs";

import { parseExports } from "../../config/exports.ts";
import type { ExportRecord } from "../../config/exports.ts";
import type { Mapping } from "../../config/exports-options.ts";
import { disabled, sessionFlag } from "../core/client.ts";
import type { ExportsRow } from "../core/sessions/exports-choice.ts";
import { digestOf } from "../core/sessions/password.ts";
import { findGroup, findUser, findUserById } from "../../runtime/system-calls.ts";
import { isMissing } from "./folder.ts";

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
    warn(
      isMissing(error)
        ? `mfsexports configuration file (${file}) not found - please create one (you can copy ${file}.sample to get a base configuration)`
        : `can't open exports file '${file}': ${(error as Error).message}`,
    );
    return undefined;
  }
  const identities = new Map<Mapping, Identity>();
  const { problems, records } = parseExports(text, (mapping) => {
    const found = identityOf(mapping);
    if (typeof found === "string") return found;
    identities.set(mapping, found);
    return null;
  });
  for (const { severity, line, message } of problems) {
    if (severity === "error") warn(`mfsexports: line ${line}: ${message}`);
  }
  return records.map((record) => rowOf(record, identities));
}

/** Whom a mapping stands for on the master's host. */
interface Identity {
  readonly uid: number;
  readonly gid: number;
}

function rowOf(record: ExportRecord, identities: ReadonlyMap<Mapping, Identity>): ExportsRow {
  const { rights, meta } = record;
  const mapped = (mapping: Mapping | null, otherwise: number): Identity =>
    (mapping === null ? undefined : identities.get(mapping)) ?? {
      uid: otherwise,
      gid: otherwise,
    };
  const mappedRoot = mapped(rights.mapRoot ?? rights.mapAll, meta ? 0 : nobody);
  const mappedAll = mapped(rights.mapAll, nobody);
  const [major = 0, middle = 0, minor = 0] = rights.minVersion;
  return {
    fromAddress: record.from,
    toAddress: record.to,
    minVersion: major * 0x1_0000 + middle * 0x100 + minor,
    meta,
    path: meta ? new Uint8Array(0) : bytesOf(record.path.slice(1)),
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
  return digestOf(bytesOf(secret.value));
}

/** The file was read with a character for each byte. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** Whom a mapping stands for, or what is expected of it instead. */
function identityOf({ user, group }: Mapping): Identity | string {
  const isNumber = /^\d+$/.test(user);
  const account = isNumber ? findUserById(Number(user)) : findUser(user);
  if (!isNumber && account === null) return `a user of this host, which "${user}" is not`;
  const uid = isNumber ? Number(user) : (account?.uid ?? 0);
  if (group === null) {
    return account === null
      ? `a group, for this host has no user ${user} to take it from`
      : { uid, gid: account.gid };
  }
  const gid = /^\d+$/.test(group) ? Number(group) : findGroup(group);
  return gid === null ? `a group of this host, which "${group}" is not` : { uid, gid };
}
