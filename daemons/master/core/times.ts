// When access times move. Spec: semantics-master.md section 14.3, wire-client-master-2.md section 9.2.

import type { Service } from "./service.ts";

/** Values of ATIME_MODE. */
export const atimeMode = {
  always: 0,
  filesOnly: 1,
  relative: 2,
  relativeFilesOnly: 3,
  never: 4,
} as const;

const daySeconds = 86_400;

/** Whether a file's access time moves to `to`. */
export function movesAccessTime(service: Service, inode: number, to: number): boolean {
  const mode = service.config.atimeMode;
  if (mode === atimeMode.never) return false;
  if (mode === atimeMode.relative || mode === atimeMode.relativeFilesOnly) {
    return isRelative(service, inode, to);
  }
  return true;
}

/** READLINK and READDIR: the node was read just now. */
export function touchRead(service: Service, inode: number): void {
  const mode = service.config.atimeMode;
  const { nodes } = service.world;
  if (nodes.accessTime(inode) === service.now) return;
  const moves =
    mode === atimeMode.always ||
    (mode === atimeMode.relative && isRelative(service, inode, service.now));
  if (moves) service.commit({ op: "ACCESS", inode });
}

function isRelative(service: Service, inode: number, to: number): boolean {
  const { nodes } = service.world;
  const old = nodes.accessTime(inode);
  const changed = nodes.changeTime(inode);
  const modified = nodes.modificationTime(inode);
  return (
    (old <= changed && changed <= to) ||
    (old <= modified && modified <= to) ||
    old + daySeconds < to
  );
}
