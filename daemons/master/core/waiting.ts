// Requests that met a locked or busy chunk: they are tried again when the chunk is free, in the order in
// which they came, and answered with what they met when they have waited too long.
// Spec: wire-client-master-2.md section 5.3, semantics-master.md section 15.4.

import type { PeerId } from "./client.ts";

/** Seconds after which a waiting request is answered with the status it met. */
const waitSeconds = 30;
/** Requests that may wait at once: each of 65,535 slots of a hundred mounts would be less. */
const waitingMax = 1_000_000;

/** A request that waits for a chunk. */
export interface Waiting {
  readonly peer: PeerId;
  /** Evaluates the request anew: true when it is done, false when it has to wait again. */
  retry(): boolean;
  /** Answers with the status that was met first. */
  giveUp(): void;
}

interface Entry extends Waiting {
  readonly since: number;
}

/** All waiting requests, by the id of the chunk. */
export class WaitingRequests {
  readonly #chunks = new Map<number, Entry[]>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** False when too many wait already. */
  add(chunkId: number, request: Waiting, now: number): boolean {
    if (this.#count >= waitingMax) return false;
    const { peer } = request;
    const entry: Entry = {
      peer,
      since: now,
      retry: () => request.retry(),
      giveUp: () => request.giveUp(),
    };
    const queue = this.#chunks.get(chunkId);
    if (queue === undefined) this.#chunks.set(chunkId, [entry]);
    else queue.push(entry);
    this.#count++;
    return true;
  }

  /**
   * The chunk is free: tries its requests in order while `isFree` says so. A request that meets a new lock
   * has put itself at the end of the queue again.
   */
  wake(chunkId: number, isFree: () => boolean): void {
    const queue = this.#chunks.get(chunkId);
    if (queue === undefined) return;
    this.#chunks.delete(chunkId);
    let done = 0;
    while (done < queue.length && isFree()) {
      this.#count--;
      queue[done]?.retry();
      done++;
    }
    if (done === queue.length) return;
    const later = this.#chunks.get(chunkId) ?? [];
    this.#chunks.set(chunkId, [...queue.slice(done), ...later]);
  }

  /** Once a second: answers those that have waited too long. */
  expire(now: number): void {
    this.#drop(
      (entry) => entry.since + waitSeconds < now,
      (entry) => entry.giveUp(),
    );
  }

  /** The connection is gone: nobody wants its answers. */
  forget(peer: PeerId): void {
    this.#drop(
      (entry) => entry.peer === peer,
      () => undefined,
    );
  }

  #drop(goes: (entry: Entry) => boolean, each: (entry: Entry) => void): void {
    const gone: Entry[] = [];
    for (const [chunkId, queue] of this.#chunks) {
      if (!queue.some(goes)) continue;
      const kept = queue.filter((entry) => !goes(entry));
      gone.push(...queue.filter(goes));
      if (kept.length === 0) this.#chunks.delete(chunkId);
      else this.#chunks.set(chunkId, kept);
    }
    this.#count -= gone.length;
    for (const entry of gone) each(entry);
  }
}
