// The last changes in memory, for metaloggers that come back: texts in blocks of bytes, for a string per line
// would cost the collector more than the lines. Spec: changelog.md 4.

import { statSync } from "node:fs";
import path from "node:path";
import { readLines } from "../../metadata/changelog-lines.ts";
import type { NumberedLine } from "../../metadata/changelog-lines.ts";
import { piecesOf } from "./metadata-folder.ts";

/** What the history may hold. */
export interface HistoryLimits {
  /** CHANGELOG_PRESERVE_SECONDS; 0 keeps nothing. */
  readonly seconds: number;
  readonly bytesMax: number;
}

/** Half an hour of twenty thousand changes a second is no reason to swallow the machine. */
export const historyBytesMax = 256 * 1024 * 1024;

const linesPerBlock = 5000;
/** A start does not read longer logs a second time. */
const logBytesMax = 64 * 1024 * 1024;

interface Block {
  readonly first: number;
  readonly count: number;
  /** When it was begun, in seconds. */
  readonly createdAt: number;
  /** Lines without their numbers, each with a line feed behind it. */
  readonly text: Buffer;
}

/**
 * The history that the newest logs still hold, so that a restart sends no metalogger back to the start. Only
 * lines that lead without a gap to the next change count.
 */
export function historyOfLogs(
  folder: string,
  nextVersion: number,
  limits: HistoryLimits,
): ChangelogHistory {
  const lines: NumberedLine[] = [];
  const files = limits.seconds === 0 ? [] : ["changelog.1.mfs", "changelog.0.mfs"];
  for (const file of files) {
    for (const line of linesOfFile(path.join(folder, file))) {
      if (line.version !== (lines.at(-1)?.version ?? NaN) + 1) lines.length = 0;
      lines.push(line);
    }
  }
  const first = lines[0]?.version ?? nextVersion;
  if (first + lines.length !== nextVersion) return new ChangelogHistory(nextVersion, limits);
  const history = new ChangelogHistory(first, limits);
  for (const { text } of lines) history.append(text, Number.parseInt(text, 10));
  return history;
}

/** Nothing of a file that is missing or too long to be worth it. */
function* linesOfFile(file: string): Generator<NumberedLine, void> {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? Infinity) > logBytesMax) return;
  for (const line of readLines(piecesOf(file))) if (line.kind === "line") yield line;
}

/** Changes from some version on, without a gap. */
export class ChangelogHistory {
  #limits: HistoryLimits;
  readonly #blocks: Block[] = [];
  #bytes = 0;
  /** The block that is being filled. */
  #first = 0;
  #createdAt = 0;
  #lines: string[] = [];
  #next: number;

  constructor(nextVersion: number, limits: HistoryLimits) {
    this.#next = nextVersion;
    this.#limits = limits;
  }

  /** A reload: takes effect with the next block. */
  configure(limits: HistoryLimits): void {
    this.#limits = limits;
  }

  /** Number of the change that comes next. */
  get next(): number {
    return this.#next;
  }

  /** The oldest change that is still here; `next` when there is none. */
  get oldest(): number {
    return this.#blocks[0]?.first ?? (this.#lines.length > 0 ? this.#first : this.#next);
  }

  /** Takes the next change. */
  append(line: string, now: number): void {
    const version = this.#next;
    this.#next = version + 1;
    if (this.#limits.seconds === 0) return this.#clear();
    if (this.#lines.length === 0) this.#begin(version, now);
    this.#lines.push(line);
    if (this.#lines.length === linesPerBlock) this.#close();
  }

  /** Changes from a version on, which must be here, at most so many, oldest first. */
  read(from: number, countMax: number): readonly string[] {
    const found: string[] = [];
    for (const block of this.#blocks) {
      if (block.first + block.count <= from || found.length >= countMax) continue;
      const lines = block.text.toString("latin1").split("\n");
      const start = Math.max(0, from - block.first);
      const end = Math.min(block.count, start + countMax - found.length);
      for (let at = start; at < end; at++) found.push(lines[at] ?? "");
    }
    const start = Math.max(0, from - this.#first);
    const end = Math.min(this.#lines.length, start + countMax - found.length);
    for (let at = start; at < end; at++) found.push(this.#lines[at] ?? "");
    return found;
  }

  #begin(version: number, now: number): void {
    this.#first = version;
    this.#createdAt = now;
    const { seconds, bytesMax } = this.#limits;
    // A block goes when the one behind it is old enough to serve everybody.
    while (this.#blocks.length > 0) {
      const second = this.#blocks[1]?.createdAt ?? now;
      if (second + seconds >= now && this.#bytes <= bytesMax) return;
      this.#bytes -= this.#blocks.shift()?.text.length ?? 0;
    }
  }

  #close(): void {
    const count = this.#lines.length;
    const text = Buffer.from(`${this.#lines.join("\n")}\n`, "latin1");
    this.#blocks.push({ first: this.#first, count, createdAt: this.#createdAt, text });
    this.#bytes += text.length;
    this.#lines = [];
  }

  #clear(): void {
    this.#blocks.length = 0;
    this.#lines = [];
    this.#bytes = 0;
  }
}
