// The disks of one chunkserver as it sees them itself. Spec: wire-admin.md section 5.1.

import {
  DiskList,
  DiskListAnswer,
  diskFlags,
} from "../../daemons/protocol/packets/chunkserver-admin.ts";
import type { WireClient } from "./client.ts";

/** One line of mfshdd.cfg at work. */
export interface Disk {
  /** As the chunkserver shows it: with a slash at its end. */
  readonly path: string;
  readonly markedForRemoval: boolean;
  readonly damaged: boolean;
  /** The line could not be used; all figures are zero. */
  readonly invalid: boolean;
  /** Percent read so far while the disk is scanned; `undefined` once it is. */
  readonly scanPercent: number | undefined;
  readonly chunks: number;
  readonly usedBytes: number;
  readonly totalBytes: number;
  /** The last I/O error, if any. */
  readonly lastError: { readonly chunkId: bigint; readonly time: number } | undefined;
}

/** The disk of a path, which may be written with or without its last slash. */
export function diskAt(disks: readonly Disk[], path: string): Disk | undefined {
  const plain = (text: string): string => text.replace(/\/+$/, "");
  return disks.find((disk) => plain(disk.path) === plain(path));
}

/** Reads the disks over a connection to a chunkserver's data port (9422), in the order of its file. */
export async function readDisks(client: WireClient): Promise<readonly Disk[]> {
  const { disks } = await client.request(DiskList, {}, DiskListAnswer);
  return disks.toReversed().map((disk) => {
    const has = (flag: number): boolean => (disk.flags & flag) !== 0;
    const scanning = has(diskFlags.scanning);
    return {
      path: disk.path,
      markedForRemoval: has(diskFlags.markedForRemoval),
      damaged: has(diskFlags.damaged),
      invalid: has(diskFlags.invalid),
      scanPercent: scanning ? disk.usedBytes : undefined,
      chunks: disk.chunks,
      usedBytes: scanning ? 0 : disk.usedBytes,
      totalBytes: disk.totalBytes,
      lastError:
        disk.errorTime === 0 ? undefined : { chunkId: disk.errorChunkId, time: disk.errorTime },
    };
  });
}
