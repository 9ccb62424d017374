// What a running daemon was started with and has read, as its unit wrote it down (templates/*.service.ejs): the lines of
// the unit that decide its process, its configuration as of the start, and the checksums of its files as of the last read.
// Contents are compared, never times: a clock that jumped changes nothing here.

import { createHash } from "node:crypto";
import { factsOf, type World } from "../facts/world.ts";
import { stampFolder } from "../layout.ts";

/** Keys of a unit whose value belongs to the process: a change of one needs a restart, all else a daemon-reload. */
const startKeys = [
  "ExecStart",
  "LimitNOFILE",
  "User",
  "Group",
  "X-ReadAtStart",
  "X-MovingAddress",
] as const;

/** A sed command that prints a unit's deciding lines as comments, so that the stamp still reads as a configuration. */
export const startLinesInSed = `s/^(${startKeys.join("|")})=/# &/p`;

const decidingLine = new RegExp(`^(?:# )?((?:${startKeys.join("|")})=.*)$`, "gm");

/** Checksums of what the unit's daemon has read, as sha256sum prints them. */
export function sumsFile(unit: string): string {
  return `${stampFolder}/${unit}.read`;
}

/** True where the unit's process was started by the same deciding lines as this text of the unit has. */
export function wasStartedBy(world: World, host: string, unit: string, text: string): boolean {
  const stamp = factsOf(world, host).paths.get(`${stampFolder}/${unit}`)?.content ?? "";
  return startLines(stamp) === startLines(text);
}

function startLines(text: string): string {
  return [...text.matchAll(decidingLine)].map((match) => match[1]).join("\n");
}

/** True where the daemon has read this very content of the file. */
export function hasRead(
  world: World,
  file: { readonly host: string; readonly unit: string; readonly path: string },
  content: string,
): boolean {
  const sums = factsOf(world, file.host).paths.get(sumsFile(file.unit))?.content ?? "";
  return sums.split("\n").includes(`${sha256(content)}  ${file.path}`);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
