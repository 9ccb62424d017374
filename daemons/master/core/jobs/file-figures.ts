// What one pass of the test of files has found so far. Spec: semantics-master.md 22, wire-admin.md 3.8, 3.9.

import type { FileLoopFigures, MissingChunk } from "../admin/providers.ts";
import { nodeType } from "../store/nodes.ts";

/** Why a chunk is missing. */
export const missingReason = { noCopy: 0, invalidCopies: 1, wrongVersions: 2 } as const;

const messageBytesMax = 1_000_000;
/** After so many unknown chunks the sum so far is written, too. */
const unknownPerSum = 1000;

/** Counters of a pass. */
export class FileFigures {
  readonly #missing: MissingChunk[] = [];
  #files = 0;
  #underGoalFiles = 0;
  #missingFiles = 0;
  #missingTrashFiles = 0;
  #missingSustainedFiles = 0;
  #chunks = 0;
  #underGoalChunks = 0;
  #missingChunks = 0;
  #unknownChunks = 0;
  #messages = "";

  /** One more slot that holds a chunk. */
  countChunk(): void {
    this.#chunks++;
  }

  countUnderGoal(): void {
    this.#underGoalChunks++;
  }

  /** A chunk without any good copy. */
  addMissing(chunk: MissingChunk, logMax: number): void {
    this.#missingChunks++;
    if (this.#missing.length < logMax) this.#missing.push(chunk);
  }

  /** A slot names a chunk that there is no record of. */
  addUnknown(chunkId: number, inode: number, index: number): void {
    this.#unknownChunks++;
    const id = chunkId.toString(16).toUpperCase().padStart(16, "0");
    this.#say(`structure error - chunk ${id} not found (inode: ${inode} ; index: ${index})`);
    if (this.#unknownChunks % unknownPerSum === 0) this.#saySum();
  }

  /** A file was looked at; `names` are its links. */
  addFile(
    type: number,
    names: number,
    found: { readonly missing: boolean; readonly underGoal: boolean },
  ): void {
    this.#files++;
    if (!found.missing) {
      if (found.underGoal) this.#underGoalFiles++;
    } else if (type === nodeType.trash) this.#missingTrashFiles++;
    else if (type === nodeType.sustained) this.#missingSustainedFiles++;
    else this.#missingFiles += names;
  }

  /** What monitors are told of the complete pass. */
  publish(loopStart: number, loopEnd: number): FileLoopFigures {
    if (this.#unknownChunks > 0) this.#saySum();
    return {
      loopStart,
      loopEnd,
      files: this.#files,
      underGoalFiles: this.#underGoalFiles,
      missingFiles: this.#missingFiles,
      missingTrashFiles: this.#missingTrashFiles,
      missingSustainedFiles: this.#missingSustainedFiles,
      chunks: this.#chunks,
      underGoalChunks: this.#underGoalChunks,
      missingChunks: this.#missingChunks,
      messages: this.#messages,
      missing: this.#missing,
    };
  }

  #saySum(): void {
    this.#say(`unknown chunks: ${this.#unknownChunks}`);
  }

  #say(line: string): void {
    if (this.#messages.length + line.length < messageBytesMax) this.#messages += `${line}\n`;
  }
}
