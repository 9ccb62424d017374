// The shape of cases and how they are run: each gets a directory of its own and processes that remember nothing.
// The runner itself never touches the file system under test, so a call that hangs costs one case only.

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
/** A file system that hangs this often hangs for good: the rest would take hours. */
const overdueCasesMax = 5;

/** Runs topics in a directory of its own. */
export class Suite {
  readonly #directory: string;
  readonly #shared = new Map<string, Promise<Actor>>();
  readonly #fresh = new Set<Promise<Actor>>();
  #lastCase = 0;
  #overdueCases = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes the directory of a run below a directory of the file system under test. */
  static async start(root: string): Promise<Suite> {
    const name = `posix-${process.pid}-${Date.now()}`;
    const made = onceAs(path.resolve(root), (maker) => maker.mkdir(name, 0o755));
    await within(caseMsMax, made, "the directory of the run is made");
    return new Suite(path.join(path.resolve(root), name));
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
    const { dir, base } = path.parse(this.#directory);
    const removed = onceAs(dir, (remover) => remover.removeTree(base));
    await within(caseMsMax, removed, "the directory of the run is removed");
  }

  async #runCase(topic: Topic, name: string): Promise<CaseResult> {
    const start = performance.now();
    const message = await this.#limited(topic, name);
    const durationMs = Math.round(performance.now() - start);
    const result = { topic: topic.topic, name, passed: message === undefined, durationMs };
    return message === undefined ? result : { ...result, message };
  }

  async #limited(topic: Topic, name: string): Promise<string | undefined> {
    if (this.#overdueCases >= overdueCasesMax) {
      return `was not run: ${overdueCasesMax} cases before did not end`;
    }
    try {
      return await within(caseMsMax, this.#attempt(topic, name), "the case ends");
    } catch (error) {
      // An attempt never throws, so this is the limit.
      this.#overdueCases++;
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Says what was wrong, if anything. */
  async #attempt(topic: Topic, name: string): Promise<string | undefined> {
    const dir = `case-${++this.#lastCase}`;
    try {
      const root = await this.#actor("root");
      await root.mkdir(dir, 0o755);
      await topic.cases[name]?.({
        root,
        dir,
        at: (name) => `${dir}/${name}`,
        as: (user) => this.#actor(user),
        fresh: (user = "root") => this.#freshActor(user),
        after: (second) => later(root, `${dir}.clock`, second),
        until,
      });
      await root.chdirBack();
      await root.removeTree(dir);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #actor(user: UserName): Promise<Actor> {
    let actor = this.#shared.get(user);
    if (actor === undefined) {
      actor = startActor(this.#directory, user);
      this.#shared.set(user, actor);
    }
    return actor;
  }

  #freshActor(user: UserName): Promise<Actor> {
    const actor = startActor(this.#directory, user);
    this.#fresh.add(actor);
    return actor;
  }

  async #resetActors(): Promise<void> {
    await this.#end([...this.#fresh]);
    this.#fresh.clear();
    await Promise.all([...this.#shared.values()].map(async (actor) => (await actor).reset()));
  }

  async #dropActors(): Promise<void> {
    const actors = [...this.#shared.values(), ...this.#fresh];
    this.#shared.clear();
    this.#fresh.clear();
    await this.#end(actors);
  }

  /** A process that the kernel holds inside the file system cannot be killed: it is left behind after a while. */
  async #end(actors: readonly Promise<Actor>[]): Promise<void> {
    const gone = Promise.allSettled(actors.map(async (actor) => (await actor).kill()));
    await within(killMsMax, gone, "processes end").catch(() => undefined);
  }
}

async function within<Value>(ms: number, work: Promise<Value>, what: string): Promise<Value> {
  const limit = new AbortController();
  const overdue = delay(ms, undefined, { signal: limit.signal }).then(() => {
    throw new Unexpected(`${what}: expected within ${ms / 1000} s, did not happen`);
  });
  try {
    return await Promise.race([work, overdue]);
  } finally {
    limit.abort();
  }
}

/** Lets a process of its own do one thing. */
async function onceAs(directory: string, work: (actor: Actor) => Promise<unknown>): Promise<void> {
  const actor = await startActor(directory, "root");
  try {
    await work(actor);
  } finally {
    await actor.kill();
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
