// Writes a server's key to a known_hosts file: for `mfsctl host trust`, after a person has compared the fingerprint.

import { execa } from "execa";
import { appendFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { MfsctlError } from "../errors.ts";
import type { ScannedKey } from "./scan.ts";

/** Takes out the keys that stood for the name, where there are some, and appends the one that was seen. */
export async function trustKey(host: string, key: ScannedKey): Promise<{ readonly file: string }> {
  const { file, line, knownName } = key;
  if (file === undefined || key.isPinned) {
    throw new MfsctlError(
      "refused",
      `Cannot record the key of "${host}": its keys are pinned in the inventory, expected a known_hosts file`,
      { host, hint: `set ssh.host_key of ${host} to "${key.pin}"` },
    );
  }
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const before = await textOf(file);
    // Names may be hashed, so ssh-keygen looks for them; it keeps the former file as FILE.old.
    if (before !== "") await execa("ssh-keygen", ["-R", knownName, "-f", file], { reject: false });
    const kept = await textOf(file);
    await appendFile(file, `${kept === "" || kept.endsWith("\n") ? "" : "\n"}${line}\n`, {
      mode: 0o600,
      flush: true,
    });
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new MfsctlError("usage", `Cannot write "${file}": ${what}`, {
      hint: "name a file that you may write as ssh.known_hosts in the inventory",
      cause,
    });
  }
  return { file };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
