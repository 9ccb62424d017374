// argv that ask a metalogger's folder how far it has come. Spec: metalogger.md, changelog.md section 1.

import type { Command } from "../host/host.ts";

/** Prints the last complete line of the newest changelog that holds one, and nothing where there is none. */
export function lastChange(dataFolder: string): Command {
  const script = String.raw`cd "$1" || exit 1
for i in 0 1 2; do
f=changelog_ml.$i.mfs
[ -s "$f" ] || continue
# A line that is being written has no end yet; the one before it counts.
n=1; [ -z "$(tail -c 1 "$f")" ] || n=2
tail -c 65536 "$f" | tail -n $n | head -n 1; exit 0
done`;
  return { argv: ["sh", "-c", script, "sh", dataFolder] };
}

/** Succeeds where a file is an image to its end: real, and with its end marker (metadata-file.md 4.1). */
export function completeImage(path: string): Command {
  const script = String.raw`[ "$(tail -c 16 -- "$1")" = "[MFS EOF MARKER]" ]`;
  return { argv: ["sh", "-c", script, "sh", path] };
}
