// Questions about a host's mount table.

import type { HostFacts, MountFact } from "../facts/host-facts.ts";

/** The topmost mount at exactly this path; undefined when none is. */
export function mountedAt(facts: HostFacts, path: string): MountFact | undefined {
  return facts.mounts.findLast((mount) => mount.path === path);
}

/** True for a MooseFS mount, by the source or type that mfsmount gives it (config-and-cli.md 12.1). */
export function isMooseMount(mount: MountFact): boolean {
  return mount.type === "fuse.mfs" || (mount.type === "fuse" && mount.source.startsWith("mfs#"));
}
