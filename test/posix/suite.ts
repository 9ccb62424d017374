// The shape of cases and how they are run: each gets a directory of its own and processes that remember nothing.

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Actor, type UserName, startActor } from "./actor.ts";
import { Unexpected } from "./expect.ts";

/** What a case works with. */
export interface Context {
  /** A process of the superuser. */
  readonly root: Actor;
  /** The case's own directory, mode 0755, of root. */
  readonly dir: string;
  /** A name inside of it. */
  readonly at: (name: string) => string;
  /** A process of another user, shared by cases. */
  readonly as: (user: UserName) => Promise<Actor>;
  /** A process of this case alone, which it may kill. */
  readonly fresh: (user?: UserName) => Promise<Actor>;
  /** Waits until the file system's own clock shows a later second than this one. */
  readonly after: (second: number) => Promise<void>;
  /** Waits until the statement holds; for what a file system may do in the background. */
  readonly until: (what: string, condition: () => Promise<boolean>) => Promise<void>;
}

/** A topic: sentences of behaviour and how each is tried. */
export interface Topic {
  readonly topic: string;
  readonly cases: Readonly<Record<string, (context: Context) => Promise<void>>>;
  /** Cases wait rather than work: run them all at once. */
  readonly concurrent?: true;
}

/** How a case ended; `message` says what was wrong. */
export interface CaseResult {
  readonly topic: string;
  readonly name: string;
  readonly passed: boolean;
  readonly message?: string;
  readonly durationMs: number;
}

const caseMsMax = 30_000;
const untilMsMax = 5_000;
const untilPollMs = 20;
const killMsMax = 2_000;

/** Runs topics on a directory of the file system under test. */
export class Suite {
  readonly #directory: string;
  readonly #actors = new Map<string, Promise<Actor>>();
  readonly #stuck: Actor[] = [];
  #lastCase = 0;

  constructor(root: string) {
    this.#directory = mkdtempSync(path.join(path.resolve(root), "posix-"));
    chmodSync(this.#directory, 0o755);
  }

  /** Runs one topic; results come in the order of its cases. */
  async *run(topic: Topic): AsyncGenerator<CaseResult> {
    const names = Object.keys(topic.cases);
    if (topic.concurrent) {
      yield* await Promise.all(names.map((name) => this.#runCase(topic, name)));
      await this.#dropActors();
      return;
    }
    for (const name of names) {
      const result = await this.#runCase(topic, name);
      yield result;
      // A case that failed may have left a process in any state; one that passed left only what reset() forgets.
      await (result.passed ? this.#resetActors() : this.#dropActors());
    }
  }

  /** Ends all processes and removes what they made. */
  async close(): Promise<void> {
    await this.#dropActors();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #runCase(topic: Topic, name: string): Promise<CaseResult> {
    const start = performance.now();
    const limit = new AbortController();
    const overdue = delay(caseMsMax, undefined, { signal: limit.signal }).then(
      () => `no end within ${caseMsMax / 1000} s`,
      () => undefined, // Aborted: the case ended in time.
    );
    const message = await Promise.race([this.#attempt(topic, name), overdue]);
    limit.abort();
    const durationMs = Math.round(performance.now() - start);
    const result = { topic: topic.topic, name, passed: message === undefined, durationMs };
    return message === undefined ? result : { ...result, message };
  }

  async #attempt(topic: Topic, name: string): Promise<string | undefined> {
    const dir = `case-${++this.#lastCase}`;
    const fresh: Promise<Actor>[] = [];
    try {
      const root = await this.#actor("root");
      await root.mkdir(dir, 0o755);
      await topic.cases[name]?.({
        root,
        dir,
        at: (name) => `${dir}/${name}`,
        as: (user) => this.#actor(user),
        fresh: (user = "root") => {
          const actor = startActor(this.#directory, user);
          fresh.push(actor);
          return actor;
        },
        after: (second) => later(root, `${dir}.clock`, second),
        until,
      });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      await Promise.all(fresh.map(async (actor) => this.#end(await actor)));
    }
    return this.#remove(dir);
  }

  #remove(dir: string): string | undefined {
    try {
      rmSync(path.join(this.#directory, dir), { recursive: true, force: true });
      return undefined;
    } catch (error) {
      return `its directory cannot be removed: ${String(error)}`;
    }
  }

  #actor(user: UserName): Promise<Actor> {
    let actor = this.#actors.get(user);
    if (actor === undefined) {
      actor = startActor(this.#directory, user);
      this.#actors.set(user, actor);
    }
    return actor;
  }

  async #resetActors(): Promise<void> {
    await Promise.all([...this.#actors.values()].map(async (actor) => (await actor).reset()));
  }

  async #dropActors(): Promise<void> {
    const actors = [...this.#actors.values()];
    this.#actors.clear();
    await Promise.all(actors.map(async (actor) => this.#end(await actor)));
  }

  /** A process that the kernel holds inside the file system cannot be killed: it is left behind after a while. */
  async #end(actor: Actor): Promise<void> {
    const limit = new AbortController();
    const gone = actor.kill().then(() => true);
    const overdue = delay(killMsMax, false, { signal: limit.signal }).catch(() => false);
    if (!(await Promise.race([gone, overdue]))) {
      this.#stuck.push(actor);
    }
    limit.abort();
  }

  /** Processes that did not end when killed. */
  get stuck(): readonly number[] {
    return this.#stuck.map((actor) => actor.pid);
  }
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + untilMsMax;
  while (!(await condition())) {
    if (Date.now() > end) {
      throw new Unexpected(`${what}: expected within ${untilMsMax / 1000} s, did not happen`);
    }
    await delay(untilPollMs);
  }
}

function later(actor: Actor, probe: string, second: number): Promise<void> {
  return until("the clock of the file system goes on", async () => {
    await actor.create(probe);
    const { ctime } = await actor.stat(probe);
    await actor.unlink(probe);
    return ctime > second;
  });
}
