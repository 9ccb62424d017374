// Images put together from bodies of sections, right or wrong, and what the reader makes of them.
import { ImageError } from "../../daemons/metadata/image/image-error.ts";
import { ImageReader } from "../../daemons/metadata/image/image-reader.ts";
import type { ImageReaderOptions } from "../../daemons/metadata/image/image-reader.ts";
import { dumpLines, MemorySource } from "./image-bytes.ts";

/** Numbers with the bytes that each takes. */
export function packed(...fields: readonly (readonly [bytes: number, value: number | bigint])[]) {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const all = Buffer.alloc(8);
      all.writeBigUInt64BE(BigInt(value));
      return all.subarray(8 - bytes);
    }),
  );
}

/** A section with its header; the length may be a wrong one. */
export function section(name: string, version: number, body: Uint8Array, length = body.length) {
  const header = Buffer.from(`${name} ${version >> 4}.${version & 15}`);
  return Buffer.concat([header, packed([8, length]), body]);
}

/** An image of version 5 and id 7 around sections. */
export function rawImage(...sections: readonly Uint8Array[]): Buffer {
  const start = [Buffer.from("MFSM 2.0"), packed([8, 5], [8, 7])];
  return Buffer.concat([...start, ...sections, Buffer.from("[MFS EOF MARKER]")]);
}

/** What reading gave: lines as mfsmetadump's, messages, and the error if there was one. */
export interface Reading {
  readonly lines: readonly string[];
  readonly messages: readonly string[];
  readonly error: ImageError | null;
}

/** Reads an image. */
export function reading(image: Uint8Array, options: ImageReaderOptions = {}): Reading {
  const { records, lines } = dumpLines();
  const messages: string[] = [];
  const report = (message: string) => messages.push(message);
  try {
    new ImageReader(new MemorySource(image), { report, ...options }).read(records);
    return { lines: lines(), messages, error: null };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return { lines: lines(), messages, error };
  }
}
