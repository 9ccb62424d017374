// Section CHNK: chunks with their versions and locks. Spec: metadata-file.md 2.12.
import type { ImageInput } from "./input.ts";
import type { ImageOutput } from "./output.ts";
import type { ImageRecords } from "./records.ts";

const recordBytes = 17;

export function readChunks(input: ImageInput, version: number, records: ImageRecords): void {
  const next = input.u53At(input.take(8));
  if (next < 0) throw input.error("tooLarge", "the next chunk id, expected less than 2^53");
  records.chunkHeader(next);
  const size = version >= 0x11 ? recordBytes : recordBytes - 1;
  for (;;) {
    const at = input.take(size);
    const id = input.u53At(at);
    const chunkVersion = input.view.getUint32(at + 8);
    const lockedTo = input.view.getUint32(at + 12);
    const archived = size === recordBytes ? input.view.getUint8(at + 16) : 0;
    if (id > 0) {
      records.chunk(id, chunkVersion, lockedTo, archived);
    } else if (id < 0) {
      input.refuse("tooLarge", "a chunk id, expected less than 2^53");
    } else {
      if (chunkVersion === 0 && lockedTo === 0 && archived === 0) return;
      throw input.error("record", `chunk 0 of version ${chunkVersion}, expected an id or the end`);
    }
  }
}

export function writeChunkHeader(output: ImageOutput, next: number): void {
  const at = output.reserve(8);
  writeId(output.view, at, next);
  output.piece(at);
}

export function writeChunk(
  output: ImageOutput,
  id: number,
  version: number,
  lockedTo: number,
  archived: number,
): void {
  const at = output.reserve(recordBytes);
  writeId(output.view, at, id);
  output.view.setUint32(at + 8, version);
  output.view.setUint32(at + 12, lockedTo);
  output.view.setUint8(at + 16, archived);
  output.piece(at);
}

export function endChunks(output: ImageOutput): void {
  output.putZeros(recordBytes);
}

function writeId(view: DataView, at: number, id: number): void {
  view.setUint32(at, Math.floor(id / 0x1_0000_0000));
  view.setUint32(at + 4, id >>> 0);
}
