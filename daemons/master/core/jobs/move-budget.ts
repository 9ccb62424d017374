// How many copies may move to or from a server before it reports its room again: the numbers that moves are
// decided by are up to a second old, and many moves at once would make the emptiest server the fullest.
// Goes beyond semantics-master.md 8.7.

import { chunkBytes } from "../chunks/placement.ts";
import type { Server, ServerSpace } from "../chunks/server.ts";

/** A server whose numbers do not change reports nothing: it may move again after this. */
const silenceMs = 10_000;
/** Of the moves that would level two servers, this part is begun at once. */
const part = 0.5;

interface Moves {
  space: ServerSpace;
  sinceMs: number;
  count: number;
}

/** Moves of servers since their last reports. */
export class MoveBudget {
  readonly #moves = new WeakMap<Server, Moves>();

  /** Whether a copy may move, at this difference of usage. A move must not make the target the fuller one. */
  allows(source: Server, target: Server, difference: number, nowMs: number): boolean {
    const moved = usagePerMove(source, target);
    if (difference <= moved) return false;
    const most = Math.max(1, (difference / moved) * part);
    return this.#of(source, nowMs).count < most && this.#of(target, nowMs).count < most;
  }

  note(source: Server, target: Server, nowMs: number): void {
    this.#of(source, nowMs).count++;
    this.#of(target, nowMs).count++;
  }

  #of(server: Server, nowMs: number): Moves {
    const { space } = server;
    let moves = this.#moves.get(server);
    if (moves === undefined) {
      moves = { space, sinceMs: nowMs, count: 0 };
      this.#moves.set(server, moves);
    } else if (moves.space !== space || nowMs - moves.sinceMs > silenceMs) {
      moves.space = space;
      moves.sinceMs = nowMs;
      moves.count = 0;
    }
    return moves;
  }
}

/** By how much one chunk brings the two usages together: the source's chunks are taken as equal. */
function usagePerMove({ space }: Server, target: Server): number {
  const { usedBytes, chunks, totalBytes } = space;
  const bytes = chunks === 0 ? chunkBytes : Math.min(usedBytes / chunks, chunkBytes);
  return bytes / totalBytes + bytes / target.space.totalBytes;
}
