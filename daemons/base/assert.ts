// Invariants of our own: a broken one is a bug, and a daemon with a bug stops at once.

/** One of our own invariants does not hold. */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
}

/** Stays on in production: a wrong tree is worse than a pause. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new BrokenInvariant(message);
}
