// An image of long ago: trash and held files whose time has come, and inodes whose numbers may return. So a master
// that loads it has to clear away at once. Spec: metadata-file.md 2, changelog.md 7.1 (EMPTYTRASH and the like).

import { FileSink } from "../../../daemons/master/io/image-file.ts";
import { nodeTypes } from "../../../daemons/protocol/attributes.ts";
import { ImageWriter } from "../../../daemons/metadata/image/image-writer.ts";
import { sectionNames } from "../../../daemons/metadata/image/records.ts";
import type { NodeRecord, SectionName } from "../../../daemons/metadata/image/records.ts";

const longAgo = 1_600_000_000;
const chunkBytes = 0x400_0000;
/** Buckets are inodes modulo these; every second one is looked at, so that each has something to clear away. */
const trashBuckets = 4096;
const sustainedBuckets = 256;
const freedCount = 50;
const freedFrom = 20_000;
const edgeTop = 0x7fff_ffff;

const trash = Array.from({ length: trashBuckets }, (_, index) => trashBuckets + index);
const sustained = Array.from(
  { length: sustainedBuckets },
  (_, index) => 60 * sustainedBuckets + index,
);

function node(inode: number, type: number, chunkCount: number): NodeRecord {
  const owner = { uid: 1000, gid: 100, mode: 0o644, classId: 2 };
  const times = { atime: longAgo, mtime: longAgo, ctime: longAgo, trashHours: 24 };
  const none = { extraAttributes: 0, windowsAttributes: 0, rdev: 0, target: new Uint8Array(0) };
  const length = { lengthHigh: 0, lengthLow: chunkCount * chunkBytes, chunkCount };
  return { type, inode, ...owner, ...times, ...none, ...length };
}

const fillers: Partial<Record<SectionName, (to: ImageWriter) => void>> = {
  SESS: (to) => to.sessionHeader(1),
  NODE(to) {
    to.nodeHeader(freedFrom + freedCount, 1 + trash.length + sustained.length);
    to.node(node(1, nodeTypes.directory, 0));
    for (const inode of trash) {
      const hasChunk = inode % 2 === 0;
      to.node(node(inode, nodeTypes.trash, hasChunk ? 1 : 0));
      if (hasChunk) to.chunkIds(inode, 0, Float64Array.of(inode), 1);
    }
    for (const inode of sustained) to.node(node(inode, nodeTypes.sustained, 0));
  },
  EDGE(to) {
    to.edgeHeader(edgeTop, 0xffff_0000);
    for (const child of [...trash, ...sustained]) {
      const name = Buffer.from(`gone/${child}`);
      to.edge({ parent: 0, child, idHigh: edgeTop, idLow: 0xffff_fff0 - child, name });
    }
  },
  FREE(to) {
    to.freeHeader(freedCount);
    for (let index = 0; index < freedCount; index++) to.free(freedFrom + index, longAgo + index);
  },
  QUOT: (to) => to.quotaHeader(0),
  CSDB: (to) => to.serverHeader(0),
  CHNK(to) {
    to.chunkHeader(trashBuckets * 2);
    for (const inode of trash) if (inode % 2 === 0) to.chunk(inode, 1, 0, 0);
  },
};

/** Writes it, as a master that was stopped leaves it. */
export function writeOldImage(file: string): void {
  using sink = new FileSink(file);
  const writer = new ImageWriter(sink);
  writer.start(1000n, 77n);
  for (const name of sectionNames) {
    writer.beginSection(name);
    fillers[name]?.(writer);
    writer.endSection(name);
  }
  writer.finish();
  sink.finish();
}
