// One connection that asks MooseFS daemons and waits for the answer: one request at a time, in order,
// each with a time limit. Any doubt about the stream ends it, and every waiting request with it.
// Spec: wire-admin.md section 1, wire-client-master-1.md sections 1.4, 1.5 and 10.

import type { Duplex } from "node:stream";
import { FrameReader } from "../../daemons/protocol/frame.ts";
import type { Frame, FrameRule } from "../../daemons/protocol/frame.ts";
import type { Packet } from "../../daemons/protocol/packet.ts";
import { BadCommandSize, Nop, UnknownCommand } from "../../daemons/protocol/packets/any.ts";
import { ProtocolError } from "../../daemons/protocol/protocol-error.ts";
import { MfsctlError } from "../errors.ts";

/** Longer than any admin answer takes: mfscli itself gives up after one second, three times over. */
const defaultTimeoutMs = 10_000;
/** A master drops peers that are silent for ten seconds; a mount writes every three. */
const keepAliveMs = 3_000;
/** A run-book asks a handful of questions at once; more waiting ones are a mistake of ours. */
const queuedRequestsMax = 64;

/** Packets that may come at any time and mean nothing to us: keep-alive and the news for mounts. */
const unsolicited: ReadonlyMap<number, string> = new Map([
  [Nop.id, Nop.name],
  [UnknownCommand.id, UnknownCommand.name],
  [BadCommandSize.id, BadCommandSize.name],
  [702, "MATOCL_FUSE_CHUNK_HAS_CHANGED"],
  [703, "MATOCL_FUSE_FLENG_HAS_CHANGED"],
  [705, "MATOCL_FUSE_TIME_SYNC"],
  [706, "MATOCL_FUSE_INVALIDATE_CHUNK_CACHE"],
]);

/** Who is at the other end, for messages, and how long to wait for it. */
export interface WireClientOptions {
  /** The host's name as users know it. */
  readonly name: string;
  /** Milliseconds for one answer, ten seconds by default. */
  readonly timeoutMs?: number;
}

/** Settings of one request. */
export interface RequestOptions {
  /** The answer's length variant, where only the request tells which it is. */
  readonly variant?: string;
  /** Milliseconds for this answer; recursive changes of large trees take minutes. */
  readonly timeoutMs?: number;
}

interface PendingRequest {
  readonly blocks: readonly Uint8Array[];
  readonly answer: Packet<unknown>;
  readonly options: RequestOptions;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Asks over any stream: `const info = await new WireClient(stream, { name }).request(Info, {}, InfoAnswer)`. */
export class WireClient {
  readonly name: string;
  readonly #stream: Duplex;
  readonly #timeoutMs: number;
  readonly #frames = new FrameReader((type) => this.#rule(type));
  readonly #queue: PendingRequest[] = [];
  #current: PendingRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #keepAlive: NodeJS.Timeout;
  #failure: MfsctlError | undefined;

  constructor(stream: Duplex, options: WireClientOptions) {
    this.name = options.name;
    this.#stream = stream;
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    stream.on("data", (piece: Uint8Array) => this.#receive(piece));
    stream.on("error", (error) => this.#lose("the connection failed", error));
    stream.on("end", () => this.#lose("the other side closed the connection"));
    stream.on("close", () => this.#lose("the connection is closed"));
    this.#keepAlive = setInterval(() => this.#sayAlive(), keepAliveMs).unref();
  }

  /** Sends one request after those before it and gives its answer. */
  async request<Q, A>(
    packet: Packet<Q>,
    body: Q,
    answer: Packet<A>,
    options: RequestOptions = {},
  ): Promise<A> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#queue.length >= queuedRequestsMax) {
      const what = `${queuedRequestsMax} requests wait already, expected fewer`;
      throw new MfsctlError("internal", `Cannot send "${packet.name}" to "${this.name}": ${what}`);
    }
    const blocks = packet.encode(body);
    return await new Promise<A>((resolve, reject) => {
      const settle = resolve as (value: unknown) => void;
      this.#queue.push({
        blocks,
        answer,
        options,
        resolve: settle,
        reject,
      });
      this.#next();
    });
  }

  /** Ends the connection; requests that wait are rejected. */
  close(): void {
    this.#lose("it was closed on this side");
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const request = this.#queue.shift();
    if (request === undefined) return;
    this.#current = request;
    const timeoutMs = request.options.timeoutMs ?? this.#timeoutMs;
    this.#timer = setTimeout(() => this.#giveUp(timeoutMs), timeoutMs);
    this.#write(request.blocks);
  }

  #write(blocks: readonly Uint8Array[]): void {
    this.#stream.cork();
    for (const block of blocks) this.#stream.write(block);
    this.#stream.uncork();
    this.#keepAlive.refresh();
  }

  #sayAlive(): void {
    this.#write(Nop.encode({ padding: new Uint8Array(4) }));
  }

  #rule(type: number): FrameRule {
    const answer = this.#current?.answer;
    if (answer?.id === type) return answer;
    const name = unsolicited.get(type);
    return name === undefined ? undefined : { name, skip: true };
  }

  #receive(piece: Uint8Array): void {
    if (this.#failure !== undefined) return;
    try {
      this.#frames.push(piece, (frame) => this.#settle(frame));
    } catch (error) {
      if (error instanceof ProtocolError) this.#refuse(error);
      else throw error;
    }
  }

  #settle(frame: Frame): void {
    const request = this.#current;
    if (request === undefined || request.answer.id !== frame.type) return;
    // The answer is decoded from a copy, because its views outlive this call.
    const value = request.answer.decode(frame.body.slice(), request.options.variant);
    clearTimeout(this.#timer);
    this.#current = undefined;
    request.resolve(value);
    this.#next();
  }

  #giveUp(timeoutMs: number): void {
    const what = `no answer within ${timeoutMs} ms, expected "${this.#current?.answer.name}"`;
    this.#end(
      new MfsctlError("timedOut", `Cannot ask "${this.name}": ${what}`, {
        host: this.name,
        hint: "Check that the daemon there is not overloaded or stopped, then try again",
      }),
    );
  }

  #refuse(cause: ProtocolError): void {
    const message = `Cannot understand the answer of "${this.name}": ${cause.message}`;
    const hint = "Check that the program listening there is a MooseFS 3.0 daemon";
    this.#end(new MfsctlError("unreachable", message, { host: this.name, hint, cause }));
  }

  #lose(what: string, cause?: Error): void {
    const reason = cause === undefined ? what : `${what} (${cause.message})`;
    this.#end(
      new MfsctlError("unreachable", `Cannot ask "${this.name}": ${reason}, expected an open one`, {
        host: this.name,
        hint: "Check that the daemon there runs: `mfsctl status`",
        cause,
      }),
    );
  }

  #end(failure: MfsctlError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    clearTimeout(this.#timer);
    clearInterval(this.#keepAlive);
    const waiting = [...(this.#current === undefined ? [] : [this.#current]), ...this.#queue];
    this.#current = undefined;
    this.#queue.length = 0;
    this.#stream.destroy();
    for (const request of waiting) request.reject(failure);
  }
}
