// What `mfsctl host trust` shows to the user: the key a server has at this moment, trusted by nobody yet.
// ssh-keyscan knows no jump hosts, so the key is taken from a login that stops right after seeing it.

import { MfsctlError } from "../errors.ts";
import {
  fingerprint,
  judge,
  keyType,
  knownKeys,
  preferredAlgorithms,
  type KnownKey,
  type Verdict,
} from "./known-hosts.ts";
import type { SshTarget } from "./ssh-config.ts";
import { logIn, reach, type ConnectionOptions } from "./ssh-connection.ts";

export interface ScannedKey {
  readonly type: string;
  /** `SHA256:...`, to be compared with the host's console. */
  readonly fingerprint: string;
  /** The line for a known_hosts file. */
  readonly line: string;
  /** The value for the inventory's pinned keys. */
  readonly pin: string;
  /** The name that known_hosts files use for the server. */
  readonly knownName: string;
  /** The file that mfsctl and ssh believe first. */
  readonly file: string | undefined;
  /** What the key is worth now. */
  readonly verdict: Verdict["kind"];
  /** The inventory pins this host's keys, so no file counts. */
  readonly isPinned: boolean;
}

/** Asks a server for its key and hangs up before any login. */
export async function scanHostKey(options: ConnectionOptions): Promise<ScannedKey> {
  const { target } = options;
  let seen: Buffer | undefined;
  const stop = new MfsctlError("hostKey", "The key was seen, no login is wanted");
  const known = await knownKeys(target);
  const algorithms = { serverHostKey: preferredAlgorithms(known) };
  const closing = new AbortController().signal;
  try {
    await reach(options, closing, (route) =>
      logIn(
        target,
        { ...route, username: target.user, authHandler: [], algorithms },
        {
          tried: [],
          closing,
          judge: (key) => {
            seen = key;
            return stop;
          },
        },
      ),
    );
  } catch (error) {
    if (error !== stop) throw error;
  }
  return describe(target, seen, known);
}

function describe(
  target: SshTarget,
  key: Buffer | undefined,
  known: readonly KnownKey[],
): ScannedKey {
  if (key === undefined) {
    const message = `Cannot see the host key of '${target.name}': it showed none, expected one`;
    throw new MfsctlError("unreachable", message, { host: target.name });
  }
  const pin = `${keyType(key)} ${key.toString("base64")}`;
  return {
    type: keyType(key),
    fingerprint: fingerprint(key),
    line: `${target.knownName} ${pin}`,
    pin,
    knownName: target.knownName,
    file: target.knownHostsFiles[0],
    verdict: judge(known, fingerprint(key)).kind,
    isPinned: target.hostKeys.length > 0,
  };
}
