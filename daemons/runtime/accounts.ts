// The user and group that a daemon works as. Spec: config-and-cli.md 2.1 step 6 and section 4.
// Supplementary groups are left alone, as 3.0.117 leaves them.

import type { Config } from "./config.ts";
import { describeError, findGroup, findUser, findUserById } from "./system-calls.ts";
import type { Voice } from "./voice.ts";

/** The account cannot be taken; the message is the daemon's. */
export class AccountError extends Error {
  override readonly name = "AccountError";
}

interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** Gives up root's rights, if we have them. */
export function takeWorkingAccount(config: Config, voice: Voice): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = workingIdentity(config.text("WORKING_USER"), config.text("WORKING_GROUP"));
  attempt(`can't set gid to ${gid}`, () => process.setgid?.(gid));
  voice.log.info(`set gid to ${gid}`);
  attempt(`can't set uid to ${uid}`, () => process.setuid?.(uid));
  voice.log.info(`set uid to ${uid}`);
}

function attempt(what: string, change: () => void): void {
  try {
    change();
  } catch (error) {
    throw new AccountError(`${what}: ${describeError(error)}`, { cause: error });
  }
}

/** The group is looked up before the user; without one it is the user's own. */
export function workingIdentity(user: string, group: string): Identity {
  const gid = group === "" ? null : groupId(group);
  if (!user.startsWith("#")) {
    const found = findUser(user);
    if (found === null) throw new AccountError(`${user}: no such user !!!`);
    return { uid: found.uid, gid: gid ?? found.gid };
  }
  const uid = Number.parseInt(user.slice(1), 10) || 0;
  if (gid !== null) return { uid, gid };
  const found = findUserById(uid);
  if (found === null) {
    throw new AccountError(`${uid}: no such user id - can't obtain group id`);
  }
  return { uid, gid: found.gid };
}

function groupId(group: string): number {
  if (group.startsWith("#")) return Number.parseInt(group.slice(1), 10) || 0;
  const gid = findGroup(group);
  if (gid === null) throw new AccountError(`${group}: no such group !!!`);
  return gid;
}
