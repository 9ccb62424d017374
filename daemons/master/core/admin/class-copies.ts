// How many chunks of each storage class have fewer, as many or more regular copies than the class wants.
// Spec: wire-admin.md section 3.14.

import type { StorageClass } from "../store/storage-classes.ts";
import type { World } from "../store/world.ts";

/** Chunks by their copies. */
interface Counts {
  readonly under: number;
  readonly exact: number;
  readonly over: number;
}

/** Chunks of a class: those that are not in the archive, and those that are. */
export interface CopyCounts {
  readonly keep: Counts;
  readonly archive: Counts;
}

const side = 11;
/** A matrix tells ten goals apart. With made-up goals for them it tells classes apart: two rows each. */
const classesAtOnce = 4;
const rowOfOthers = 10;

/** Counts by class id. */
export function countCopies(
  world: World,
  classes: readonly StorageClass[],
): ReadonlyMap<number, CopyCounts> {
  const counts = new Map<number, CopyCounts>();
  for (let first = 0; first < classes.length; first += classesAtOnce) {
    countSome(world, classes.slice(first, first + classesAtOnce), counts);
  }
  return counts;
}

function countSome(
  world: World,
  classes: readonly StorageClass[],
  counts: Map<number, CopyCounts>,
): void {
  const places = new Map(classes.map(({ id }, place) => [id, place]));
  const { regular } = world.chunks.matrix((id, archived) => {
    const place = places.get(id);
    return place === undefined ? rowOfOthers : rowOf(place, archived);
  });
  for (const [id, place] of places) {
    counts.set(id, {
      keep: divide(regular, rowOf(place, false), world.classes.goalOf(id, false)),
      archive: divide(regular, rowOf(place, true), world.classes.goalOf(id, true)),
    });
  }
}

/** Rows 1 to 8; row 0 belongs to chunks without a file. */
function rowOf(place: number, archived: boolean): number {
  return 1 + 2 * place + (archived ? 1 : 0);
}

function divide(matrix: Uint32Array, row: number, goal: number): Counts {
  let under = 0;
  let exact = 0;
  let over = 0;
  for (let copies = 0; copies < side; copies++) {
    const chunks = matrix[row * side + copies] ?? 0;
    if (copies < goal) under += chunks;
    else if (copies === goal) exact += chunks;
    else over += chunks;
  }
  return { under, exact, over };
}
