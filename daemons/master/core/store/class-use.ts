// How many files and directories each storage class has; a class in use cannot be deleted.
// Spec: semantics-master.md section 7.3.

import { nodeType } from "./nodes.ts";

const classes = 256;

/** Counters by storage class id. Files in the trash and sustained files count as files. */
export class ClassUse {
  readonly #files = new Float64Array(classes);
  readonly #directories = new Float64Array(classes);

  files(id: number): number {
    return this.#files[id] ?? 0;
  }

  directories(id: number): number {
    return this.#directories[id] ?? 0;
  }

  isUsed(id: number): boolean {
    return this.files(id) > 0 || this.directories(id) > 0;
  }

  enter(id: number, type: number): void {
    this.#add(id, type, 1);
  }

  leave(id: number, type: number): void {
    this.#add(id, type, -1);
  }

  #add(id: number, type: number, change: 1 | -1): void {
    const counts = type === nodeType.directory ? this.#directories : this.#files;
    counts[id] = (counts[id] ?? 0) + change;
  }
}
