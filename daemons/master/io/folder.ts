// Small steps on files of the data folder that more than one of its keepers takes.

import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import type { Log } from "../../runtime/log.ts";

/** Where keepers of files tell what they met. */
export type Report = Pick<Log, "info" | "warning" | "error">;

/** True for the error of a file that is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** Renames a file; false when there is none. */
export function renameIfThere(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Makes renames and new files in a folder durable. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Replaces a file as a whole: whoever reads it finds the old bytes or the new ones. */
export function replaceFile(file: string, bytes: Uint8Array): void {
  const temporary = `${file}.tmp`;
  const handle = openSync(temporary, "w", 0o666);
  try {
    writeFileSync(handle, bytes);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, file);
}

/** The text of an error for a line that a person reads. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
