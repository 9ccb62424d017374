// Folders of one host must not meet: no data folder or mount twice, and none inside another.

import type { HostDraft } from "./draft.ts";
import { problem, valueAt, type Path, type Problem } from "./problem.ts";

interface Folder {
  readonly path: Path;
  readonly folder: string;
  readonly what: string;
}

/** Compares all data folders, link targets and mount points of a host, each with those before it. */
export function pathProblems(host: HostDraft): Problem[] {
  const folders = foldersOf(host);
  return folders.flatMap((later, index) => {
    for (const earlier of folders.slice(0, index)) {
      const message = clash(later, earlier);
      if (message !== undefined) return [problem(later.path, message)];
    }
    return [];
  });
}

function foldersOf(host: HostDraft): Folder[] {
  const folders: Folder[] = [];
  host.disks.forEach((disk, index) => {
    if (disk === undefined) return;
    const base = ["hosts", host.name, "disks", index];
    const plain = typeof valueAt(host.source, ["disks", index]) === "string";
    folders.push({ path: plain ? base : [...base, "path"], folder: disk.path, what: "the disk" });
    if (disk.link_to !== undefined) {
      folders.push({ path: [...base, "link_to"], folder: disk.link_to, what: "the link target" });
    }
  });
  host.mounts.forEach((mount, index) => {
    if (mount === undefined) return;
    const path = ["hosts", host.name, "mounts", index, "path"];
    folders.push({ path, folder: mount.path, what: "the mount" });
  });
  return folders;
}

function clash(later: Folder, earlier: Folder): string | undefined {
  const [a, b] = [later.folder, earlier.folder];
  if (a === b) return `is "${a}", already ${earlier.what} of this host, expected another folder`;
  if (a.startsWith(`${b}/`)) {
    return `is "${a}", inside ${earlier.what} "${b}", expected a folder outside of it`;
  }
  if (b.startsWith(`${a}/`)) {
    return `is "${a}", which holds ${earlier.what} "${b}", expected a folder beside it`;
  }
  return undefined;
}
