// mfshdd.cfg: the disks of a chunkserver. Spec: config-and-cli.md 10.1 and 10.2.
// What cannot be known from the text alone (volumes, locks, foreign metadata ids) is not judged here.
import {
  brokenBytes,
  byteLines,
  cutTrailingBlanks,
  fromBytes,
  lineBytesMax,
  toBytes,
} from "./lines.ts";
import type { ByteLine } from "./lines.ts";
import { Problems } from "./problem.ts";
import type { Problem } from "./problem.ts";
import { chunkBytes, parseSize } from "./size.ts";

/** How much of the volume may be used. */
export interface DiskSize {
  readonly kind: "leaveFree" | "limit";
  readonly bytes: bigint;
}

/** One disk as the chunkserver takes it. */
export interface Disk {
  readonly line: number;
  /** Without the slash that the daemon adds at the end, and without doubled slashes. */
  readonly path: string;
  readonly markedForRemoval: boolean;
  readonly rebalance: "source" | "target" | null;
  readonly ignoreSizeChange: boolean;
  readonly size: DiskSize | null;
}

/** A whole file as the chunkserver would take it. */
export interface ParsedDisks {
  readonly disks: readonly Disk[];
  readonly problems: readonly Problem[];
}

/** Parses mfshdd.cfg; a line that would be rejected or taken for another path is an error. */
export function parseDisks(text: string): ParsedDisks {
  const problems = new Problems();
  const disks: Disk[] = [];
  for (const line of byteLines(toBytes(text))) {
    const disk = readLine(line, problems);
    if (disk === null) continue;
    compare(disk, disks, problems);
    disks.push(disk);
  }
  if (disks.length === 0) problems.warn(0, null, "no disk, expected at least one");
  return { disks, problems: problems.list() };
}

/** Paths in the form in which disks are compared. */
export function normalPath(path: string): string {
  const inner = path.replace(/\/+/g, "/");
  return inner.length > 1 && inner.endsWith("/") ? inner.slice(0, -1) : inner;
}

/** The part of a line in front of the path. */
export function diskPrefix(bytes: string): string {
  return /^[*<>~]*/.exec(bytes)?.[0] ?? "";
}

function readLine(line: ByteLine, problems: Problems): Disk | null {
  const broken = brokenBytes(line, lineBytesMax);
  if (broken !== null) {
    problems.error(line.number, null, broken);
    return null;
  }
  const bytes = cutTrailingBlanks(line.bytes);
  if (bytes === "" || bytes.startsWith("#")) return null;
  const prefix = diskPrefix(bytes);
  const { path, size } = cutSize(line.number, bytes.slice(prefix.length), problems);
  const text = fromBytes(path);
  const why = refusePath(text);
  if (why !== null) {
    problems.error(line.number, text, `path "${text}", expected ${why}`);
    return null;
  }
  judgePrefix(line.number, text, prefix, problems);
  judgeSize(line.number, text, size, problems);
  return {
    line: line.number,
    path: normalPath(text),
    markedForRemoval: prefix.includes("*"),
    rebalance: rebalanceOf(prefix),
    ignoreSizeChange: prefix.includes("~"),
    size,
  };
}

/** The last word is a size when it starts with "-", a digit or "."; else it belongs to the path. */
function cutSize(
  line: number,
  rest: string,
  problems: Problems,
): { path: string; size: DiskSize | null } {
  const [, path = "", word = ""] = /^(.*?)[ \t]+([-\d.][^ \t]*)$/s.exec(rest) ?? [];
  if (word === "") return { path: rest, size: null };
  const leave = word.startsWith("-");
  const bytes = parseSize(leave ? word.slice(1) : word);
  if (bytes === null) {
    const message = `size "${fromBytes(word)}", expected one such as "4GiB" or "-4GiB"`;
    problems.error(line, fromBytes(path), `${message}: the daemon takes it for part of the path`);
    return { path: rest, size: null };
  }
  return { path, size: { kind: leave ? "leaveFree" : "limit", bytes } };
}

function refusePath(path: string): string | null {
  if (/^[ \t]*#/.test(path)) return '"#" as the first byte of the line: this is no comment';
  if (/^[ \t]/.test(path)) return "no blank in front: it becomes part of the path";
  if (/[ \t]#/.test(path)) return "no comment behind it: it becomes part of the path";
  if (/[ \p{Cc}]/u.test(path)) return "no blanks or control characters";
  if (!path.startsWith("/")) return 'an absolute path behind the prefixes "*", "<", ">", "~"';
  if (normalPath(path) === "/") return "a folder of its own";
  return /\/\.{1,2}(?:\/|$)/.test(path) ? 'none of "/./" and "/../"' : null;
}

function rebalanceOf(prefix: string): Disk["rebalance"] {
  const source = prefix.lastIndexOf("<");
  const target = prefix.lastIndexOf(">");
  if (source === -1 && target === -1) return null;
  return source > target ? "source" : "target";
}

function judgePrefix(line: number, path: string, prefix: string, problems: Problems): void {
  if (prefix.includes("<") && prefix.includes(">")) {
    problems.warn(
      line,
      path,
      `prefix "${prefix}", expected one of "<" and ">": the last one counts`,
    );
  }
  if (new Set(prefix).size !== prefix.length) {
    problems.warn(line, path, `prefix "${prefix}", expected each sign once`);
  }
}

function judgeSize(line: number, path: string, size: DiskSize | null, problems: Problems): void {
  if (size === null) return;
  if (size.kind === "limit" && size.bytes === 0n) {
    problems.warn(line, path, "limit of 0, expected a size: the whole volume is used");
  } else if (size.bytes < chunkBytes) {
    problems.warn(line, path, `size of ${size.bytes} bytes, expected at least 64MiB, one chunk`);
  }
}

function compare(disk: Disk, others: readonly Disk[], problems: Problems): void {
  for (const other of others) {
    if (disk.path === other.path) {
      problems.error(disk.line, disk.path, `path of line ${other.line} too, expected it once`);
    } else if (isInside(disk.path, other.path) || isInside(other.path, disk.path)) {
      const message = `one folder inside the other, expected separate ones: "${other.path}" in line ${other.line}`;
      problems.warn(disk.line, disk.path, message);
    }
  }
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}
