// What to log in with: unencrypted identity files first, then the agent. Never a password, never a prompt:
// mfsctl runs unattended.

import { readFile, stat } from "node:fs/promises";
import type { AnyAuthMethod } from "ssh2";

import type { SshTarget } from "./ssh-config.ts";

/** The ways to log in, in order, and words on each for the error when none of them worked. */
export interface Credentials {
  readonly methods: readonly AnyAuthMethod[];
  readonly tried: readonly string[];
}

/** Gathers what can be offered to a target without asking anybody. */
export async function credentials(target: SshTarget): Promise<Credentials> {
  const methods: AnyAuthMethod[] = [];
  const tried: string[] = [];
  const files = await Promise.all(target.identityFiles.map(readIdentity));
  const locked = files.some((file) => file?.locked === true);
  for (const file of files) {
    if (file === undefined) continue;
    tried.push(
      `identity file '${file.path}'${file.locked ? " is encrypted: add it to the agent" : ""}`,
    );
    if (!file.locked) methods.push({ type: "publickey", username: target.user, key: file.key });
  }
  const agent = await agentMethod(target, { locked });
  if (agent !== undefined) {
    methods.push(agent);
    tried.push(`agent '${target.agent}'`);
  }
  return { methods, tried };
}

/** With IdentitiesOnly the agent is asked only for what no file could give. */
async function agentMethod(
  target: SshTarget,
  files: { readonly locked: boolean },
): Promise<AnyAuthMethod | undefined> {
  if (target.agent === undefined || (target.identitiesOnly && !files.locked)) return undefined;
  try {
    if (!(await stat(target.agent)).isSocket()) return undefined;
  } catch {
    return undefined; // SSH_AUTH_SOCK outlived its agent.
  }
  return { type: "agent", username: target.user, agent: target.agent };
}

async function readIdentity(
  path: string,
): Promise<{ path: string; key: Buffer; locked: boolean } | undefined> {
  try {
    const key = await readFile(path);
    return { path, key, locked: isEncrypted(key.toString("latin1")) };
  } catch {
    return undefined; // ssh_config names default files that most users do not have.
  }
}

/** OpenSSH's own form names the cipher in its first field, PEM says it in a header. */
function isEncrypted(pem: string): boolean {
  if (pem.includes("ENCRYPTED")) return true;
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)/.exec(pem)?.[1];
  if (body === undefined) return false;
  const bytes = Buffer.from(body, "base64");
  const magicSize = "openssh-key-v1\0".length;
  if (bytes.length < magicSize + 8) return false;
  return bytes.toString("latin1", magicSize + 4, magicSize + 8) !== "none";
}
