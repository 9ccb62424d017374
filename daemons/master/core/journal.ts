// The live door to the tree: a change is applied, gets the next version and becomes a line of the
// changelog, all in one step. Spec: changelog.md sections 1 and 6.

import { assert } from "../../base/assert.ts";
import { formatLine } from "../../metadata/changelog-format.ts";
import type { Entry, EntryOf, OperationName } from "../../metadata/changelog-entry.ts";
import { applyEntry } from "./changes/apply.ts";
import type { Applied, Commit } from "./changes/change.ts";
import type { World } from "./store/world.ts";

/** Takes a line of the changelog: its version and what stands behind it. */
export type Emit = (version: number, line: string) => void;

/** Applies changes now and writes them down. */
export class Journal {
  readonly #world: World;
  readonly #emit: Emit;
  readonly #clock: () => number;

  /** `clock` gives seconds since 1970. */
  constructor(world: World, emit: Emit, clock: () => number) {
    this.#world = world;
    this.#emit = emit;
    this.#clock = clock;
  }

  /** Applies an entry; where it is refused nothing is changed and nothing written. */
  readonly commit: Commit = <O extends OperationName>(entry: EntryOf<O>): Applied<O> => {
    const world = this.#world;
    const ts = this.#clock();
    const applied = applyEntry<O>(world, ts, entry);
    if (typeof applied === "number") {
      assert(applied !== 0, `Cannot commit "${entry.op}": a refusal needs a status`);
      return applied;
    }
    this.#emit(world.metaVersion, formatLine(ts, entry as Entry, applied));
    world.metaVersion++;
    return applied;
  };
}
