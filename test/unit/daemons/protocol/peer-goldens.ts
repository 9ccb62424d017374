// The frames that test/support/record-chunkserver-frames.ts recorded, by folder and name.

import { readFileSync, readdirSync } from "node:fs";

const place = new URL("../../../golden/protocol/", import.meta.url);

/** Names of the frames in a folder. */
export function peerGoldenNames(folder: string): readonly string[] {
  return readdirSync(new URL(`${folder}/`, place)).map((file) => file.replace(/\.hex$/, ""));
}

/** A whole frame. */
export function peerGolden(folder: string, name: string): Uint8Array {
  const lines = readFileSync(new URL(`${folder}/${name}.hex`, place), "utf8").split("\n");
  const hex = lines.filter((line) => !line.startsWith("#")).join("");
  return new Uint8Array(Buffer.from(hex, "hex"));
}
