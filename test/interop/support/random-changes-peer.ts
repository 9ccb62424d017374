// A client for random changes: a registered session that sends many requests before it waits for answers, as a
// mount does, and takes whatever comes back. Spec: wire-client-master-1.md sections 1.2 and 3.

import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { FrameReader } from "../../../daemons/protocol/frame.ts";
import type { Frame, FrameRule } from "../../../daemons/protocol/frame.ts";
import type { Packet } from "../../../daemons/protocol/packet.ts";
import { Nop } from "../../../daemons/protocol/packets/any.ts";
import { Register, RegisterAnswer } from "../../../daemons/protocol/packets/client-register.ts";
import { requestsOf } from "../../../daemons/protocol/packets/client-requests.ts";
import { spokenVersion } from "../../../daemons/protocol/version.ts";
import { ports } from "../settings.ts";

/** A request that waits for its message id, and what to do with the answer. */
export interface Ask {
  readonly name: string;
  readonly blocks: (messageId: number) => readonly Uint8Array[];
  /** `undefined`: nothing answers it. */
  readonly answer: Packet<unknown> | undefined;
  /** The answer may come much later, or never: nobody waits for it. */
  readonly isPatient: boolean;
  /** What is to be sent as soon as the answer is there, before others hear of it. */
  readonly next: (answer: never) => Ask | undefined;
  /** What the caller remembers of the answer. */
  readonly learn: (answer: never) => void;
}

/** A request's fields before it is sent. */
export type WithoutId<Q> = Q extends unknown ? Omit<Q, "messageId"> : never;

/** Binds a request to its answer: `ask(Link, { inode, ... }, LinkAnswer, { learn })`. */
export function ask<Q, A>(
  request: Packet<Q>,
  body: WithoutId<Q>,
  answer: Packet<A> | undefined,
  then: {
    readonly isPatient?: boolean;
    readonly next?: (answer: A) => Ask | undefined;
    readonly learn?: (answer: A) => void;
  } = {},
): Ask {
  return {
    name: request.name,
    blocks: (messageId) => request.encode({ messageId, ...body } as unknown as Q),
    answer,
    isPatient: then.isPatient ?? false,
    next: then.next ?? (() => undefined),
    learn: then.learn ?? (() => undefined),
  };
}

interface Waiting {
  readonly ask: Ask;
  readonly settle: (answer: unknown) => void;
  readonly fail: (error: Error) => void;
}

const keepAliveMs = 2_000;
const answerLimitMs = 60_000;
const messageIdsMax = 0x7fff_ffff;
/** What a master tells a mount unasked. */
const news = new Set([702, 703, 706]);
const answerRules = new Map<number, Packet<unknown>>();
for (const { answer } of requestsOf.mount.values()) {
  if (answer !== undefined) answerRules.set(answer.id, answer);
}

/** What a peer registers as: a mount of a folder, or of the meta file system. */
export interface PeerPlace {
  readonly address: string;
  readonly path: string | undefined;
}

/** One connection with a session. */
export class RandomPeer {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #frames = new FrameReader((type) => ruleOf(type));
  readonly #keepAlive: NodeJS.Timeout;
  #registered: ((answer: RegisterAnswer) => void) | undefined;
  #messageId = 0;
  #failure: Error | undefined;
  sessionId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (piece) => this.#receive(piece));
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(new Error("Cannot wait for answers: the master hung up")));
    this.#keepAlive = setInterval(() => this.#write(nop), keepAliveMs).unref();
  }

  static async open({ address, path }: PeerPlace): Promise<RandomPeer> {
    const socket = connect({ host: address, port: ports.clients, noDelay: true });
    await once(socket, "connect");
    const peer = new RandomPeer(socket);
    const fields = { version: spokenVersion, rejoin: { variant: "none" } } as const;
    const info = Buffer.from("/random\0");
    const root = Buffer.from(`${path}\0`);
    const answer = await peer.#register(
      path === undefined
        ? { variant: "newMetaSession", info, ...fields }
        : { variant: "newSession", info, path: root, ...fields },
    );
    if (!("sessionId" in answer))
      throw new Error(`Cannot register for '${path}': ${RegisterAnswer.describe(answer)}`);
    peer.sessionId = answer.sessionId;
    return peer;
  }

  /** Sends all, then waits for all answers; statuses are answers. Learning is in the order of the requests. */
  async all(asks: readonly Ask[]): Promise<readonly unknown[]> {
    const answers = await Promise.all(asks.map((each) => this.one(each)));
    for (const [index, each] of asks.entries()) {
      if (each.answer !== undefined && !each.isPatient) each.learn(answers[index] as never);
    }
    return answers;
  }

  /** The answer, and that of what had to follow it; `undefined` where nobody waits. */
  async one(wanted: Ask): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#messageId = (this.#messageId % messageIdsMax) + 1;
    const messageId = this.#messageId;
    this.#write(wanted.blocks(messageId));
    if (wanted.answer === undefined) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const answered = new Promise((settle, fail) => {
      this.#waiting.set(messageId, { ask: wanted, settle, fail });
      if (wanted.isPatient) return;
      const failure = new Error(`Cannot wait longer for the answer to ${wanted.name}`);
      timer = setTimeout(() => fail(failure), answerLimitMs);
    }).finally(() => clearTimeout(timer));
    if (!wanted.isPatient) return await answered;
    answered.catch(() => undefined); // the end of the connection ends it, too
    return undefined;
  }

  /** Goes away as a crashed mount does. */
  close(): void {
    this.#end(new Error("Cannot wait for answers: this side closed the connection"));
  }

  async #register(body: Register): Promise<RegisterAnswer> {
    const { promise, resolve } = Promise.withResolvers<RegisterAnswer>();
    this.#registered = resolve;
    this.#write(Register.encode(body));
    return await promise;
  }

  #write(blocks: readonly Uint8Array[]): void {
    if (this.#failure !== undefined) return;
    this.#socket.cork();
    for (const block of blocks) this.#socket.write(block);
    process.nextTick(() => this.#socket.uncork());
  }

  #receive(piece: Uint8Array): void {
    try {
      this.#frames.push(piece, (frame) => this.#take(frame));
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #take({ type, body }: Frame): void {
    const bytes = Uint8Array.from(body);
    if (type === RegisterAnswer.id) return this.#registered?.(RegisterAnswer.decode(bytes));
    const messageId = new DataView(bytes.buffer).getUint32(0);
    const waiting = this.#waiting.get(messageId);
    if (waiting === undefined || waiting.ask.answer?.id !== type)
      throw new Error(`Cannot use frame ${type}: nobody asked for message ${messageId}`);
    this.#waiting.delete(messageId);
    const answer: unknown = waiting.ask.answer.decode(bytes);
    const next = waiting.ask.next(answer as never);
    if (next === undefined) waiting.settle(answer);
    else this.one(next).then(() => waiting.settle(answer), waiting.fail);
  }

  #end(failure: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    clearInterval(this.#keepAlive);
    this.#socket.destroy();
    for (const { fail } of this.#waiting.values()) fail(failure);
  }
}

const nop = Nop.encode({ padding: new Uint8Array(4) });

function ruleOf(type: number): FrameRule {
  if (type === Nop.id || news.has(type)) return { name: "news", skip: true };
  return answerRules.get(type);
}
