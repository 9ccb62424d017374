// Looks on during a failover: keeps what was known when the metadata were chosen, and when the first client wrote, for
// the journal and for the last lines that the operator reads.

import { MfsctlError } from "../errors.ts";
import type { World } from "../facts/world.ts";
import type { Decision, Watcher } from "../runner/run.ts";
import { assembleTitle } from "../phases/failover/assemble.ts";
import { firstWriteTitle } from "../phases/failover/follow.ts";
import { stageOf, type FailoverOptions, type Stage } from "../phases/failover/stage.ts";
import {
  candidateRows,
  stageText,
  tableText,
  type CandidateRow,
} from "../phases/failover/words.ts";

export class FailoverWatch implements Watcher {
  readonly #options: FailoverOptions;
  readonly #enteredAtMs: number;
  readonly #now: () => number;
  #master: string | undefined;
  #stage: Stage | undefined;
  #rows: readonly CandidateRow[] = [];
  #secondsToFirstWrite: number | undefined;

  constructor(watch: { options: FailoverOptions; enteredAtMs: number; now: () => number }) {
    this.#options = watch.options;
    this.#enteredAtMs = watch.enteredAtMs;
    this.#now = watch.now;
  }

  /** The table of a first look; undefined when it is known already or the target could not be asked. */
  look(world: World): string | undefined {
    if (this.#stage !== undefined || !world.facts.has(this.#options.target)) return undefined;
    this.#master = world.mastership.host;
    return this.#keep(stageOf(world, this.#options.target));
  }

  #keep(stage: Stage): string {
    this.#stage = stage;
    this.#rows = candidateRows(stage);
    return `${tableText(this.#rows, this.#now())}\n${stageText(stage, this.#options.target)}`;
  }

  phase(title: string, world: World): readonly Decision[] {
    if (title !== assembleTitle) return [];
    this.#keep(stageOf(world, this.#options.target));
    const { fencedBecause, acceptLoss } = this.#options;
    return [
      { name: "candidates", value: this.#rows },
      { name: "loss", value: this.#loss() },
      { name: "acceptedLoss", value: acceptLoss === undefined ? null : String(acceptLoss) },
      { name: "fencedBecause", value: fencedBecause ?? null },
    ];
  }

  step(title: string): readonly Decision[] {
    if (title !== firstWriteTitle) return [];
    this.#secondsToFirstWrite = Math.round((this.#now() - this.#enteredAtMs) / 100) / 10;
    return [{ name: "secondsToFirstWrite", value: this.#secondsToFirstWrite }];
  }

  #loss() {
    const stage = this.#stage;
    if (stage?.at !== "assemble" || stage.loss === undefined || stage.afterStop) return null;
    const { loss } = stage;
    return loss.kind === "exact"
      ? { kind: loss.kind, changes: String(loss.changes) }
      : { kind: loss.kind, atLeast: String(loss.atLeast), why: loss.why };
  }

  /** Chunks that the new master misses; 0 when it did not say. */
  missingChunks(world: World): number {
    return world.cluster?.chunks.all.missing ?? 0;
  }

  /** What --json shows. */
  result(world: World) {
    return {
      target: this.#options.target,
      oldMaster: this.#master ?? world.mastership.host,
      master: world.mastership.host,
      candidates: this.#rows,
      chosen: this.#rows.find(({ note }) => note.startsWith("chosen"))?.host ?? null,
      loss: this.#loss(),
      secondsToFirstWrite: this.#secondsToFirstWrite ?? null,
      missingChunks: world.cluster === undefined ? null : this.missingChunks(world),
    };
  }

  /** The recap with what a failover adds: what was lost, and how long it took. */
  recap(text: string, world: World): string {
    const lines: string[] = [];
    const stage = this.#stage;
    if (stage?.at === "assemble" && !stage.afterStop) {
      lines.push(
        tableText(this.#rows, this.#now()),
        stageText(stage, this.#options.target).replace("that would be lost", "lost"),
      );
    }
    if (world.unreachable.size > 0) {
      const names = [...world.unreachable.keys()].join(", ");
      lines.push(`Not reached: ${names}; "mfsctl deploy" brings what is back to the new master`);
    }
    const missing = this.missingChunks(world);
    if (missing > 0) lines.push(`${missing} chunks are missing`);
    lines.push(`The master is ${world.mastership.host}`);
    if (this.#secondsToFirstWrite !== undefined) {
      lines.push(`First client write ${this.#secondsToFirstWrite} s after Enter`);
    }
    return [...lines, text].join("\n");
  }

  /** A refusal that carries the table along, for those who see no notes. */
  explain(error: unknown): unknown {
    if (!(error instanceof MfsctlError) || error.code !== "refused" || this.#rows.length === 0) {
      return error;
    }
    const details = [...tableText(this.#rows, this.#now()).split("\n"), ...error.details];
    Object.defineProperty(error, "details", { value: details });
    return error;
  }
}
