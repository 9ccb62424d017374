// Files that a real mfsmaster and mfsmetalogger of 3.0.117 wrote: an image of version 2, the change
// that made its id (1), and changes 2 to 7 as the master and the metalogger logged them.
import { readFileSync } from "node:fs";

const folder = new URL("../../../golden/metadata/", import.meta.url);

/** The bytes of one golden file. */
export function golden(name: string): Buffer {
  return readFileSync(new URL(name, folder));
}

/** A golden image with another version, id or section name. */
export function changedImage(change: { version?: bigint; id?: bigint }): Buffer {
  const image = golden("metadata.mfs.back");
  if (change.version !== undefined) image.writeBigUInt64BE(change.version, 8);
  if (change.id !== undefined) image.writeBigUInt64BE(change.id, 16);
  return image;
}

/** Bytes with one text replaced by another of the same length. */
export function patched(bytes: Buffer, from: string, to: string): Buffer {
  return Buffer.from(bytes.toString("latin1").replace(from, to), "latin1");
}
