// Locks of whole files: who holds one and who waits for one, by inode. The rules of granting are in
// core/sessions/flocking.ts. Spec: wire-client-master-2.md 8.1, metadata-file.md 2.10.

/** Who locks: lock owners of the kernel are unique within a session. */
export interface LockOwner {
  readonly session: number;
  readonly owner: bigint;
}

/** A lock that is held. Either one exclusive lock or any number of shared ones are on a file. */
export interface Flock extends LockOwner {
  readonly exclusive: boolean;
}

/** A request that waits for its lock. Waiting requests are not persistent. */
export interface WaitingFlock extends Flock {
  readonly requestId: number;
  readonly messageId: number;
}

/** All there is on one file. */
export interface FileFlocks {
  readonly held: readonly Flock[];
  readonly waiting: readonly WaitingFlock[];
}

const nothing: FileFlocks = { held: [], waiting: [] };

/** Whether both are the same owner. */
export function sameOwner(one: LockOwner, other: LockOwner): boolean {
  return one.owner === other.owner && one.session === other.session;
}

/** Locks of whole files. */
export class Flocks {
  readonly #files = new Map<number, { held: Flock[]; waiting: WaitingFlock[] }>();

  /** Inodes with locks. */
  get size(): number {
    return this.#files.size;
  }

  of(inode: number): FileFlocks {
    return this.#files.get(inode) ?? nothing;
  }

  has(inode: number): boolean {
    return this.#files.has(inode);
  }

  heldBy(inode: number, by: LockOwner): Flock | undefined {
    return this.#files.get(inode)?.held.find((lock) => sameOwner(lock, by));
  }

  inodes(): IterableIterator<number> {
    return this.#files.keys();
  }

  /** The owner holds this from now on; what others hold is not looked at. */
  hold(inode: number, { session, owner, exclusive }: Flock): void {
    const { held } = this.#open(inode);
    const lock = { session, owner, exclusive };
    const at = held.findIndex((other) => sameOwner(other, lock));
    if (at === -1) held.push(lock);
    else held[at] = lock;
  }

  /** Whether any lock that is held fits and goes. */
  drop(inode: number, fits: (lock: Flock) => boolean): boolean {
    const file = this.#files.get(inode);
    if (file === undefined) return false;
    const { length } = file.held;
    file.held = file.held.filter((lock) => !fits(lock));
    const isChanged = file.held.length < length;
    this.#close(inode);
    return isChanged;
  }

  /** Puts a request at the end of the queue, or in the place of the same one. */
  wait(inode: number, request: WaitingFlock): void {
    const { waiting } = this.#open(inode);
    const at = waiting.findIndex(
      (other) =>
        sameOwner(other, request) &&
        other.requestId === request.requestId &&
        other.exclusive === request.exclusive,
    );
    if (at === -1) waiting.push(request);
    else waiting[at] = request;
  }

  /** Takes the requests that fit out of the queue. */
  takeWaiting(inode: number, fits: (request: WaitingFlock) => boolean): readonly WaitingFlock[] {
    const file = this.#files.get(inode);
    if (file === undefined) return [];
    const taken = file.waiting.filter((request) => fits(request));
    if (taken.length > 0) file.waiting = file.waiting.filter((request) => !taken.includes(request));
    this.#close(inode);
    return taken;
  }

  #open(inode: number): { held: Flock[]; waiting: WaitingFlock[] } {
    let file = this.#files.get(inode);
    if (file === undefined) {
      file = { held: [], waiting: [] };
      this.#files.set(inode, file);
    }
    return file;
  }

  #close(inode: number): void {
    const file = this.#files.get(inode);
    if (file !== undefined && file.held.length + file.waiting.length === 0) {
      this.#files.delete(inode);
    }
  }
}
