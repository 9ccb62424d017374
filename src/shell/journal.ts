// argv for the journal's copies on a metadata host: keep the newest, print them all.

import type { Command } from "../host/host.ts";

/** Makes the folder and leaves only the newest journals in it. */
export function pruneJournals(folder: string, kept: number): Command {
  const script = `install -d -m 0700 "$1" && cd "$1" && ls -1 | sort -r | tail -n +$2 | xargs -r rm -f --`;
  return { argv: ["sh", "-c", script, "sh", folder, String(kept)] };
}

/** Prints `NAME BASE64` of each journal, newest first; nothing where there is no folder. */
export function printJournals(folder: string, most: number): Command {
  const script = `cd "$1" 2>/dev/null || exit 0; for f in $(ls -1 | grep '^[0-9A-Za-z-]*[.]jsonl$' | sort -r | head -n "$2"); do printf '%s ' "$f"; base64 -w0 "$f"; echo; done`;
  return { argv: ["sh", "-c", script, "sh", folder, String(most)] };
}
