// Images that we write are loaded by the real mfsmaster, which stores them again, and dumped by the real
// mfsmetadump. Needs moosefs-master 3.0.117. Spec: metadata-file.md 2, 8; metalogger.md 6.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ImageReader } from "../../daemons/metadata/image/image-reader.ts";
import { ImageWriter } from "../../daemons/metadata/image/image-writer.ts";
import type { ByteSink } from "../../daemons/metadata/image/output.ts";
import { sectionNames } from "../../daemons/metadata/image/records.ts";
import type {
  EdgeRecord,
  ImageRecords,
  NodeRecord,
  SectionName,
} from "../../daemons/metadata/image/records.ts";
import { dumpLines, MemorySource } from "../support/image-bytes.ts";

const run = promisify(execFile);
const far = 4_000_000_000;
const tableEntries = 200_000;

function node(fields: Partial<NodeRecord>): NodeRecord {
  return {
    type: 1,
    inode: 0,
    classId: 0,
    extraAttributes: 0,
    windowsAttributes: 0,
    mode: 0o644,
    uid: 7,
    gid: 8,
    atime: 1,
    mtime: 2,
    ctime: 3,
    trashHours: 24,
    lengthHigh: 0,
    lengthLow: 0,
    chunkCount: 0,
    rdev: 0,
    target: new Uint8Array(0),
    ...fields,
  };
}

function edge(parent: number, child: number, name: string): EdgeRecord {
  return {
    parent,
    child,
    idHigh: 0x7fff_ffff,
    idLow: 0xffff_0000 + child,
    name: Buffer.from(name),
  };
}

const nodes = [
  node({ inode: 1, type: 2, classId: 2, mode: 0o777 }),
  node({ inode: 2, type: 2, classId: 200, windowsAttributes: 5, extraAttributes: 0x1f }),
  node({ inode: 3, classId: 200, lengthHigh: 3, chunkCount: tableEntries, trashHours: 65535 }),
  node({ inode: 4, type: 3, target: Buffer.alloc(4096, "t") }),
  node({ inode: 5, type: 5, rdev: 0xfff1_0003 }),
  node({ inode: 6, type: 7 }),
  node({ inode: 7, type: 8, classId: 1, lengthLow: 1 }),
];
const edges = [
  edge(2, 3, "n".repeat(255)),
  edge(1, 2, "directory"),
  edge(1, 4, "symlink"),
  edge(1, 5, "\xff|,()%"),
  edge(1, 6, "socket"),
  edge(0, 7, `${"p".repeat(1019)}/file`),
];
const users = Array.from({ length: 150 }, (_, id) => ({ id: id + 1, permissions: id & 7 }));
const freeCount = 3000;
const masks = [1, 6, 0x8000, 0x2000000];

const fillers: Readonly<Record<SectionName, (to: ImageRecords) => void>> = {
  SESS: (to) => {
    to.sessionHeader(6);
    to.session({
      id: 5,
      exportsChecksum: 2n ** 64n - 2n,
      peerIp: 0x0a630316,
      rootInode: 1,
      flags: 0x18,
      umask: 0o22,
      goalMin: 1,
      goalMax: 9,
      trashSecondsMin: 3600,
      trashSecondsMax: far,
      rootUid: 1,
      rootGid: 2,
      mapAllUid: 3,
      mapAllGid: 4,
      disables: 0xf,
      disconnectedAt: 55,
      currentHour: Uint32Array.from({ length: 16 }, (_, index) => index),
      lastHour: Uint32Array.from({ length: 16 }, (_, index) => far + index),
      info: Buffer.from("/mnt/mfs"),
    });
  },
  SCLA: (to) => {
    const name = Buffer.from("wide".repeat(60));
    const sets = {
      create: [masks, [0]],
      keep: Array.from({ length: 9 }, () => masks),
      archive: [[4]],
    };
    to.storageClass({ id: 200, adminOnly: 1, mode: 2, archiveDays: 999, ...sets, name });
  },
  NODE: (to) => {
    to.nodeHeader(10 + freeCount, nodes.length);
    for (const each of nodes) {
      to.node(each);
      if (each.inode === 3) to.chunkIds(3, 2, Float64Array.of(2 ** 40, 0, 9), 3);
      if (each.inode === 3) to.chunkIds(3, tableEntries - 1, Float64Array.of(9), 1);
    }
  },
  EDGE: (to) => {
    to.edgeHeader(0x7fff_ffff, 0xfffe_ffff, false);
    for (const each of edges) to.edge(each);
  },
  FREE: (to) => {
    to.freeHeader(freeCount);
    for (let index = 0; index < freeCount; index++) to.free(10 + index, far + index);
  },
  QUOT: (to) => {
    to.quotaHeader(1);
    to.quota({
      inode: 2,
      graceSeconds: 60,
      exceeded: 1,
      flags: 0xff,
      exceededAt: 9,
      softInodes: 1,
      hardInodes: 2,
      softLength: 3n,
      hardLength: 4n,
      softSize: 5n,
      hardSize: 6n,
      softRealSize: 7n,
      hardRealSize: 2n ** 63n,
    });
  },
  XATR: (to) => {
    to.xattr({ inode: 3, name: Buffer.from("user.full"), value: Buffer.alloc(65536, 7) });
    to.xattr({ inode: 3, name: Buffer.from("user.none"), value: Buffer.alloc(0) });
  },
  PACL: (to) => {
    const permissions = { owner: 7, group: 5, other: 1, mask: 0xffff, fromMode: false };
    to.acl({ inode: 2, type: 2, ...permissions, users, groups: users.slice(0, 2) });
  },
  OPEN: (to) => to.open(5, 3),
  FLCK: (to) => to.flock({ inode: 3, owner: 2n ** 63n, sessionId: 5, type: 1 }),
  PLCK: (to) => {
    const lock = { inode: 3, owner: 9n, sessionId: 5, pid: 77 };
    to.posixLock({ ...lock, start: 0n, end: 10n, type: 1 });
    to.posixLock({ ...lock, start: 10n, end: 2n ** 64n - 1n, type: 2 });
  },
  CSDB: (to) => {
    to.serverHeader(2);
    const ip = 0x0a63030c;
    to.server({ ip, port: 9442, id: 2, maintenance: 2, maintenanceUntil: far });
    to.server({ ip, port: 9443, id: 0, maintenance: 0, maintenanceUntil: 0 });
  },
  CHNK: (to) => {
    to.chunkHeader(2 ** 40 + 1);
    to.chunk(2 ** 40, 3, far, 1);
    to.chunk(9, 0xffff_ffff, 0, 0);
  },
};

/** A sink over a file; holes stay holes. */
function writeTo(file: string): ByteSink & { close(size: number): void } {
  const descriptor = openSync(file, "w");
  let end = 0;
  return {
    write: (bytes) => (end += writeSync(descriptor, bytes, 0, bytes.length, end)),
    patch: (offset, bytes) => writeSync(descriptor, bytes, 0, bytes.length, offset),
    hole: (size) => (end += size),
    close: (size) => {
      assert.equal(size, end);
      closeSync(descriptor);
    },
  };
}

function writeImage(file: string): void {
  const sink = writeTo(file);
  const writer = new ImageWriter(sink);
  writer.start(77n, 2n ** 64n - 3n);
  for (const name of sectionNames) {
    writer.beginSection(name);
    fillers[name](writer);
    writer.endSection(name);
  }
  sink.close(writer.finish());
}

function linesOf(file: string): string[] {
  const { records, lines } = dumpLines();
  new ImageReader(new MemorySource(readFileSync(file))).read(records);
  return lines();
}

async function stockLinesOf(file: string): Promise<string[]> {
  const options = { maxBuffer: 64 << 20, encoding: "latin1" } as const;
  const { stdout } = await run("mfsmetadump", [file], options);
  const lines = stdout.split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("FLOCK"));
}

/** Lets the real master load an image and store it. */
async function restore(folder: string): Promise<void> {
  const { username } = userInfo();
  writeFileSync(path.join(folder, "exports.cfg"), "* / rw\n");
  const settings = [
    `WORKING_USER = ${username}`,
    `DATA_PATH = ${folder}/data`,
    `EXPORTS_FILENAME = ${folder}/exports.cfg`,
    `TOPOLOGY_FILENAME = ${folder}/topology.cfg`,
  ];
  writeFileSync(path.join(folder, "master.cfg"), `${settings.join("\n")}\n`);
  await run("mfsmaster", ["-c", path.join(folder, "master.cfg"), "-x", "restore"]);
}

test("an image written by us is loaded and stored again by the real master without a difference", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "mfs-image-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(path.join(folder, "data"));
  const image = path.join(folder, "data", "metadata.mfs.back");
  writeImage(image);
  const ours = linesOf(image);
  const start = readFileSync(image).subarray(0, 24);
  assert.deepEqual(await stockLinesOf(image), ours);
  await restore(folder);
  const stored = path.join(folder, "data", "metadata.mfs");
  const predefined = (line: string) => /^SCLASS\|#: {4}[1-9]\|/.test(line);
  const theirs = linesOf(stored).filter((line) => !predefined(line));
  assert.deepEqual(theirs.sort(), ours.sort());
  assert.deepEqual(readFileSync(stored).subarray(0, 24), start);
});
