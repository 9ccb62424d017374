// Which session has which inode open, from both sides. An inode of the table may not exist: clients hold
// special inodes, too. Spec: semantics-master.md 20.1, wire-client-master-2.md 3.4.

/** Pairs of a session and an inode. */
export class OpenFiles {
  /** Nearly all inodes are open in one session: that is a number, no set. */
  readonly #sessions = new Map<number, number | Set<number>>();
  readonly #inodes = new Map<number, Set<number>>();
  #size = 0;

  /** Pairs. */
  get size(): number {
    return this.#size;
  }

  isOpen(inode: number): boolean {
    return this.#sessions.has(inode);
  }

  has(session: number, inode: number): boolean {
    return this.#inodes.get(session)?.has(inode) ?? false;
  }

  sessionsOf(inode: number): Iterable<number> {
    const sessions = this.#sessions.get(inode);
    if (sessions === undefined) return [];
    return typeof sessions === "number" ? [sessions] : sessions;
  }

  /** In the order of opening; do not add while walking. */
  inodesOf(session: number): Iterable<number> {
    return this.#inodes.get(session) ?? [];
  }

  countOf(session: number): number {
    return this.#inodes.get(session)?.size ?? 0;
  }

  /** Sessions that have something open. */
  sessions(): Iterable<number> {
    return this.#inodes.keys();
  }

  /** Whether the pair is new. */
  add(session: number, inode: number): boolean {
    const inodes = this.#inodes.get(session);
    if (inodes === undefined) this.#inodes.set(session, new Set([inode]));
    else if (inodes.has(inode)) return false;
    else inodes.add(inode);
    const sessions = this.#sessions.get(inode);
    if (sessions === undefined) this.#sessions.set(inode, session);
    else if (typeof sessions === "number") this.#sessions.set(inode, new Set([sessions, session]));
    else sessions.add(session);
    this.#size++;
    return true;
  }

  /** Whether there was such a pair. */
  remove(session: number, inode: number): boolean {
    const inodes = this.#inodes.get(session);
    if (inodes === undefined || !inodes.delete(inode)) return false;
    if (inodes.size === 0) this.#inodes.delete(session);
    this.#forgetSession(session, inode);
    this.#size--;
    return true;
  }

  #forgetSession(session: number, inode: number): void {
    const sessions = this.#sessions.get(inode);
    if (typeof sessions === "number" || sessions === undefined) {
      this.#sessions.delete(inode);
      return;
    }
    sessions.delete(session);
    if (sessions.size > 1) return;
    for (const last of sessions) this.#sessions.set(inode, last);
  }
}
