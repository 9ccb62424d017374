// Images as lists of lines that two masters must agree on, and restoring one from change logs by either master.
// Spec: metadata-file.md 2, changelog.md 9 and 10.

import { copyFile, mkdir, mkdtemp, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { FileSource } from "../../../daemons/master/io/image-file.ts";
import { ImageReader } from "../../../daemons/metadata/image/image-reader.ts";
import type { ImageRecords } from "../../../daemons/metadata/image/records.ts";
import { run } from "../../lab/command.ts";
import { dumpLines } from "../../support/image-bytes.ts";
import { ClusterError } from "../errors.ts";
import { settingsText } from "../settings.ts";

const ourProgram = path.resolve(import.meta.dirname, "../../../bin/mfsmaster");
const restoreTimeoutMs = 120_000;
const statistics = /\|d: *\d+\|c:\[[\d,]*\]\|l:\[[\d,]*\]/;
const lockedTo = /\|t: *(\d+)\|/;

/** What an image says. */
export interface ImageLines {
  /** Edges and freed inodes in their order, which counts; everything else sorted. */
  readonly lines: readonly string[];
  readonly version: bigint;
  readonly id: bigint;
}

/**
 * Reads an image. Left out is what no change log brings: statistics of sessions and when they were lost, and chunk
 * locks that are over at `now`, which whoever stores later no longer stores.
 */
export function readImageLines(file: string, now: number): ImageLines {
  using source = new FileSource(file);
  const { records, lines } = dumpLines();
  const all = withHeaders(records, lines());
  const start = new ImageReader(source).read(all);
  if (start.kind !== "image") throw new Error(`Cannot read "${file}": it is empty`);
  const ordered: string[] = [];
  const sorted: string[] = [];
  for (const line of lines()) {
    if (/^(EDGE|FREEID)/.test(line)) ordered.push(line);
    else sorted.push(lasting(line, now));
  }
  return { lines: [...sorted.toSorted(), ...ordered], version: start.version, id: start.id };
}

/** Also what the dump tool leaves out or prints wrongly. */
function withHeaders(records: ImageRecords, lines: string[]): ImageRecords {
  return {
    ...records,
    sessionHeader: (next) => lines.push(`NEXT SESSION ${next}`),
    nodeHeader: (inodeMax, count) => lines.push(`NODES ${count}, the last is ${inodeMax}`),
    edgeHeader: (high, low) => lines.push(`NEXT EDGE ${high} ${low}`),
    chunkHeader: (next) => lines.push(`NEXT CHUNK ${next}`),
    flock: (lock) => lines.push(`FLOCK ${lock.inode} ${lock.owner} ${lock.sessionId} ${lock.type}`),
  };
}

function lasting(line: string, now: number): string {
  if (line.startsWith("SESSION")) return line.replace(statistics, "");
  if (!line.startsWith("CHUNK|")) return line;
  return line.replace(lockedTo, (all, time: string) => (Number(time) < now ? "|t:0|" : all));
}

/** How often each operation stands in the change logs of a folder. */
export async function countChanges(folder: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const name of await readdir(folder)) {
    if (!name.startsWith("changelog")) continue;
    const text = await readFile(path.join(folder, name), "latin1");
    for (const [, operation = ""] of text.matchAll(/^\d+: \d+\|([A-Z]+)/gm))
      counts.set(operation, (counts.get(operation) ?? 0) + 1);
  }
  return counts;
}

/** Who restores. */
export type Restorer = "stock" | "ours";

/** What is restored from: copies of a folder's files. */
export interface RestoreOptions {
  readonly by: Restorer;
  readonly from: string;
  /** Where the folder with the copies is made. */
  readonly below: string;
  /** The images of the folder, or none: then the logs begin with a new file system. */
  readonly images: "copied" | "none";
}

/** Restores with `restore` and gives the image. */
export async function restore({ by, from, below, images }: RestoreOptions): Promise<string> {
  const folder = await mkdtemp(path.join(below, `${by}-`));
  const data = path.join(folder, "data");
  await mkdir(data);
  const wanted = images === "copied" ? /^(changelog|metadata)/ : /^changelog/;
  for (const name of await readdir(from))
    if (wanted.test(name)) await copyFile(path.join(from, name), path.join(data, name));
  if (images === "none") await writeFile(path.join(data, "metadata.mfs.back"), "MFSM NEW");
  const exports = path.join(folder, "mfsexports.cfg");
  const config = path.join(folder, "mfsmaster.cfg");
  const settings = { DATA_PATH: data, EXPORTS_FILENAME: exports, WORKING_USER: "root" };
  await writeFile(exports, "* / rw\n");
  await writeFile(config, settingsText({ ...settings, WORKING_GROUP: "root" }));
  const program = by === "stock" ? "mfsmaster" : ourProgram;
  const answer = await run([program, "-c", config, "restore"], { timeoutMs: restoreTimeoutMs });
  if (answer.code === 0) return path.join(data, "metadata.mfs");
  const what = `it ended with ${answer.code}, expected 0\n${answer.stderr.slice(-4000)}`;
  throw new ClusterError("command", `Cannot restore '${from}' by ${by}: ${what}`);
}
