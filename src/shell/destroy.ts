// argv that empty folders of the cluster. No link is followed, no other file system is entered, and a path that is a link
// itself, or lies behind one, is refused: what the inventory names is all that may go.

import type { Command } from "../host/host.ts";

/** Exit code where the path is not what it seems. */
export const notPlain = 73;

const refuseLinks = String.raw`p=$1
[ -d "$p" ] || exit 0
if [ -L "$p" ] || [ "$(readlink -f -- "$p")" != "$p" ]; then
echo "$p is behind a link, its true place is $(readlink -f -- "$p")" >&2; exit ${notPlain}
fi
`;

/** Empties a folder that belongs to the cluster alone. */
export function emptyFolder(path: string): Command {
  const script = `${refuseLinks}exec find "$p" -xdev -mindepth 1 -delete`;
  return { argv: ["sh", "-c", script, "sh", path], timeoutMs: 24 * 3_600_000 };
}

/**
 * Takes a chunkserver's own things out of a disk's folder: the chunk folders 00 to FF and its marks (wire-chunkserver.md).
 * Whatever else lies there stays.
 */
export function emptyDisk(path: string): Command {
  const script = `${refuseLinks}cd -P -- "$p" && [ "$(pwd -P)" = "$p" ] || exit ${notPlain}
find . -xdev -mindepth 1 -maxdepth 1 \\( -type d -name '[0-9A-F][0-9A-F]' -o -type f \\( -name .metaid -o -name .lock -o -name '.chunkdb*' \\) \\) -print0 |
xargs -0 -r -I{} find {} -xdev -delete`;
  return { argv: ["sh", "-c", script, "sh", path], timeoutMs: 24 * 3_600_000 };
}
