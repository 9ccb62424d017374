// How connections get a session, keep it and lose it: the REGISTER conversation and the check of sessions
// that nobody uses. Spec: wire-client-master-1.md sections 3 and 4.5.

import { RegisterAnswer } from "../../protocol/packets/client-register.ts";
import type { Register } from "../../protocol/packets/client-register.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import { spokenVersion } from "../../protocol/version.ts";
import { Client, sessionFlag } from "./client.ts";
import type { PeerId } from "./client.ts";
import type { Service } from "./service.ts";
import { chooseExport } from "./sessions/exports-choice.ts";
import { endSession } from "./sessions/ending.ts";
import { RefusedReconnects } from "./sessions/refused-reconnects.ts";
import { beforeNul, findSubfolder, termsOf } from "./sessions/terms.ts";
import { status } from "./status.ts";
import type { Session, SessionTerms } from "./store/sessions.ts";

const challengeBytes = 32;
/** Sessions that come back after a start need this time to do so. */
const quietSeconds = 120;
/** Clients from here on understand an answer of five bytes to a reconnection. */
const answersWithVersion = 0x03_00_be;
/** Clients from here on say which session they had. */
const namesSession = 0x03_00_00;

/** A connection that has not registered. */
export interface Newcomer {
  readonly peer: PeerId;
  readonly ip: number;
  challenge: Uint8Array | undefined;
}

/** What registration needs of the master. */
export interface RegistrarHost extends Service {
  readonly startedAt: number;
  readonly randomBytes: (count: number) => Uint8Array;
}

type Asked<V extends Register["variant"]> = Extract<Register, { readonly variant: V }>;

/** Registration of clients. */
export class Registrar {
  readonly #host: RegistrarHost;
  readonly #refused = new RefusedReconnects();

  constructor(host: RegistrarHost) {
    this.#host = host;
  }

  /** A connection without a session asks; the client that it is from now on, if all is well. */
  unregistered(from: Newcomer, asked: Register): Client | undefined {
    switch (asked.variant) {
      case "getRandom":
        this.#challenge(from);
        return undefined;
      case "newSession":
      case "newMetaSession":
        return this.#newSession(from, asked);
      case "reconnect":
      case "tools":
        return this.#resume(from, asked);
      case "closeSession":
        throw outOfPlace("CLOSESESSION on a connection without a session");
      default:
        return asked satisfies never;
    }
  }

  /** A connection with a session asks: it may only say goodbye. */
  registered(client: Client, asked: Register): void {
    if (asked.variant !== "closeSession") throw outOfPlace("a second registration");
    const { metaId, sessionId } = asked;
    const isOurs = metaId === undefined || metaId === this.#host.world.metaId;
    const session = this.#host.world.sessions.get(sessionId);
    if (isOurs && session?.connections === 1) session.closed = true;
    const answer = isOurs ? status.OK : status.BADSESSIONID;
    client.send(RegisterAnswer, { variant: "status", status: answer });
    this.#host.outbox.close(client.peer, "its session ends");
  }

  /** A client's connection is gone. */
  disconnected(client: Client): void {
    const { session } = client;
    session.connections--;
    if (session.connections > 0 || this.#host.world.sessions.get(session.id) !== session) return;
    this.#host.commit({ op: "SESDISCONNECTED", session: session.id });
  }

  /** Every ten seconds: removes sessions that were closed, or that nobody came back to in time. */
  checkSessions(): void {
    const { now, startedAt, config, world } = this.#host;
    if (now < startedAt + quietSeconds) return;
    const oldest = now - config.sessionSustainSeconds;
    for (const session of world.sessions) {
      if (session.connections > 0) continue;
      if (session.closed || session.disconnected < oldest) endSession(this.#host, session.id);
    }
  }

  /** An administrator removes a session; one in use stays. */
  remove(sessionId: number): number {
    const session = this.#host.world.sessions.get(sessionId);
    if (session === undefined) return status.NOTFOUND;
    if (session.connections > 0) return status.ACTIVE;
    endSession(this.#host, sessionId);
    return status.OK;
  }

  #challenge(from: Newcomer): void {
    from.challenge = this.#host.randomBytes(challengeBytes);
    const answer = { variant: "challenge", random: from.challenge } as const;
    this.#host.outbox.send(from.peer, RegisterAnswer, answer);
  }

  #newSession(
    from: Newcomer,
    asked: Asked<"newSession"> | Asked<"newMetaSession">,
  ): Client | undefined {
    const oldId = this.#sessionToContinue(from, asked.rejoin);
    const terms = this.#termsFor(from, asked);
    if (typeof terms === "number") {
      this.#refuse(from, terms);
      return undefined;
    }
    const session = this.#makeSession(oldId, terms);
    const client = this.#attach(from, session, { version: asked.version, kind: "mount" });
    client.send(RegisterAnswer, this.#welcome(session));
    return client;
  }

  #sessionToContinue(from: Newcomer, rejoin: Asked<"newSession">["rejoin"]): number {
    if (!("sessionId" in rejoin)) return this.#refused.take(from.ip, this.#host.now);
    if ("metaId" in rejoin && rejoin.metaId !== this.#host.world.metaId) return 0;
    return rejoin.sessionId;
  }

  #termsFor(
    from: Newcomer,
    asked: Asked<"newSession"> | Asked<"newMetaSession">,
  ): SessionTerms | number {
    const { config, world } = this.#host;
    const path = asked.variant === "newSession" ? beforeNul(asked.path) : null;
    const row = chooseExport(config.exports, {
      address: from.ip,
      version: asked.version,
      path,
      challenge: from.challenge ?? null,
      passcode: "passcode" in asked.rejoin ? asked.rejoin.passcode : null,
    });
    if (typeof row === "number") return row;
    const root = path === null ? { inode: 0 } : findSubfolder(world, path);
    if (typeof root === "number") return root;
    const { exportsChecksum } = config;
    const { info } = asked;
    return termsOf(row, { exportsChecksum, rootInode: root.inode, peerAddress: from.ip, info });
  }

  /** The session that is continued under new terms, or a new one. */
  #makeSession(oldId: number, terms: SessionTerms): Session {
    const { world, commit } = this.#host;
    const old = world.sessions.get(oldId);
    if (old !== undefined) {
      commit({ op: "SESCHANGED", session: oldId, ...terms });
      return old;
    }
    const added = commit({ op: "SESADD", ...terms });
    const session = typeof added === "number" ? undefined : world.sessions.get(added.session);
    if (session === undefined) throw new Error("Cannot add a session: its change failed");
    return session;
  }

  #resume(from: Newcomer, asked: Asked<"reconnect"> | Asked<"tools">): Client | undefined {
    const { outbox, world, now } = this.#host;
    if (this.#refused.has(from.ip, now)) {
      outbox.close(from.peer, "it is expected to register anew");
      return undefined;
    }
    const answer = this.#judgeReturn(from, asked);
    const session = world.sessions.get(asked.sessionId);
    const isReturn = asked.variant === "reconnect";
    if (answer === status.EPERM && isReturn && asked.version < namesSession) {
      this.#refused.note(from.ip, asked.sessionId, now);
    }
    const body =
      isReturn && asked.version >= answersWithVersion
        ? ({ variant: "reconnected", version: spokenVersion, status: answer } as const)
        : ({ variant: "status", status: answer } as const);
    outbox.send(from.peer, RegisterAnswer, body);
    if (answer !== status.OK || session === undefined) return undefined;
    const kind = isReturn ? "mount" : "tools";
    return this.#attach(from, session, { version: asked.version, kind });
  }

  #judgeReturn(from: Newcomer, asked: Asked<"reconnect"> | Asked<"tools">): number {
    const { world, config } = this.#host;
    if (asked.metaId !== undefined && asked.metaId !== world.metaId) return status.BADSESSIONID;
    const session = world.sessions.get(asked.sessionId);
    if (session === undefined || session.peerAddress === 0) return status.BADSESSIONID;
    if (session.exportsChecksum !== config.exportsChecksum) return status.EPERM;
    const mayMove = (session.sessionFlags & sessionFlag.dynamicIp) !== 0;
    return mayMove || session.peerAddress === from.ip ? status.OK : status.EPERM;
  }

  #attach(
    from: Newcomer,
    session: Session,
    as: { readonly version: number; readonly kind: "mount" | "tools" },
  ): Client {
    session.connections++;
    session.closed = false;
    session.disconnected = 0;
    session.lastAddress = from.ip;
    session.lastVersion = as.version;
    return new Client(this.#host, { peer: from.peer, ip: from.ip, session, ...as });
  }

  #refuse(from: Newcomer, answer: number): void {
    this.#host.outbox.send(from.peer, RegisterAnswer, { variant: "status", status: answer });
  }

  #welcome(session: Session): RegisterAnswer {
    const { goalMin, goalMax } = session;
    const shared = {
      version: spokenVersion,
      sessionId: session.id,
      metaId: this.#host.world.metaId,
      flags: session.sessionFlags,
      goalMin,
      goalMax,
      trashSecondsMin: session.trashTimeMin,
      trashSecondsMax: session.trashTimeMax,
    };
    if (session.rootInode === 0) return { variant: "metaSession", ...shared };
    const { umask, rootUid, rootGid, mapAllUid, mapAllGid, disables } = session;
    const mapped = { umask, rootUid, rootGid, mapAllUid, mapAllGid, disables };
    return { variant: "session", ...shared, ...mapped };
  }
}

function outOfPlace(what: string): ProtocolError {
  const place = { code: "badValue", packet: "CLTOMA_FUSE_REGISTER", offset: 64 } as const;
  return new ProtocolError(place, `${what}, expected something else`);
}
