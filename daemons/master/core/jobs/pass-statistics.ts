// What the job loop did in one pass over all chunks, as monitors are told. Spec: semantics-master.md 8.8,
// wire-admin.md 3.7.

import type { ChunksTestInfoAnswer } from "../../../protocol/packets/admin.ts";

/** Counters of a pass, with the names of the packet that shows them. */
export type PassStatistics = { -readonly [Name in keyof ChunksTestInfoAnswer]: number };

/** The counters of a pass that has not begun. */
export function emptyPass(): PassStatistics {
  return {
    loopStart: 0,
    loopEnd: 0,
    deletedInvalid: 0,
    notDeletedInvalid: 0,
    deletedUnused: 0,
    notDeletedUnused: 0,
    deletedDiskClean: 0,
    notDeletedDiskClean: 0,
    deletedOverGoal: 0,
    notDeletedOverGoal: 0,
    copiedUnderGoal: 0,
    notCopiedUnderGoal: 0,
    copiedWrongLabels: 0,
    notCopiedWrongLabels: 0,
    copiedRebalance: 0,
    labelsDoNotMatch: 0,
    lockedUnused: 0,
    lockedUsed: 0,
  };
}
