// How many chunks of each class have how many copies, kept at every change so that monitors cost no walk.
// Spec: semantics-master.md 9.1.

/** Copies are told apart up to this number; it stands for itself and everything above. */
export const tallyCopiesMax = 10;
const side = tallyCopiesMax + 1;
const classes = 256;

/** Goal of a class, with or without the archive flag; 0 for class 0. */
export type GoalOfClass = (classId: number, archived: boolean) => number;

/** Rows are goals 0..10, columns copies 0..10, row after row: 121 numbers each. */
export interface ChunkMatrix {
  readonly all: Uint32Array;
  readonly regular: Uint32Array;
}

/** Counts chunks by class, archive flag, valid copies and regular copies. */
export class ChunkTally {
  readonly #counts = new Uint32Array(classes * 2 * side * side);

  static key(classId: number, archived: number, all: number, regular: number): number {
    return ((classId * 2 + archived) * side + all) * side + regular;
  }

  add(key: number): void {
    this.#counts[key] = (this.#counts[key] ?? 0) + 1;
  }

  remove(key: number): void {
    this.#counts[key] = (this.#counts[key] ?? 0) - 1;
  }

  /** Both tables of the chunk matrix. */
  matrix(goalOf: GoalOfClass): ChunkMatrix {
    const all = new Uint32Array(side * side);
    const regular = new Uint32Array(side * side);
    for (let classId = 0; classId < classes; classId++) {
      for (let archived = 0; archived < 2; archived++) {
        this.#addRow(goalOf, classId, archived, { all, regular });
      }
    }
    return { all, regular };
  }

  #addRow(goalOf: GoalOfClass, classId: number, archived: number, matrix: ChunkMatrix): void {
    let row = -1;
    const start = ChunkTally.key(classId, archived, 0, 0);
    for (let at = 0; at < side * side; at++) {
      const count = this.#counts[start + at] ?? 0;
      if (count === 0) continue;
      if (row < 0) row = classId === 0 ? 0 : Math.min(goalOf(classId, archived !== 0), 10);
      const allAt = row * side + Math.floor(at / side);
      const regularAt = row * side + (at % side);
      matrix.all[allAt] = (matrix.all[allAt] ?? 0) + count;
      matrix.regular[regularAt] = (matrix.regular[regularAt] ?? 0) + count;
    }
  }
}
