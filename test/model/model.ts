// Random requests to the real core and to the naive file system beside it: every answer, then every state is
// compared; in the end the changelog is replayed and the images of both worlds must be the same bytes.

import { Prng } from "../../daemons/base/prng.ts";
import { operations } from "../../daemons/master/core/ops/table.ts";
import type { Register } from "../../daemons/protocol/packets/client-register.ts";
import { spokenVersion } from "../../daemons/protocol/version.ts";
import { exportsOfRoles, roles, subfolder } from "./cast.ts";
import type { Role } from "./cast.ts";
import { checkWorld } from "./check-world.ts";
import { compareReplay } from "./compare-replay.ts";
import { compareTrees } from "./compare-trees.ts";
import { Draw } from "./draw.ts";
import { exchanges } from "./exchanges.ts";
import type { Exchange } from "./exchange.ts";
import { LiveMaster } from "./live-master.ts";
import { namedNodes, tidying } from "./tidying.ts";
import { abandon, later, serversAnswered } from "./naive-chunks.ts";
import { NaiveFs } from "./naive-fs.ts";
import type { NaiveEvent } from "./naive-fs.ts";
import { passSecond } from "./naive-meta.ts";
import type { NaiveConnection, NaiveSession } from "./naive-types.ts";
import { bytes, plain } from "./plain.ts";

const start = 1_795_000_000;
const inodeReuseDelay = 300;
const sessionSustainSeconds = 600;
const stepsBetweenChecks = 250;
const stepsBetweenTidying = 700;
const nodesMax = 160;
const firstPeer = 100;
/** NOTDONE: what a chunkserver answers when it could not do it. */
const notDone = 16;

/** What a run is told. */
export interface ModelOptions {
  readonly seed: number;
  readonly steps: number;
  /** Compares the states after every step: slow, and shows where they part. */
  readonly checksEachStep?: boolean;
}

/** The two sides do not agree. */
export class ModelError extends Error {
  constructor(at: { readonly seed: number; readonly step: number }, what: string) {
    super(`Seed ${at.seed}, step ${at.step}: ${what}`);
    this.name = "ModelError";
  }
}

/** Counts of a run. */
export interface ModelReport {
  readonly steps: number;
  readonly changes: number;
  /** How often each request was answered with anything but a refusal. */
  readonly served: ReadonlyMap<string, number>;
}

/** Runs both sides; throws a `ModelError` where they part. */
export function runModel(options: ModelOptions): ModelReport {
  const run = new Run(options);
  for (let step = 0; step < options.steps; step++) run.step(step);
  return run.finish();
}

class Run {
  readonly #options: ModelOptions;
  readonly #prng: Prng;
  readonly #live: LiveMaster;
  readonly #fs: NaiveFs;
  readonly #draw: Draw;
  readonly #served = new Map<string, number>();
  readonly #choices: readonly Exchange[];
  readonly #sessionOf = new Map<Role, NaiveSession>();
  #step = 0;
  /** Chunkservers do not answer. */
  #holds = false;
  #messageId = 0;
  #peer = firstPeer;
  #last = "";

  constructor(options: ModelOptions) {
    this.#options = options;
    this.#prng = new Prng(options.seed);
    const settings = { exports: exportsOfRoles, inodeReuseDelay, sessionSustainSeconds };
    this.#live = new LiveMaster(start, settings);
    this.#fs = new NaiveFs(start, this.#live.servers);
    this.#draw = new Draw(this.#prng, this.#fs);
    const known = exchanges.filter(({ request }) => operations.has(request.id));
    this.#choices = known.flatMap((row) => Array.from({ length: row.weight }, () => row));
    this.#pass(15);
    this.#begin();
  }

  step(step: number): void {
    this.#step = step;
    const prng = this.#prng;
    if (prng.below(25) === 0) this.#pass(1);
    else if (prng.below(400) === 0) this.#pass(prng.below(200));
    else if (prng.below(4000) === 0) this.#pass(4200);
    else if (prng.below(120) === 0) this.#changeConnections();
    else if (step % stepsBetweenTidying === 0) this.#tidy();
    else this.#request(this.#chosen());
    if (this.#holds ? prng.below(12) === 0 : prng.below(60) === 0) this.#toggleServers();
    this.#compareEvents();
    const isTurn = step % stepsBetweenChecks === 0;
    if (isTurn || this.#options.checksEachStep === true) this.#compareStates();
  }

  finish(): ModelReport {
    if (this.#holds) this.#toggleServers();
    this.#compareEvents();
    this.#compareStates();
    const { core, lines, now } = this.#live;
    const problem = compareReplay(core.world, { lines, startedAt: start, now });
    if (problem !== undefined) this.#fail(problem);
    const { steps } = this.#options;
    return { steps, changes: this.#live.lines.length, served: this.#served };
  }

  /** The subfolder is made by the first session; then all others come. */
  #begin(): void {
    const [first, ...others] = roles;
    if (first === undefined) return;
    this.#register(first);
    const [connection] = this.#fs.connections.values();
    const row = exchanges.find(({ request }) => request.name === "CLTOMA_FUSE_MKDIR");
    if (connection === undefined || row === undefined) return;
    const caller = { uid: 0, gid: 0, groups: [] };
    const made = { parent: 1, name: bytes(subfolder), mode: 0o777, umask: 0, copySgid: 0, caller };
    this.#exchange(row, connection, made);
    this.#compareEvents();
    for (const role of others) this.#register(role);
    this.#compareStates();
  }

  #fail(what: string): never {
    const { seed } = this.#options;
    throw new ModelError({ seed, step: this.#step }, `${what}\nlast: ${this.#last}`);
  }

  #pass(seconds: number): void {
    this.#last = `${seconds} seconds pass`;
    const timers = { startedAt: start, inodeReuseDelay, sessionSustainSeconds };
    for (let second = 0; second < seconds; second++) {
      this.#live.passSecond();
      passSecond(this.#fs, timers);
      if (this.#live.events.length + this.#fs.events.length > 0) this.#compareEvents();
    }
  }

  /** Too many nodes: what removes is preferred. */
  #chosen(): Exchange {
    const full = namedNodes(this.#fs) > nodesMax;
    for (;;) {
      const row = this.#draw.of(this.#choices);
      const grows = /MKDIR|MKNOD|CREATE|SYMLINK|SNAPSHOT|LINK$/.test(row.request.name);
      if (!full || !grows || row.request.name.includes("UNLINK")) return row;
    }
  }

  #request(row: Exchange): void {
    const fitting = [...this.#fs.connections.values()].filter((connection) =>
      this.#mayAsk(connection, row),
    );
    // Half of all requests come from sessions without limits, or too little would happen.
    const free = fitting.filter(({ session }) => session.id <= 3);
    const from = this.#draw.perhaps(this.#draw.once(2) && free.length > 0 ? free : fitting);
    if (from === undefined) return;
    this.#exchange(row, from, row.make(this.#draw, from));
  }

  /** What hinders everybody goes, and a part of the tree: otherwise a long run ends in a thicket. */
  #tidy(): void {
    for (const [name, made] of tidying(this.#draw)) {
      const row = exchanges.find(({ request }) => request.name === `CLTOMA_FUSE_${name}`);
      const role = roles.find(({ place }) => (place === "meta") === (row?.audience === "meta"));
      const session = role === undefined ? undefined : this.#sessionOf.get(role);
      const own = [...this.#fs.connections.values()].filter((each) => each.session === session);
      const from = own.find(({ kind }) => kind === "mount");
      if (from !== undefined && row !== undefined) this.#exchange(row, from, made);
      this.#compareEvents();
    }
  }

  /** Requests go where they belong, and now and then to a meta mount or from it. */
  #mayAsk({ kind, session }: NaiveConnection, { audience }: Exchange): boolean {
    const isMeta = session.terms.rootInode === 0;
    if (kind === "tools") return audience === "tools";
    if (audience === "meta") return isMeta || this.#draw.once(60);
    return !isMeta || this.#draw.once(20);
  }

  #exchange(row: Exchange, from: NaiveConnection, made: object): void {
    const messageId = ++this.#messageId;
    const request = { messageId, ...made };
    const { peer, kind, session } = from;
    const said = JSON.stringify({ ...(plain(request) as object), variant: undefined });
    this.#last = `${row.request.name} by ${kind} ${peer} of session ${session.id} ${said}`;
    try {
      this.#live.request(peer, row.request, request);
      if (!this.#holds) this.#live.answerCommands();
    } catch (error) {
      this.#fail(`the real core fails: ${error instanceof Error ? error.stack : String(error)}`);
    }
    const outcome = row.run(this.#fs, from, request);
    if (row.answer !== undefined && outcome !== later) {
      this.#fs.reply(from, row.answer, messageId, outcome);
      if (typeof outcome !== "number" || outcome === 0) this.#count(row.request.name);
    }
    if (!this.#holds) serversAnswered(this.#fs, 0);
  }

  /** Chunkservers stop answering, or answer all at once; now and then they could not do what they should. */
  #toggleServers(): void {
    this.#holds = !this.#holds;
    if (this.#holds) return;
    const answer = this.#draw.once(4) ? notDone : 0;
    this.#last = `chunkservers answer ${answer} (before: ${this.#last})`;
    this.#live.answerCommands(answer);
    serversAnswered(this.#fs, answer);
  }

  #count(name: string): void {
    this.#served.set(name, (this.#served.get(name) ?? 0) + 1);
  }

  #compareEvents(): void {
    const real = this.#live.takeEvents().map(shownEvent).toSorted();
    const naive = this.#fs.events.map(shownEvent).toSorted();
    this.#fs.events = [];
    if (real.length === naive.length && real.every((each, index) => each === naive[index])) return;
    const [onlyReal, onlyNaive] = [without(real, naive), without(naive, real)];
    this.#fail(`real  ${onlyReal.join("\n      ")}\nnaive ${onlyNaive.join("\n      ")}`);
  }

  #compareStates(): void {
    const found = compareTrees(this.#live.core.world, this.#fs);
    if (found !== undefined) {
      const { what, real, naive } = found;
      this.#fail(`${what}\nreal  ${JSON.stringify(real)}\nnaive ${JSON.stringify(naive)}`);
    }
    const problems = checkWorld(this.#live.core.world);
    if (problems.length > 0) this.#fail(problems.join("\n"));
  }

  #register(role: Role): void {
    const known = this.#sessionOf.get(role);
    const peer = this.#peer++;
    const session = known !== undefined && this.#fs.sessions.has(known.id) ? known : undefined;
    const rejoin = { variant: "none" } as const;
    const newcomer = { version: spokenVersion, info: bytes("/mnt\0"), rejoin };
    let asked: Register;
    if (session !== undefined) {
      const sessionId = session.id;
      asked = { variant: "reconnect", sessionId, version: spokenVersion, metaId: 0n };
    } else if (role.place === "meta") asked = { variant: "newMetaSession", ...newcomer };
    else {
      const path = bytes(role.place === "root" ? "/\0" : `/${subfolder}\0`);
      asked = { variant: "newSession", path, ...newcomer };
    }
    this.#last = `${asked.variant} of role ${roles.indexOf(role)}`;
    const answer = this.#live.register(peer, role.address, asked);
    if (session !== undefined) {
      if (answer !== 0) this.#fail(`a reconnection is answered ${JSON.stringify(answer)}`);
      this.#attach(peer, "mount", session);
      return;
    }
    const rootInode = this.#rootOf(role);
    if (typeof answer === "number") {
      if (rootInode !== undefined) this.#fail(`a registration is refused with ${answer}`);
      return;
    }
    if (rootInode === undefined) this.#fail("a registration without a directory is accepted");
    const made: NaiveSession = {
      id: answer.sessionId,
      terms: { ...role.terms, rootInode },
      open: new Set(),
      connections: 0,
      closed: false,
      disconnectedAt: 0,
    };
    this.#sessionOf.set(role, made);
    this.#fs.sessions.set(made.id, made);
    this.#attach(peer, "mount", made);
  }

  /** The directory that a role is rooted in, if it exists. */
  #rootOf({ place }: Role): number | undefined {
    if (place === "root") return 1;
    if (place === "meta") return 0;
    const found = this.#fs.child(this.#fs.get(1), subfolder);
    return found?.type === 2 ? found.inode : undefined;
  }

  #attach(peer: number, kind: NaiveConnection["kind"], session: NaiveSession): void {
    session.connections++;
    session.closed = false;
    this.#fs.connections.set(peer, { peer, kind, session });
  }

  #changeConnections(): void {
    const role = this.#draw.of(roles);
    const session = this.#sessionOf.get(role);
    const known = session !== undefined && this.#fs.sessions.get(session.id) === session;
    if (!known || session.connections === 0) {
      this.#register(role);
      return;
    }
    const own = [...this.#fs.connections.values()].filter((each) => each.session === session);
    const connection = this.#draw.of(own);
    const { peer } = connection;
    if (this.#draw.once(2) && own.length < 3) this.#connectTools(role, session);
    else if (this.#draw.once(3) && connection.kind === "mount") this.#close(connection);
    else {
      this.#last = `connection ${peer} breaks`;
      this.#live.disconnect(peer);
      this.#detach(connection);
    }
  }

  #connectTools(role: Role, session: NaiveSession): void {
    const peer = this.#peer++;
    const sessionId = session.id;
    const asked = {
      variant: "tools",
      sessionId,
      version: spokenVersion,
      metaId: undefined,
    } as const;
    this.#last = `tools connect to session ${sessionId}`;
    const answer = this.#live.register(peer, role.address, asked);
    if (answer !== 0) this.#fail(`tools are answered ${JSON.stringify(answer)}`);
    this.#attach(peer, "tools", session);
  }

  /** An orderly end: the session goes at the next check unless it has other connections. */
  #close(connection: NaiveConnection): void {
    const { peer, session } = connection;
    this.#last = `connection ${peer} closes session ${session.id}`;
    const asked = { variant: "closeSession", sessionId: session.id, metaId: undefined } as const;
    this.#live.close(peer, asked);
    if (session.connections === 1) session.closed = true;
    this.#detach(connection);
  }

  #detach(connection: NaiveConnection): void {
    const { peer, session } = connection;
    this.#fs.connections.delete(peer);
    session.connections--;
    if (session.connections === 0) session.disconnectedAt = this.#fs.now;
    abandon(this.#fs, peer);
  }
}

function shownEvent({ peer, packet, messageId, value }: NaiveEvent): string {
  return `${peer} ${messageId} ${packet} ${JSON.stringify(plain(value))}`;
}

function without(all: readonly string[], others: readonly string[]): string[] {
  return all.filter((each) => !others.includes(each));
}
