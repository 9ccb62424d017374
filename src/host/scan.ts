// What `mfsctl host trust` shows to the user: the key a server has at this moment, trusted by nobody yet.
// ssh-keyscan knows no jump hosts, so the key is taken from a login that stops right after seeing it.

import { MfsctlError } from "../errors.ts";
import { fingerprint, keyType, knownKeys, preferredAlgorithms } from "./known-hosts.ts";
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
}

/** Asks a server for its key and hangs up before any login. */
export async function scanHostKey(options: ConnectionOptions): Promise<ScannedKey> {
  const { target } = options;
  let seen: Buffer | undefined;
  const stop = new MfsctlError("hostKey", "The key was seen, no login is wanted");
  const algorithms = { serverHostKey: preferredAlgorithms(await knownKeys(target)) };
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
  return describe(target, seen);
}

function describe(target: SshTarget, key: Buffer | undefined): ScannedKey {
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
  };
}
