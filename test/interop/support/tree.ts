// A tree with every kind of entry, and what can be seen of one. Runs as a process of its own, so that a file
// system that hangs costs a limit and not the test: `tree.ts build DIR`, `tree.ts manifest DIR`.

import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import fs from "node:fs";
import path from "node:path";
import { run } from "../../lab/command.ts";
import { attributeCalls } from "../../posix/calls/attributes.ts";
import { nameCalls } from "../../posix/calls/names.ts";
import { ClusterError } from "../errors.ts";

/** Regular files, apart from the large one. */
export const fileCount = 2000;
const filesPerFolder = 50;
const largeBytes = 300 * 1024 * 1024;
const pieceBytes = 1024 * 1024;
const fifoMode = 0o010640;
const separator = "\t";
const limitMs = 150_000;

/** One line per entry, sorted: everything that reading alone does not change. */
export type Manifest = readonly string[];

/** Fills an empty folder. */
export async function buildTree(root: string): Promise<void> {
  await inProcess("build", root);
}

/** What stands below a folder, with a checksum of each file. */
export async function manifestOf(root: string): Promise<Manifest> {
  return (await inProcess("manifest", root)).split("\n").filter(Boolean);
}

async function inProcess(action: string, root: string): Promise<string> {
  const answer = await run([process.execPath, import.meta.filename, action, root], {
    timeoutMs: limitMs,
  });
  if (answer.code === 0) return answer.stdout;
  const what = `it ended with ${answer.code}, expected 0\n${answer.stderr}`;
  throw new ClusterError("command", `Cannot ${action} the tree '${root}': ${what}`);
}

/** The same bytes for the same name, at every run. */
function content(name: string, size: number): Buffer {
  return createHash("shake256", { outputLength: Math.max(1, size) })
    .update(name)
    .digest()
    .subarray(0, size);
}

function sizeOf(index: number): number {
  if (index % 100 === 99) return 150_000;
  return index % 17 === 0 ? 0 : (index * 37) % 5000;
}

function build(root: string): void {
  for (let index = 0; index < fileCount; index++) {
    const folder = path.join(root, `folder-${Math.floor(index / filesPerFolder)}`);
    if (index % filesPerFolder === 0)
      fs.mkdirSync(path.join(folder, "déeper", "empty"), { recursive: true });
    buildFile(folder, index);
  }
  fs.chmodSync(path.join(root, "folder-1"), 0o2775);
  fs.chmodSync(path.join(root, "folder-2"), 0o1777);
  fs.chownSync(path.join(root, "folder-3"), 1001, 1002);
  buildLarge(path.join(root, "large"));
}

function buildFile(folder: string, index: number): void {
  const file = path.join(folder, `file-${index}`);
  fs.writeFileSync(file, content(`${index}`, sizeOf(index)));
  fs.chownSync(file, 1000 + (index % 7), 1000 + (index % 5));
  fs.chmodSync(file, [0o644, 0o600, 0o4755, 0o2711, 0o000, 0o1666][index % 6] ?? 0o644);
  const other = path.join(folder, "déeper", `${index}`);
  if (index % 10 === 0) fs.symlinkSync(`../file-${index}`, `${other}.symlink`);
  if (index % 10 === 5) fs.linkSync(file, `${other}.link`);
  if (index % 25 === 7) nameCalls.mknod(latin(`${other}.fifo`), fifoMode);
  if (index % 20 === 3) {
    attributeCalls.setxattr(latin(file), "user.note", `value ${index}\0with any byte \xff`);
    attributeCalls.setxattr(latin(file), "user.empty", "");
  }
  fs.utimesSync(file, 1_500_000_000 + index, 1_600_000_000 + index);
}

function buildLarge(file: string): void {
  const piece = content("large", pieceBytes);
  const fd = fs.openSync(file, "w");
  for (let offset = 0; offset < largeBytes; offset += pieceBytes) {
    // Every 64 KiB block differs from every other.
    for (let block = 0; block < pieceBytes; block += 65_536)
      piece.writeUInt32BE(offset + block, block);
    fs.writeSync(fd, piece);
  }
  fs.fsyncSync(fd);
  fs.closeSync(fd);
}

function print(root: string): void {
  const names = fs.readdirSync(root, { recursive: true, encoding: "utf8" }).toSorted();
  for (const name of ["", ...names]) process.stdout.write(`${describe(root, name)}\n`);
}

function describe(root: string, name: string): string {
  const full = path.join(root, name);
  const stat = fs.lstatSync(full, { bigint: true });
  const { ino, nlink, size, mtimeNs, ctimeNs } = stat;
  const owner = `${stat.uid}:${stat.gid}`;
  const seen = [name, stat.mode.toString(8), owner, inside(full, stat), xattrs(full, stat)];
  return [...seen, nlink, size, mtimeNs, ctimeNs, ino].join(separator);
}

/** What two different file systems agree on: a line without times that nobody set, numbers and sizes of folders. */
export function portable(line: string): string {
  const fields = line.split(separator);
  const [name = "", , , , , , , mtime = ""] = fields;
  const isTimeSet = /(file-\d+|\.link)$/.test(name);
  return [...fields.slice(0, 6), isTimeSet ? mtime : ""].join(separator);
}

function inside(full: string, stat: BigIntStats): string {
  if (stat.isSymbolicLink()) return `-> ${fs.readlinkSync(full)}`;
  if (!stat.isFile()) return "-";
  const hash = createHash("sha1");
  const fd = fs.openSync(full, "r");
  const piece = Buffer.alloc(Math.min(pieceBytes, Number(stat.size) + 1));
  for (let count = fs.readSync(fd, piece); count > 0; count = fs.readSync(fd, piece)) {
    hash.update(piece.subarray(0, count));
  }
  fs.closeSync(fd);
  return hash.digest("hex");
}

function xattrs(full: string, stat: BigIntStats): string {
  if (!stat.isFile()) return "";
  const names = attributeCalls.listxattr(latin(full));
  return JSON.stringify(names.map((name) => [name, attributeCalls.getxattr(latin(full), name)]));
}

/** The suite's calls take one character a byte. */
function latin(text: string): string {
  return Buffer.from(text).toString("latin1");
}

if (import.meta.main) {
  const [action, root] = process.argv.slice(2);
  if (root === undefined) throw new Error("Usage: tree.ts build|manifest DIR");
  if (action === "build") build(root);
  else print(root);
}
