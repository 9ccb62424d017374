// The door to the metadata on disk: which image and which logs a master starts from. It never starts with an
// empty, stale or foreign tree unless told so: what was found is said, and what would be right.
// Spec: metadata-file.md 4.3, 4.4, metalogger.md 6.

import { renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import type { World } from "../core/store/world.ts";
import { isMissing, syncFolder } from "./folder.ts";
import { recover } from "./recover.ts";
import { findLogs } from "./metadata-folder.ts";
import { imageNames, saveImageNow } from "./save-image.ts";
import { StartRefused } from "./start.ts";
import type { OpenOptions } from "./start.ts";
import { startFromStopped } from "./start-from-stopped.ts";

/** The tree that was found. */
export interface OpenedMetadata {
  readonly world: World;
  /** The edges need new ids: commit RENUMERATEEDGES first of all. */
  readonly renumberEdges: boolean;
  /** The file system has no id: commit SETMETAID. */
  readonly needsMetaId: boolean;
  /**
   * Turns `metadata.mfs` into `metadata.mfs.back`, so that its absence tells of a crash. Call it when nothing
   * can hinder the start any more, before the first change is committed.
   */
  takeOver(): void;
}

/** Finds and loads the metadata of a data folder. Throws `StartRefused`; nothing on disk changes. */
export async function openMetadata(options: OpenOptions): Promise<OpenedMetadata> {
  const { autoRestore, ignoreErrors } = options.switches;
  const { world, renumberEdges } = autoRestore
    ? await recover(options)
    : await startFromStopped(options);
  options.log.info("metadata file has been loaded");
  return {
    world,
    renumberEdges,
    needsMetaId: world.metaId === 0n,
    takeOver() {
      takeOver(options.dataPath, autoRestore);
      if (ignoreErrors) leaveLogsBehind(world, options);
    },
  };
}

/**
 * With `-i` logs may lead elsewhere than to this world: the next recovery must not take them for its history.
 * The image is stored first, for it cannot be made from the logs any more.
 */
function leaveLogsBehind(world: World, options: OpenOptions): void {
  const { dataPath, log } = options;
  const next = BigInt(world.metaVersion);
  const ahead = findLogs(dataPath).filter(({ last }) => last !== null && last >= next);
  if (ahead.length === 0) return;
  const stored = saveImageNow(world, options);
  if (stored.kind !== "stored") {
    throw new StartRefused("io", `Cannot store metadata in "${dataPath}", expected room for it`);
  }
  for (const { name, path: file } of ahead) {
    renameSync(file, `${file}.ahead-of-${next}`);
    log.warning(`put "${name}" aside: it leads to changes that were ignored`);
  }
  syncFolder(dataPath);
}

/** Id of a new file system. Spec: metadata-file.md 1.2. */
export function newMetaId(now: number, random32: number, microseconds: number): bigint {
  return BigInt.asUintN(64, (BigInt(now) << 32n) | BigInt(random32 + microseconds));
}

/** Without `-a` the image that was loaded replaces the last one; with it no image is overwritten. */
function takeOver(dataPath: string, keepsLast: boolean): void {
  const stopped = path.join(dataPath, imageNames.stopped);
  const last = path.join(dataPath, imageNames.last);
  const sizeBytes = sizeOf(stopped);
  if (sizeBytes === 0) rmSync(stopped);
  else if (sizeBytes !== null) {
    const aside = `${stopped}.${crypto.randomUUID().slice(0, 6)}`;
    renameSync(stopped, keepsLast && sizeOf(last) !== null ? aside : last);
  }
  rmSync(path.join(dataPath, imageNames.temporary), { force: true });
  syncFolder(dataPath);
}

function sizeOf(file: string): number | null {
  try {
    return statSync(file).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
