// Stores the world: a new file, made durable, takes the place of the last one, which stays as the previous one.
// Spec: metadata-file.md 5.2 to 5.5, semantics-master.md 24.1.

import { renameSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { ImageWriter } from "../../metadata/image/image-writer.ts";
import { saveWorld } from "../core/image/save.ts";
import type { World } from "../core/store/world.ts";
import { errorText, renameIfThere, syncFolder } from "./folder.ts";
import type { Report } from "./folder.ts";
import { FileSink } from "./image-file.ts";

/** Names of images in the data folder. */
export const imageNames = {
  /** There only while no master runs: its absence tells of a crash. */
  stopped: "metadata.mfs",
  last: "metadata.mfs.back",
  temporary: "metadata.mfs.back.tmp",
  emergency: "metadata.mfs.emergency",
  checksums: "metadata.crc",
} as const;

/** How to store. */
export interface SaveSettings {
  readonly dataPath: string;
  /** BACK_META_KEEP_PREVIOUS. */
  readonly keepPrevious: number;
  /** Seconds since 1970. */
  readonly now: number;
  readonly log: Report;
  /** Where to try when the data folder takes no image; those of 3.0.117 unless a test says otherwise. */
  readonly emergencyFolders?: readonly string[];
}

/** Where the image is now. Anything but `stored` means that the master must not go on. */
export type SaveResult =
  | { readonly kind: "stored"; readonly sizeBytes: number; readonly milliseconds: number }
  | { readonly kind: "emergency"; readonly file: string }
  | { readonly kind: "failed" };

/** The folders that 3.0.117 tries, in its order, behind the data folder. */
export function defaultEmergencyFolders(home: string): readonly string[] {
  const system = ["/", "/tmp", "/var", "/usr", "/usr/share", "/usr/local"];
  return [home, ...system, "/usr/local/var", "/usr/local/share"];
}

/**
 * Stores as `metadata.mfs.back`. The service waits while the image is written; that it gets to the disk, and
 * only then its name, takes no time of anybody.
 */
export async function saveImage(world: World, settings: SaveSettings): Promise<SaveResult> {
  const { dataPath, log } = settings;
  const temporary = path.join(dataPath, imageNames.temporary);
  const started = performance.now();
  try {
    const { sizeBytes, checksums } = writeImage(world, temporary, settings.now);
    const milliseconds = Math.round(performance.now() - started);
    await syncFile(temporary);
    putInPlace(settings, checksums);
    await syncFile(dataPath);
    const all = Math.round(performance.now() - started);
    log.info(
      `metadata stored: ${sizeBytes} bytes, service waited ${milliseconds} ms, durable after ${all} ms`,
    );
    return { kind: "stored", sizeBytes, milliseconds };
  } catch (error) {
    return saveElsewhere(world, settings, error);
  }
}

/** As `saveImage`, for times when there is no service: everything is done when it returns. */
export function saveImageNow(world: World, settings: SaveSettings): SaveResult {
  const { dataPath, log } = settings;
  const temporary = path.join(dataPath, imageNames.temporary);
  const started = performance.now();
  try {
    const { sizeBytes, checksums } = writeImage(world, temporary, settings.now, "durable");
    putInPlace(settings, checksums);
    syncFolder(dataPath);
    const milliseconds = Math.round(performance.now() - started);
    log.info(`metadata stored: ${sizeBytes} bytes in ${milliseconds} ms`);
    return { kind: "stored", sizeBytes, milliseconds };
  } catch (error) {
    return saveElsewhere(world, settings, error);
  }
}

/**
 * Stores on the way out, as `metadata.mfs`: the sign of an orderly stop. Only `stored` has made it; the caller
 * tries again for as long as it takes.
 */
export function saveForStop(world: World, settings: SaveSettings): SaveResult {
  const result = saveImageNow(world, settings);
  if (result.kind !== "stored") return result;
  const { dataPath, log } = settings;
  try {
    renameSync(path.join(dataPath, imageNames.last), path.join(dataPath, imageNames.stopped));
    syncFolder(dataPath);
    return result;
  } catch (error) {
    log.error(`Cannot rename the image in "${dataPath}": ${errorText(error)}`);
    return { kind: "failed" };
  }
}

function writeImage(
  world: World,
  file: string,
  now: number,
  isDurable?: "durable",
): { readonly sizeBytes: number; readonly checksums: Uint8Array } {
  using sink = new FileSink(file);
  const writer = new ImageWriter(sink, { checksums: true });
  const sizeBytes = saveWorld(world, writer, now);
  sink.finish();
  if (isDurable !== undefined) sink.sync();
  return { sizeBytes, checksums: writer.checksumFile() };
}

/** What was written becomes the last image. */
function putInPlace({ dataPath, keepPrevious: count, log }: SaveSettings, crc: Uint8Array): void {
  const last = path.join(dataPath, imageNames.last);
  keepPrevious(dataPath, count);
  renameSync(path.join(dataPath, imageNames.temporary), last);
  rmSync(path.join(dataPath, imageNames.stopped), { force: true });
  writeChecksums(dataPath, crc, log);
}

/** Waits until a file or folder is on the disk. */
async function syncFile(file: string): Promise<void> {
  const handle = await open(file, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `.back` becomes `.back.1`, and so on. */
function keepPrevious(dataPath: string, count: number): void {
  const last = path.join(dataPath, imageNames.last);
  for (let age = count; age > 1; age--) renameIfThere(`${last}.${age - 1}`, `${last}.${age}`);
  if (count > 0) renameIfThere(last, `${last}.1`);
}

/** Nobody reads the checksums: an image without them is as good. */
function writeChecksums(dataPath: string, bytes: Uint8Array, log: Report): void {
  try {
    writeFileSync(path.join(dataPath, imageNames.checksums), bytes);
  } catch (error) {
    log.warning(`Cannot write "${imageNames.checksums}": ${errorText(error)}`);
  }
}

/** The first folder that takes the image. It holds the whole truth then: somebody has to bring it back. */
function saveElsewhere(world: World, settings: SaveSettings, why: unknown): SaveResult {
  const { dataPath, log } = settings;
  log.error(`Cannot store metadata in "${dataPath}": ${errorText(why)}`);
  removeRest(path.join(dataPath, imageNames.temporary));
  for (const folder of [
    dataPath,
    ...(settings.emergencyFolders ?? defaultEmergencyFolders(homedir())),
  ]) {
    const file = path.join(folder, imageNames.emergency);
    try {
      writeImage(world, file, settings.now, "durable");
      log.error(`metadata were stored to emergency file "${file}": copy it back and free space`);
      return { kind: "emergency", file };
    } catch (error) {
      log.warning(`Cannot store metadata in "${file}": ${errorText(error)}`);
      removeRest(file);
    }
  }
  return { kind: "failed" };
}

/** Room for the next attempt. What cannot be removed hinders nobody. */
function removeRest(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The failure that counts is logged already.
  }
}
