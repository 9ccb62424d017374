// Loads one image file into a world, with the lines that the real master prints meanwhile.
// Spec: metadata-file.md 4.2.

import { totalmem } from "node:os";

import { ImageError } from "../../metadata/image/image-error.ts";
import { ImageReader } from "../../metadata/image/image-reader.ts";
import type { SectionName } from "../../metadata/image/records.ts";
import { WorldLoader } from "../core/image/load.ts";
import type { SectionWatch } from "../core/image/load.ts";
import { nodeType } from "../core/store/nodes.ts";
import { emptyWorld, World } from "../core/store/world.ts";
import { FileSource } from "./image-file.ts";
import type { OpenOptions } from "./start.ts";

/** A world from an image. */
export interface LoadedImage {
  readonly world: World;
  readonly renumberEdges: boolean;
}

const sectionTexts: Readonly<Record<SectionName, string>> = {
  SESS: "loading sessions data",
  SCLA: "loading storage classes data",
  NODE: "loading objects (files,directories,etc.)",
  EDGE: "loading names",
  FREE: "loading deletion timestamps",
  QUOT: "loading quota definitions",
  XATR: "loading xattr data",
  PACL: "loading posix_acl data",
  OPEN: "loading open files data",
  FLCK: "loading flock_locks data",
  PLCK: "loading posix_locks data",
  CSDB: "loading chunkservers data",
  CHNK: "loading chunks data",
};

/** Loads a file that passed the quick check. Throws `ImageError` for content that is wrong. */
export function loadImage(file: string, options: OpenOptions): LoadedImage {
  const { now, log, progress, graceSeconds } = options;
  const { ignoreErrors } = options.switches;
  using source = new FileSource(file);
  const report = (text: string) => log.warning(text);
  const reader = new ImageReader(source, { ignoreErrors, report, nowSeconds: now });
  const start = reader.readStart();
  if (start.kind === "empty") {
    progress("create new empty filesystem");
    return { world: emptyWorld(now), renumberEdges: false };
  }
  const world = new World();
  world.metaVersion = Number(start.version);
  world.metaId = start.id;
  const refusals = {
    refuse: (what: string) => reader.refuse(what),
    fail(what: string): never {
      throw new ImageError({ code: "record", section: "file", offset: 0 }, what);
    },
    report,
  };
  const watch = watchSections(progress);
  const inodeBytesMax = totalmem();
  const loader = new WorldLoader(world, refusals, { now, graceSeconds, inodeBytesMax, watch });
  reader.readRecords(start, loader);
  if (start.nextSessionId !== null) world.sessions.nextSessionId = start.nextSessionId;
  const connecting = stopwatch();
  loader.finish();
  progress(`checking filesystem consistency ... ok (${connecting()})`);
  describeWorld(world, progress);
  return { world, renumberEdges: loader.renumberEdges };
}

function watchSections(progress: (line: string) => void): SectionWatch {
  let seconds = stopwatch();
  return {
    begin() {
      seconds = stopwatch();
    },
    end(name) {
      progress(`${sectionTexts[name]} ... ok (${seconds()})`);
    },
  };
}

function describeWorld({ nodes, chunks }: World, progress: (line: string) => void): void {
  const files = [nodeType.file, nodeType.trash, nodeType.sustained];
  const fileCount = files.reduce((sum, type) => sum + nodes.countOf(type), 0);
  progress(`all inodes: ${nodes.countOf()}`);
  progress(`directory inodes: ${nodes.countOf(nodeType.directory)}`);
  progress(`file inodes: ${fileCount}`);
  progress(`chunks: ${chunks.count}`);
}

function stopwatch(): () => string {
  const start = performance.now();
  return () => ((performance.now() - start) / 1000).toFixed(4);
}
