// Metadata files of a simulated master: names, moves, header and end are the real ones (config-and-cli.md 11,
// metadata-file.md 1); between header and end there is nothing.

import { FakeFailure, type FileTree } from "./files.ts";

/** The image of a file system that was never stored (metadata-file.md 3.1). */
export const emptyImage = "MFSM NEW";

const header = Buffer.from("MFSM 2.0");
const end = Buffer.from("[MFS EOF MARKER]");
/** What a new file system calls itself: a real master draws it. */
const newId = 0x6b02_cdb2_efd7_9791n;

export interface FakeMetadata {
  readonly id: bigint;
  version: number;
}

/** The content of a stored image. */
export function imageBytes(metadata: FakeMetadata): Buffer {
  const numbers = Buffer.alloc(16);
  numbers.writeBigUInt64BE(BigInt(metadata.version), 0);
  numbers.writeBigUInt64BE(metadata.id, 8);
  return Buffer.concat([header, numbers, end]);
}

/** What an image holds; undefined when it is none or not whole. */
export function parseImage(content: Buffer): FakeMetadata | undefined {
  const whole = content.length >= 40 && content.subarray(-16).equals(end);
  if (!whole || !content.subarray(0, 8).equals(header)) return undefined;
  return { version: Number(content.readBigUInt64BE(8)), id: content.readBigUInt64BE(16) };
}

/** The 8 bytes of `.metaid` on a disk (config-and-cli.md 10.2). */
export function diskIdBytes(id: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(id);
  return bytes;
}

/** The 10 bytes of chunkserverid.mfs: the server's number, then the metadata id. */
export function serverIdBytes(server: number, id: bigint): Buffer {
  const number = Buffer.alloc(2);
  number.writeUInt16BE(server);
  return Buffer.concat([number, diskIdBytes(id)]);
}

/** What a master does at start without -a: reads metadata.mfs and renames it to metadata.mfs.back. */
export function loadImage(files: FileTree, data: string): FakeMetadata {
  const path = `${data}/metadata.mfs`;
  const content = files.stat(path)?.content;
  if (content === undefined)
    throw new FakeFailure("can't find metadata.mfs - try using option '-a'");
  const isNew = content.toString("latin1") === emptyImage;
  const metadata = isNew ? { id: newId, version: 1 } : parseImage(content);
  if (metadata === undefined) {
    throw new FakeFailure("metadata.mfs has wrong header - try using option '-a'");
  }
  files.rename(path, `${path}.back`);
  return metadata;
}

/** Stores the image: to metadata.mfs.back, and at a clean stop to metadata.mfs in the end. */
export function storeImage(
  files: FileTree,
  data: string,
  image: FakeMetadata & { readonly clean: boolean },
): void {
  const back = `${data}/metadata.mfs.back`;
  const owner = files.stat(data)?.owner ?? "root";
  if (files.lstat(back) !== undefined) files.rename(back, `${back}.1`);
  const path = image.clean ? `${data}/metadata.mfs` : back;
  files.write(path, imageBytes(image), { owner, group: owner, mode: 0o640 });
}
