// References by storage class of the few chunks that files of several classes share, and which class then
// counts for the chunk. Spec: semantics-master.md 7.5.

/** What the rule needs to know of storage classes. */
export interface Goals {
  /** The larger of the keep and the archive goal. */
  keepMax(classId: number): number;
}

/** The highest predefined class: class N of these means N copies. */
export const predefinedClassMax = 9;

/** Reference counts by class, for chunks that really have more than one. */
export class ClassCounts {
  readonly #counts = new Map<number, Map<number, number>>();

  /** Chunks that are referenced from several classes. */
  get size(): number {
    return this.#counts.size;
  }

  /** Such chunks. */
  chunks(): Iterable<number> {
    return this.#counts.keys();
  }

  /** Starts to keep counts of a chunk whose references were all of one class. */
  begin(chunk: number, classId: number, references: number): void {
    this.#counts.set(chunk, new Map([[classId, references]]));
  }

  add(chunk: number, classId: number): void {
    const counts = this.#counts.get(chunk);
    counts?.set(classId, (counts.get(classId) ?? 0) + 1);
  }

  /** Drops one reference; the one class that is left, or 0 while there are several. */
  drop(chunk: number, classId: number): number {
    const counts = this.#counts.get(chunk);
    if (counts === undefined) return 0;
    const left = (counts.get(classId) ?? 0) - 1;
    if (left > 0) counts.set(classId, left);
    else counts.delete(classId);
    if (counts.size > 1) return 0;
    this.#counts.delete(chunk);
    for (const last of counts.keys()) return last;
    return 0;
  }

  forget(chunk: number): void {
    this.#counts.delete(chunk);
  }

  /** The class that counts: only those with the largest goal, user classes before predefined ones. */
  effective(chunk: number, goals: Goals): number {
    let goal = -1;
    let user = 0;
    let users = 0;
    let highest = 0;
    for (const classId of this.#counts.get(chunk)?.keys() ?? []) {
      const own = goals.keepMax(classId);
      if (own < goal) continue;
      if (own > goal) {
        goal = own;
        users = 0;
        highest = 0;
      }
      if (classId > predefinedClassMax) {
        user = classId;
        users++;
      }
      highest = Math.max(highest, classId);
    }
    if (users === 1) return user;
    return users > 1 ? goal : highest;
  }
}
