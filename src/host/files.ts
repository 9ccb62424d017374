// How a file is put on a host: a pure builder of one command. The old content stands until the new one is
// whole, checked and on the disk: a cut upload ends as end-of-file, so the digest decides, not the shell.

import { createHash } from "node:crypto";

import { MfsctlError } from "../errors.ts";
import type { Command } from "./host.ts";

export interface FileWrite {
  /** Absolute path on the host; its folder exists. */
  readonly path: string;
  readonly content: Uint8Array | string;
  /** Permission bits, e.g. `0o640`. */
  readonly mode: number;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** What to do where the path is a symbolic link: refuse (default) or write what it points to. */
  readonly symlink?: "refuse" | "follow" | undefined;
}

/** Exit codes of the script, from sysexits.h where one fits. */
export const writeFileCodes = { symlink: 73, cut: 74 } as const;

const script = `set -eu
path=$1 mode=$2 owner=$3 digest=$4 symlink=$5
if [ -L "$path" ]; then
  if [ "$symlink" != follow ]; then
    echo "$path is a symbolic link" >&2
    exit ${writeFileCodes.symlink}
  fi
  path=$(readlink -f -- "$path")
fi
folder=$(dirname -- "$path")
umask 077
new=$(mktemp -- "$folder/.mfsctl-XXXXXXXX")
trap 'rm -f -- "$new"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
cat >"$new"
if [ "$(sha256sum <"$new")" != "$digest  -" ]; then
  echo "$path arrived incomplete" >&2
  exit ${writeFileCodes.cut}
fi
if [ -n "$owner" ]; then chown -- "$owner" "$new"; fi
chmod -- "$mode" "$new"
sync -- "$new"
mv -T -- "$new" "$path"
trap - EXIT
sync -- "$folder"
`;

/** The command that writes one file atomically; its stdin is the content. Works in dash and under sudo. */
export function writeFileCommand(write: FileWrite): Command {
  const { path, mode, owner = "", group = "", symlink = "refuse" } = write;
  if (!path.startsWith("/") || path.endsWith("/") || /[\0\n]/.test(path)) {
    throw new MfsctlError(
      "internal",
      `Cannot write '${path}': it is no plain path, expected an absolute one`,
    );
  }
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o7777) {
    throw new MfsctlError(
      "internal",
      `Cannot write '${path}': its mode is ${mode}, expected 0 to 0o7777`,
    );
  }
  const stdin = Buffer.from(write.content);
  const digest = createHash("sha256").update(stdin).digest("hex");
  const owners = group === "" ? owner : `${owner}:${group}`;
  const octal = mode.toString(8).padStart(4, "0");
  return { argv: ["sh", "-c", script, "sh", path, octal, owners, digest, symlink], stdin };
}
