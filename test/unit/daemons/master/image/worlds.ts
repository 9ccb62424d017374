// Worlds from images and images from worlds, in memory.

import { ImageError } from "../../../../../daemons/metadata/image/image-error.ts";
import { ImageReader } from "../../../../../daemons/metadata/image/image-reader.ts";
import { ImageWriter } from "../../../../../daemons/metadata/image/image-writer.ts";
import { WorldLoader } from "../../../../../daemons/master/core/image/load.ts";
import { saveWorld } from "../../../../../daemons/master/core/image/save.ts";
import { World } from "../../../../../daemons/master/core/store/world.ts";
import { dumpLines, MemorySink, MemorySource } from "../../../../support/image-bytes.ts";

/** What loading gave. */
export interface Loaded {
  readonly world: World;
  readonly renumberEdges: boolean;
  readonly messages: readonly string[];
}

/** 256 parts of the table: enough for every test but the one that wants too much. */
const inodeBytesMax = 256 * 16_384 * 56;

/** Loads an image; `ignoreErrors` is the switch `-i`. */
export function load(image: Uint8Array, ignoreErrors = false): Loaded {
  const messages: string[] = [];
  const report = (message: string) => messages.push(message);
  const reader = new ImageReader(new MemorySource(image), { ignoreErrors, report });
  const world = new World();
  const refusals = {
    refuse: (what: string) => reader.refuse(what),
    report,
    fail(what: string): never {
      throw new ImageError({ code: "record", section: "file", offset: 0 }, what);
    },
  };
  const settings = { now: 1000, graceSeconds: 604_800, inodeBytesMax };
  const loader = new WorldLoader(world, refusals, settings);
  const start = reader.readStart();
  reader.readRecords(start, loader);
  loader.finish();
  if (start.kind === "image") {
    world.metaVersion = Number(start.version);
    world.metaId = start.id;
  }
  return { world, renumberEdges: loader.renumberEdges, messages };
}

/** Why an image is refused; an empty text when it is not. */
export function refusal(image: Uint8Array): string {
  try {
    load(image);
    return "";
  } catch (error) {
    if (error instanceof ImageError) return error.message;
    throw error;
  }
}

/** The image of a world; locks of chunks that end before `now` are over. */
export function save(world: World, now = 0): Buffer {
  const sink = new MemorySink();
  saveWorld(world, new ImageWriter(sink), now);
  return sink.bytes;
}

/** Lines as mfsmetadump prints them. */
export function dump(image: Uint8Array): readonly string[] {
  const { records, lines } = dumpLines();
  new ImageReader(new MemorySource(image)).read(records);
  return lines();
}

/** The record of one kind at a place of its list: what stands behind `|n:`, for instance. */
export function linesOf(image: Uint8Array, kind: string): readonly string[] {
  return dump(image).filter((line) => line.startsWith(`${kind}|`));
}
