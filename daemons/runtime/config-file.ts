// Which configuration file counts, and what is said when it is not there. Spec: config-and-cli.md 3.1.

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Daemon } from "../config/options.ts";
import { describeError } from "./system-calls.ts";

/** The file and its text; a null text means that the daemon must not start. */
export interface ConfigFile {
  readonly file: string;
  readonly text: string | null;
  readonly messages: readonly string[];
}

/** Reads the file of `-c`, or the default one, whose absence is no failure. */
export function readConfigFile(daemon: Daemon, given: string | null, etc: string): ConfigFile {
  // The name is kept as given, for messages; the daemon changes its folder, so it opens the absolute one.
  if (given !== null) {
    const read = tryRead(given);
    return { file: path.resolve(given), text: read.text, messages: read.messages };
  }
  const { file, messages } = defaultFile(daemon, etc);
  const read = tryRead(file);
  if (read.text !== null) return { file, text: read.text, messages };
  const fallback = `can't load config file: ${file} - using defaults`;
  return { file, text: "", messages: [...messages, ...read.messages, fallback] };
}

function defaultFile(daemon: Daemon, etc: string): { file: string; messages: readonly string[] } {
  const file = path.join(etc, "mfs", `${daemon}.cfg`);
  const old = path.join(etc, `${daemon}.cfg`);
  if (existsSync(file) || !existsSync(old)) return { file, messages: [] };
  const message = `default sysconf path has changed - please move ${daemon}.cfg from ${etc}/ to ${etc}/mfs/`;
  return { file: old, messages: [message] };
}

function tryRead(file: string): { text: string | null; messages: readonly string[] } {
  try {
    return { text: readFileSync(file, "utf8"), messages: [] };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const message = missing
      ? `main config file (${file}) not found`
      : `can't load main config file (${file}), error: ${describeError(error)}`;
    return { text: null, messages: [message] };
  }
}
