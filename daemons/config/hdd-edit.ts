// Edits of mfshdd.cfg that keep every other byte. Spec: config-and-cli.md 10.1.
// A file with an error anywhere is refused: a reload would let go of the disk of a broken line.
import { byteLines, fromBytes, toBytes } from "./lines.ts";
import type { ByteLine } from "./lines.ts";
import { diskPrefix, normalPath, parseDisks } from "./hdd.ts";
import type { Disk } from "./hdd.ts";

/** What came of an edit. "unchanged": the file says so already. */
export type DiskEdit =
  | { readonly kind: "edited"; readonly text: string }
  | { readonly kind: "unchanged" }
  | { readonly kind: "refused"; readonly why: string };

/** A disk to be added; sizes as the file writes them, such as "4GiB". */
export interface NewDisk {
  readonly path: string;
  readonly leaveFree?: string;
  readonly limit?: string;
}

/** Puts "*" in front of a disk: its chunks are replicated away. */
export function markForRemoval(text: string, path: string): DiskEdit {
  return onDisk(text, path, ({ bytes, line, disk }) =>
    disk.markedForRemoval ? null : insert(bytes, line.start, "*"),
  );
}

/** Takes every "*" in front of a disk away. */
export function unmark(text: string, path: string): DiskEdit {
  return onDisk(text, path, ({ bytes, line, disk }) => {
    if (!disk.markedForRemoval) return null;
    const prefix = diskPrefix(line.bytes);
    const behind = line.start + prefix.length;
    return bytes.slice(0, line.start) + prefix.replaceAll("*", "") + bytes.slice(behind);
  });
}

/** Takes the line of a disk out: the daemon lets go of it without moving data. */
export function removeDisk(text: string, path: string): DiskEdit {
  return onDisk(
    text,
    path,
    ({ bytes, line }) => bytes.slice(0, line.start) + bytes.slice(line.next),
  );
}

/** Adds a disk behind the last line; unchanged when it is listed just so. */
export function addDisk(text: string, disk: NewDisk): DiskEdit {
  const why = refuseFile(text);
  if (why !== null) return refused(why);
  const written = diskLine(disk);
  const [wanted, ...others] = parseDisks(written).disks;
  if (wanted === undefined || others.length > 0 || wanted.path !== normalPath(disk.path)) {
    return refused(
      `disk "${disk.path}" cannot be written, expected a plain absolute path and size`,
    );
  }
  const present = parseDisks(text).disks.find((one) => one.path === wanted.path);
  if (present !== undefined) {
    if (sameDisk(present, wanted)) return { kind: "unchanged" };
    return refused(
      `disk "${disk.path}" stands in line ${present.line} with other settings, expected none`,
    );
  }
  const feed = text === "" || text.endsWith("\n") ? "" : "\n";
  return { kind: "edited", text: `${text}${feed}${written}\n` };
}

/** The line that stands for a disk, without its line feed. */
export function diskLine({ path, leaveFree, limit }: NewDisk): string {
  if (leaveFree !== undefined) return `${path} -${leaveFree}`;
  return limit === undefined ? path : `${path} ${limit}`;
}

interface Place {
  readonly bytes: string;
  readonly line: ByteLine;
  readonly disk: Disk;
}

function onDisk(text: string, path: string, change: (place: Place) => string | null): DiskEdit {
  const why = refuseFile(text);
  if (why !== null) return refused(why);
  const disk = parseDisks(text).disks.find((one) => one.path === normalPath(path));
  if (disk === undefined)
    return refused(`disk "${path}" is not listed, expected a line with this path`);
  const bytes = toBytes(text);
  const line = byteLines(bytes)[disk.line - 1];
  if (line === undefined) return refused(`line ${disk.line} is missing, expected disk "${path}"`);
  const changed = change({ bytes, line, disk });
  return changed === null ? { kind: "unchanged" } : { kind: "edited", text: fromBytes(changed) };
}

function refuseFile(text: string): string | null {
  if (text.includes("\uFFFD")) return "file with bytes that are no UTF-8, expected text";
  const first = parseDisks(text).problems.find((problem) => problem.severity === "error");
  return first === undefined ? null : `line ${first.line}: ${first.message}`;
}

function sameDisk(one: Disk, other: Disk): boolean {
  const flags =
    one.markedForRemoval === other.markedForRemoval && one.rebalance === other.rebalance;
  const sizes = one.size?.kind === other.size?.kind && one.size?.bytes === other.size?.bytes;
  return flags && sizes && one.ignoreSizeChange === other.ignoreSizeChange;
}

function insert(bytes: string, at: number, added: string): string {
  return bytes.slice(0, at) + added + bytes.slice(at);
}

function refused(why: string): DiskEdit {
  return { kind: "refused", why };
}
