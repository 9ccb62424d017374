// The shell lines of our own units, told again: stamps of what a daemon was started with and has read, folders of disks
// that are not mounted, and the address that moves with the master. A line that says something else throws.

import { createHash } from "node:crypto";
import type { FileTree } from "./files.ts";
import type { FakeMachine } from "./machine.ts";

const sed = /^\{? ?sed -nE "s\/\^\(([^)]*)\)=\/# &\/p" "\/etc\/systemd\/system\/\$0"/;

/** True for a line that runs a shell; others name a program. */
export function isShellLine(line: string): boolean {
  return /^-?\/bin\/sh -c /.test(line);
}

/** Runs `sh -c '...' %n` of a unit's Exec line. */
export function runShellLine(machine: FakeMachine, unit: string, line: string): void {
  const text = /^-?\/bin\/sh -c '(.*)'(?: %n)?$/.exec(line)?.[1] ?? "";
  if (text.includes("until mountpoint -q")) return;
  if (text.startsWith("mountpoint -q ")) return protect(machine, text);
  if (text.startsWith("PATH=")) return moveAddress(machine, text);
  const folder = / ?cd (\S+) && /.exec(text)?.[1];
  if (folder === undefined) throw new Error(`the fake systemd does not know "${line}"`);
  machine.files.makeFolder(folder);
  stamp(machine.files, { unit, folder, text });
}

/** The folder of a required disk while nothing is mounted there. */
function protect({ files, mounts }: FakeMachine, text: string): void {
  const disk = /^mountpoint -q (\S+) /.exec(text)?.[1] ?? "";
  if (mounts.some(({ path }) => path === disk) || files.stat(disk)?.type !== "folder") return;
  files.change(disk, { owner: "root", group: "root", mode: 0o700 });
}

function moveAddress(machine: FakeMachine, text: string): void {
  const [, verb, address = ""] = /; ip address (replace|del) (\S+)\/\d+ dev /.exec(text) ?? [];
  if (verb === "replace") machine.movedAddresses.add(address);
  if (verb === "del") machine.movedAddresses.delete(address);
}

function stamp(
  files: FileTree,
  { unit, folder, text }: { readonly unit: string; readonly folder: string; readonly text: string },
): void {
  const root = { owner: "root", group: "root", mode: 0o600 };
  const at = (name: string) => `${folder}/${name.replaceAll("$0", unit)}`;
  for (const part of text.split(" && ")) {
    const [, sums, into = ""] = /^sha256sum -- (.*) >"(.*)"$/.exec(part) ?? [];
    const [, from, to = ""] = /^mv -f "(.*)" "(.*)"$/.exec(part) ?? [];
    const keys = sed.exec(part)?.[1];
    if (sums !== undefined) files.write(at(into), sumsOf(files, sums.split(" ")), root);
    else if (from !== undefined) files.rename(at(from), at(to));
    else if (keys !== undefined) {
      const config = /; cat -- (\S+); \}/.exec(part)?.[1];
      const lines = decidingLines(files.read(`/etc/systemd/system/${unit}`) ?? "", keys);
      const copy = config === undefined ? "" : (files.read(config) ?? "");
      files.write(at(/ >"(.*)"$/.exec(part)?.[1] ?? ""), `${lines}${copy}`, root);
    } else if (part === 'touch "$0"') files.touch(at("$0"));
    else if (!/^(mkdir -p|cd|umask) /.test(part)) {
      throw new Error(`the fake systemd does not know "${part}"`);
    }
  }
}

function decidingLines(text: string, keys: string): string {
  const pattern = new RegExp(`^(?:${keys})=.*$`, "gm");
  return (text.match(pattern) ?? []).map((line) => `# ${line}\n`).join("");
}

/** What sha256sum prints; a file that is missing is left out. */
export function sumsOf(files: FileTree, paths: readonly string[]): string {
  return paths
    .flatMap((path) => {
      const node = files.stat(path);
      if (node === undefined) return [];
      return [`${createHash("sha256").update(node.content).digest("hex")}  ${path}\n`];
    })
    .join("");
}
