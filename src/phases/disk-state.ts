// What a host's own files say about its disks: which are marked for removal, which were taken out for good.

import type { HostFacts } from "../facts/host-facts.ts";
import { parseDisks } from "../../daemons/config/hdd.ts";
import { removedDisksFile } from "../layout.ts";

/** Paths marked `*` in the host's mfshdd.cfg. */
export function markedDisks(facts: HostFacts, disksFile: string): ReadonlySet<string> {
  const content = facts.paths.get(disksFile)?.content ?? "";
  return new Set(
    parseDisks(content)
      .disks.filter((disk) => disk.markedForRemoval)
      .map((disk) => disk.path),
  );
}

/** Paths that `disk remove --finalize` took out; deploy leaves them out until `disk add`. */
export function removedDisks(facts: HostFacts): ReadonlySet<string> {
  const content = facts.paths.get(removedDisksFile)?.content ?? "";
  return new Set(content.split("\n").filter((line) => line.startsWith("/")));
}

/** The file's text for these paths. */
export function removedDisksText(removed: ReadonlySet<string>): string {
  return [...removed]
    .sort()
    .map((path) => `${path}\n`)
    .join("");
}
