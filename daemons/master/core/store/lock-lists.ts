// Which files have locks, and the two lists of each: locks that are held, and requests that wait. What the locks of
// whole files and those of ranges share. Spec: wire-client-master-2.md 8.

/** All there is on one file. */
interface FileLocks<Held, Waiting> {
  readonly held: readonly Held[];
  readonly waiting: readonly Waiting[];
}

interface OpenFile<Held, Waiting> {
  held: Held[];
  waiting: Waiting[];
}

const nothing = { held: [], waiting: [] };

/** Locks by inode. Waiting requests are not persistent. */
export class LockLists<Held, Waiting> {
  readonly #files = new Map<number, OpenFile<Held, Waiting>>();

  /** Inodes with locks. */
  get size(): number {
    return this.#files.size;
  }

  of(inode: number): FileLocks<Held, Waiting> {
    return this.#files.get(inode) ?? nothing;
  }

  has(inode: number): boolean {
    return this.#files.has(inode);
  }

  inodes(): IterableIterator<number> {
    return this.#files.keys();
  }

  /** Whether any lock that is held fits and goes. */
  drop(inode: number, fits: (lock: Held) => boolean): boolean {
    const file = this.#files.get(inode);
    if (file === undefined) return false;
    const { length } = file.held;
    file.held = file.held.filter((lock) => !fits(lock));
    const isChanged = file.held.length < length;
    this.close(inode);
    return isChanged;
  }

  /** Takes the requests that fit out of the queue. */
  stopWaiting(inode: number, fits: (request: Waiting) => boolean): void {
    const file = this.#files.get(inode);
    if (file === undefined) return;
    file.waiting = file.waiting.filter((request) => !fits(request));
    this.close(inode);
  }

  /** The lists of a file, made where there are none. */
  protected open(inode: number): OpenFile<Held, Waiting> {
    let file = this.#files.get(inode);
    if (file === undefined) {
      file = { held: [], waiting: [] };
      this.#files.set(inode, file);
    }
    return file;
  }

  /** Forgets a file on which nothing is left. */
  protected close(inode: number): void {
    const file = this.#files.get(inode);
    if (file !== undefined && file.held.length + file.waiting.length === 0) {
      this.#files.delete(inode);
    }
  }
}
