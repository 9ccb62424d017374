// A metadata image of many files, written with our writer in the stock format: a file system that both masters
// load. Spec: metadata-file.md 2.

import { FileSink } from "../daemons/master/io/image-file.ts";
import { ImageWriter } from "../daemons/metadata/image/image-writer.ts";
import type { NodeRecord, SectionName } from "../daemons/metadata/image/records.ts";

/** What the image holds, beside the root. */
export interface ImageShape {
  readonly files: number;
  readonly filesPerFolder: number;
}

const rootInode = 1;
const types = { file: 1, directory: 2 } as const;
const classId = 2;
const trashHours = 24;
const fileBytes = 100_000;
/** An hour ago: nothing of it is to expire. */
const ageSeconds = 3600;
/** Where 3.0.117 starts with the ids of names; they count down. */
const firstEdgeId = 0x7fff_ffff_ffff_fffen;
const fileSystemId = 0x1234_5678_9abc_def0n;

/** Writes the image: folders below the root, files with a name of 20 bytes and one chunk each. */
export function writeImage(file: string, { files, filesPerFolder }: ImageShape): void {
  const folders = Math.ceil(files / filesPerFolder);
  using sink = new FileSink(file);
  const writer = new ImageWriter(sink);
  const empty = (...names: readonly SectionName[]): void => {
    for (const name of names) {
      writer.beginSection(name);
      if (name === "SESS") writer.sessionHeader(1);
      if (name === "FREE") writer.freeHeader(0);
      if (name === "QUOT") writer.quotaHeader(0);
      if (name === "CSDB") writer.serverHeader(0);
      writer.endSection(name);
    }
  };
  writer.start(BigInt(files) + 1n, fileSystemId);
  empty("SESS", "SCLA");
  writeNodes(writer, folders, files);
  writeEdges(writer, folders, { files, filesPerFolder });
  empty("FREE", "QUOT", "XATR", "PACL", "OPEN", "FLCK", "PLCK", "CSDB");
  writeChunks(writer, files);
  writer.finish();
  sink.sync();
}

/** The root, the folders, the files; the n-th file has chunk n. */
function writeNodes(writer: ImageWriter, folders: number, files: number): void {
  const count = 1 + folders + files;
  const now = Math.floor(Date.now() / 1000) - ageSeconds;
  const record: NodeRecord = {
    type: types.directory,
    inode: rootInode,
    classId,
    extraAttributes: 0,
    windowsAttributes: 0,
    mode: 0o755,
    uid: 0,
    gid: 0,
    atime: now,
    mtime: now,
    ctime: now,
    trashHours,
    lengthHigh: 0,
    lengthLow: fileBytes,
    chunkCount: 1,
    rdev: 0,
    target: new Uint8Array(0),
  };
  const ids = new Float64Array(1);
  writer.beginSection("NODE");
  writer.nodeHeader(count, count);
  for (let inode = rootInode; inode <= count; inode++) {
    const chunk = inode - rootInode - folders;
    record.inode = inode;
    if (chunk > 0) {
      record.type = types.file;
      record.mode = 0o644;
    }
    writer.node(record);
    if (chunk <= 0) continue;
    ids[0] = chunk;
    writer.chunkIds(inode, 0, ids, 1);
  }
  writer.endSection("NODE");
}

/** As 3.0.117 writes them: the root's, then folder by folder, ids rising in each. */
function writeEdges(writer: ImageWriter, folders: number, shape: ImageShape): void {
  const { files, filesPerFolder } = shape;
  let id = firstEdgeId - BigInt(folders + files);
  writer.beginSection("EDGE");
  writer.edgeHeader(Number(id >> 32n), Number(id & 0xffff_ffffn));
  const edge = (parent: number, child: number, name: string): void => {
    id += 1n;
    const idHigh = Number(id >> 32n);
    const idLow = Number(id & 0xffff_ffffn);
    writer.edge({ parent, child, idHigh, idLow, name: Buffer.from(name, "latin1") });
  };
  for (let folder = 0; folder < folders; folder++) {
    edge(rootInode, rootInode + 1 + folder, `folder-${padded(folder)}`);
  }
  const firstFile = rootInode + 1 + folders;
  for (let file = 0; file < files; file++) {
    const parent = rootInode + 1 + Math.floor(file / filesPerFolder);
    edge(parent, firstFile + file, `document-${padded(file)}.txt`);
  }
  writer.endSection("EDGE");
}

function writeChunks(writer: ImageWriter, files: number): void {
  writer.beginSection("CHNK");
  writer.chunkHeader(files + 1);
  for (let id = 1; id <= files; id++) writer.chunk(id, 1, 0, 0);
  writer.endSection("CHNK");
}

function padded(value: number): string {
  return `${value}`.padStart(7, "0");
}
