// Section EDGE: names of inodes, also those of the trash and of files that are only open.
// Spec: metadata-file.md 2.4. Rules that take the tree to judge are those of whoever takes the records.
import type { ImageInput } from "./input.ts";
import type { ImageOutput } from "./output.ts";
import type { EdgeRecord, ImageRecords } from "./records.ts";

const nameBytesMax = 255;
const pathBytesMax = 1024;
/** Halves of the first id of a new file system, and of the one that asks for new numbers. */
const firstHigh = 0x7fff_ffff;
const firstLow = 0xffff_fffe;
const renumberLow = 0xffff_ffff;

export function readEdges(input: ImageInput, version: number, records: ImageRecords): void {
  const hasIds = version >= 0x11;
  const nextHigh = hasIds ? input.u32() : firstHigh;
  const nextLow = hasIds ? input.u32() : firstLow;
  const renumber = !hasIds || (nextHigh === firstHigh && nextLow === renumberLow);
  records.edgeHeader(nextHigh, nextLow, renumber);
  const edge: EdgeRecord = { parent: 0, child: 0, idHigh: 0, idLow: 0, name: new Uint8Array(0) };
  for (;;) {
    const at = input.take(hasIds ? 18 : 10);
    edge.parent = input.view.getUint32(at);
    edge.child = input.view.getUint32(at + 4);
    if (edge.parent === 0 && edge.child === 0) return;
    edge.idHigh = hasIds ? input.view.getUint32(at + 8) : 0;
    edge.idLow = hasIds ? input.view.getUint32(at + 12) : 0;
    readName(input, input.view.getUint16(at + (hasIds ? 16 : 8)), edge);
    records.edge(edge);
  }
}

function readName(input: ImageInput, size: number, edge: EdgeRecord): void {
  const sizeMax = edge.parent === 0 ? pathBytesMax : nameBytesMax;
  edge.name = input.slice(size);
  if (size === 0) {
    input.refuse("record", `empty name of inode ${edge.child}, expected one`);
    edge.name = Buffer.from(`(empty ${edge.child})`);
  } else if (size > sizeMax) {
    edge.name = edge.name.subarray(size - sizeMax);
    input.report(`name of ${size} bytes of inode ${edge.child}, expected at most ${sizeMax}`);
  }
}

export function writeEdgeHeader(output: ImageOutput, nextHigh: number, nextLow: number): void {
  const at = output.reserve(8);
  output.view.setUint32(at, nextHigh);
  output.view.setUint32(at + 4, nextLow);
  output.piece(at);
}

export function writeEdge(output: ImageOutput, edge: EdgeRecord): void {
  const { name } = edge;
  const at = output.reserve(18 + name.length);
  const { view, bytes } = output;
  view.setUint32(at, edge.parent);
  view.setUint32(at + 4, edge.child);
  view.setUint32(at + 8, edge.idHigh);
  view.setUint32(at + 12, edge.idLow);
  view.setUint16(at + 16, name.length);
  // Names are short: a loop costs less than a call of `set`.
  for (let index = 0; index < name.length; index++) bytes[at + 18 + index] = name[index] as number;
  output.piece(at);
}

export function endEdges(output: ImageOutput): void {
  output.putZeros(18);
}
