// Room and places: free space, disks that must be mounted, folders that can be written.

import { quote } from "../host/quote.ts";
import { paths } from "../layout.ts";
import type { Disk } from "../inventory/schema.ts";
import { removedDisks } from "../phases/disk-state.ts";
import { mountedAt } from "../phases/mounts.ts";
import { fail, hostCheck, warn, type Subject, type Trouble } from "./finding.ts";
import { onHost, showBytes } from "./hint.ts";

const mebibyte = 1024 * 1024;
/** Below this the daemons' own files soon fill the disk. */
const warnBytes = 1024 * mebibyte;
/** Below this a save of metadata may not fit; chunkservers take no new chunk either (config-and-cli.md 10). */
const failBytes = 256 * mebibyte;

/** The disks of a host that are in use: not those that were taken out for good. */
export function disksOf({ name, facts, world }: Subject): readonly Disk[] {
  const removed = removedDisks(facts);
  return (world.inventory.hosts[name]?.disks ?? []).filter((disk) => !removed.has(disk.path));
}

/** The folder that really holds the chunks. */
export function folderOf(disk: Disk): string {
  return disk.link_to ?? disk.path;
}

/** True where a disk must be mounted and is not, so that everything seen at its path belongs to another disk. */
export function isUnmounted({ facts }: Subject, disk: Disk): boolean {
  return disk.mountpoint === "required" && mountedAt(facts, disk.path) === undefined;
}

/** Enough room for metadata, and for chunks on disks that are new to the cluster. */
export const space = hostCheck({
  name: "space",
  title:
    "There is room: the data path warns below 1 GiB and fails below 256 MiB; a disk without chunks likewise, one with chunks may be full and only warns",
  troubles: (subject) => {
    const { facts, world } = subject;
    const disks = disksOf(subject).filter((disk) => !isUnmounted(subject, disk));
    return [
      ...room(subject, paths(world.inventory).data, true),
      ...disks.flatMap((disk) =>
        room(subject, folderOf(disk), !facts.heads.has(`${folderOf(disk)}/.metaid`)),
      ),
    ];
  },
});

function room({ name, facts, world }: Subject, path: string, strict: boolean): readonly Trouble[] {
  const free = facts.space.get(path)?.freeBytes ?? Number.NaN;
  if (free >= warnBytes) return [];
  const at = quote(facts.parents.get(path)?.path ?? path);
  const found = Number.isNaN(free) ? "an unknown room" : showBytes(free);
  const hint = onHost(world, name, `df -h ${at}; du -xhd1 "$(stat -c %m ${at})" | sort -h | tail`);
  return strict && !(free >= failBytes)
    ? [
        fail(
          `Cannot store anything in "${path}" of "${name}": ${found} is free, expected at least 256 MiB`,
          `${hint} shows what takes the room`,
        ),
      ]
    : [
        warn(
          `"${path}" of "${name}" has ${found} free, expected at least 1 GiB`,
          `${hint} shows what takes the room`,
        ),
      ];
}

/** A disk that failed to mount never fills the root disk. */
export const mountpoint = hostCheck({
  name: "mountpoint",
  title: "Disks with `mountpoint: required` are mounted",
  concerns: (world, host) =>
    world.inventory.hosts[host]?.disks.some((disk) => disk.mountpoint === "required") === true,
  troubles: (subject) =>
    disksOf(subject)
      .filter((disk) => isUnmounted(subject, disk))
      .map((disk) =>
        fail(
          `Cannot use the disk "${disk.path}" of "${subject.name}": nothing is mounted there, expected the disk's own file system`,
          `${onHost(subject.world, subject.name, `mount ${quote(disk.path)} || lsblk -f`)} mounts it, or shows the disks where /etc/fstab does not know it`,
        ),
      ),
});

/** Everything that deploy makes can be made. */
export const writable = hostCheck({
  name: "prefix",
  title: "The prefix, data folders and mount points can be made and written",
  troubles: (subject) => {
    const { name, facts, world } = subject;
    const skipped = new Set(
      disksOf(subject)
        .filter((disk) => isUnmounted(subject, disk))
        .map(folderOf),
    );
    const gone = removedDisks(facts);
    const places = [...facts.parents].filter(([path]) => !skipped.has(path) && !gone.has(path));
    const seen = new Set<string>();
    return places.flatMap(([path, parent]) => {
      if ((parent.isFolder && parent.writable) || seen.has(parent.path)) return [];
      seen.add(parent.path);
      const is = parent.isFolder
        ? `"${parent.path}" cannot be written, even by root`
        : `"${parent.path}" is no folder`;
      const at = quote(parent.path);
      const look = onHost(
        world,
        name,
        `lsattr -d ${at} 2>/dev/null; findmnt -T ${at}; ls -ld ${at}`,
      );
      return [
        fail(
          `Cannot make "${path}" on "${name}": ${is}, expected a folder that can be written`,
          `${look} shows why; mend that, or choose another folder in the inventory`,
        ),
      ];
    });
  },
});
