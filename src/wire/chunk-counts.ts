// What a chunk matrix says in the words that operators use.
// Spec: wire-admin.md section 3.6 (classes as mfscli counts them).

/** Chunks by condition. Each chunk is in exactly one class. */
export interface ChunkCounts {
  /** Wanted, no valid copy. */
  readonly missing: number;
  /** Wanted more than once, one valid copy left. */
  readonly endangered: number;
  /** Fewer copies than wanted, but at least two. */
  readonly undergoal: number;
  readonly stable: number;
  readonly overgoal: number;
  /** Belong to no file; copies still exist. */
  readonly pendingDeletion: number;
  /** Belong to no file; no copy exists. */
  readonly toBeRemoved: number;
}

/** Rows are goals, columns are valid copies; 10 stands for ten or more. */
export type ChunkMatrix = readonly (readonly number[])[];

/** Sums the matrix by class. */
export function countChunks(matrix: ChunkMatrix): ChunkCounts {
  const counts = {
    missing: 0,
    endangered: 0,
    undergoal: 0,
    stable: 0,
    overgoal: 0,
    pendingDeletion: 0,
    toBeRemoved: 0,
  };
  for (const [goal, row] of matrix.entries()) {
    for (const [copies, chunks] of row.entries()) counts[classOf(goal, copies)] += chunks;
  }
  return counts;
}

function classOf(goal: number, copies: number): keyof ChunkCounts {
  if (goal === 0) return copies === 0 ? "toBeRemoved" : "pendingDeletion";
  if (copies === 0) return "missing";
  if (copies > goal) return "overgoal";
  if (copies === goal) return "stable";
  return copies === 1 ? "endangered" : "undergoal";
}
