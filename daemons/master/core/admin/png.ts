// Pictures of at most 256 colours as PNG files. Spec: wire-admin.md section 7.3.

import { crc32, deflateSync } from "node:zlib";

/** A picture: one byte a pixel, an index of the palette, row after row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  /** Red, green and blue of each of 256 colours. Colour 0 is transparent. */
  readonly palette: Uint8Array;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const paletteColours = 3;
const eightBits = 8;

/** The file. */
export function encodePng(picture: Picture): Uint8Array {
  const { width, height } = picture;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = eightBits;
  header[9] = paletteColours;
  return Buffer.concat([
    signature,
    chunkOf("IHDR", header),
    chunkOf("PLTE", picture.palette),
    chunkOf("tRNS", Uint8Array.of(0)),
    chunkOf("bKGD", Uint8Array.of(0)),
    chunkOf("IDAT", deflateSync(filtered(picture))),
    chunkOf("IEND", new Uint8Array(0)),
  ]);
}

/** Each row follows a byte that names its filter: 0, none. */
function filtered({ width, height, pixels }: Picture): Uint8Array {
  const rows = new Uint8Array((width + 1) * height);
  for (let row = 0; row < height; row++) {
    rows.set(pixels.subarray(row * width, (row + 1) * width), row * (width + 1) + 1);
  }
  return rows;
}

function chunkOf(name: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(data.length + 12);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  new TextEncoder().encodeInto(name, chunk.subarray(4, 8));
  chunk.set(data, 8);
  view.setUint32(data.length + 8, crc32(chunk.subarray(4, data.length + 8)));
  return chunk;
}
