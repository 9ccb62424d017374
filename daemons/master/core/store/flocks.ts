// Locks of whole files: who holds one and who waits for one, by inode. The rules of granting are in
// core/sessions/flocking.ts. Spec: wire-client-master-2.md 8.1, metadata-file.md 2.10.

import { LockLists } from "./lock-lists.ts";

/** Who locks: lock owners of the kernel are unique within a session. */
export interface LockOwner {
  readonly session: number;
  readonly owner: bigint;
}

/** A lock that is held. Either one exclusive lock or any number of shared ones are on a file. */
export interface Flock extends LockOwner {
  readonly exclusive: boolean;
}

/** One request of an owner that waits. */
export interface FlockMessage {
  readonly requestId: number;
  readonly messageId: number;
}

/** An owner that waits for its lock, once in a queue whatever it asks. Not persistent. */
export interface WaitingFlock extends Flock {
  readonly messages: readonly FlockMessage[];
}

/** Whether both are the same owner. */
export function sameOwner(one: LockOwner, other: LockOwner): boolean {
  return one.owner === other.owner && one.session === other.session;
}

/** Locks of whole files. */
export class Flocks extends LockLists<Flock, WaitingFlock> {
  heldBy(inode: number, by: LockOwner): Flock | undefined {
    return this.of(inode).held.find((lock) => sameOwner(lock, by));
  }

  /** The owner holds this from now on; what others hold is not looked at. */
  hold(inode: number, { session, owner, exclusive }: Flock): void {
    const { held } = this.open(inode);
    const lock = { session, owner, exclusive };
    const at = held.findIndex((other) => sameOwner(other, lock));
    if (at === -1) held.push(lock);
    else held[at] = lock;
  }

  waitingOf(inode: number, by: LockOwner): WaitingFlock | undefined {
    return this.of(inode).waiting.find((request) => sameOwner(request, by));
  }

  /** Puts an owner at the end of the queue; one that waits already keeps its place. */
  wait(inode: number, request: WaitingFlock): void {
    const { waiting } = this.open(inode);
    const at = waiting.findIndex((other) => sameOwner(other, request));
    if (at === -1) waiting.push(request);
    else waiting[at] = request;
  }
}
