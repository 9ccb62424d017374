// argv for files that must never be replaced.

import type { Command } from "../host/host.ts";

/** Writes a file whole and only where there is none: `ln` never replaces, so whoever made one meanwhile keeps it. */
export function createOnce(file: {
  readonly path: string;
  readonly content: string;
  /** `user:group`. */
  readonly owner: string;
}): Command {
  // A part that a power cut left must not look like metadata, so its name starts with a dot.
  const script = `umask 027; new="\${1%/*}/.mfsctl-new"; printf '%s' "$2" > "$new" && chown "$3" "$new" && sync "$new" && ln -T "$new" "$1" && rm -f "$new"`;
  return { argv: ["sh", "-c", script, "sh", file.path, file.content, file.owner] };
}
