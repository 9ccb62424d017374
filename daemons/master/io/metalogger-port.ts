// Serves metaloggers: every change as it is made, the changes that a returning one has missed, and the image
// with its logs. It runs on connections that somebody else keeps. Spec: metalogger.md 1 and 2.

import { GetConfig, GetVersion, Nop, Version, ConfigValue } from "../../protocol/packets/any.ts";
import {
  ChangePushed,
  DownloadPiece,
  EndDownload,
  fromMetalogger,
  RegisterMetalogger,
  StartDownload,
} from "../../protocol/packets/metalogger.ts";
import type { FrameRule } from "../../protocol/frame.ts";
import type { Packet } from "../../protocol/packet.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import { spokenVersion } from "../../protocol/version.ts";
import type { ChangelogHistory } from "./changelog-history.ts";
import { Download } from "./metalogger-download.ts";
import type { DownloadAnswers } from "./metalogger-download.ts";
import type { PortHandler } from "./ports.ts";

/** The connections. */
export interface MetaloggerPeers {
  send<T>(peer: number, packet: Packet<T>, body: T): void;
  close(peer: number, reason: string): void;
  /** Bytes that were sent but that the kernel has not taken. */
  unsentBytes(peer: number): number;
  /** Runs what comes of a finished reading as a turn of its own. */
  run(inputs: () => void): void;
}

/** What the port needs from around it. */
export interface MetaloggerContext {
  readonly peers: MetaloggerPeers;
  readonly history: ChangelogHistory;
  readonly dataPath: string;
  /** Milliseconds that never jump. */
  readonly clockMs: () => number;
  /** Everything logged so far is in the files afterwards. */
  readonly flushLog: () => void;
  readonly optionText: (name: string) => string;
  readonly log: (level: "info" | "warning", text: string) => void;
}

/** A registered metalogger as lists show it. */
export interface ConnectedMetalogger {
  readonly version: number;
  readonly ip: number;
}

/** Text of the version as the packages have it. */
const versionText = "3.0.117-1";
const timeoutSecondsBefore = 10;
const timeoutSecondsMin = 3;
/** A real metalogger refuses to announce less. */
const timeoutSecondsUsual = 10;
const linesPerSend = 10_000;
/** A stop of this length is ours: peers are not blamed for it. */
const ownPauseMs = 1000;
const feedEveryMs = 20;

interface Peer {
  readonly id: number;
  readonly ip: number;
  readonly download: Download;
  version: number;
  timeoutMs: number;
  state: "unregistered" | "sync" | "delayed";
  /** Of a delayed one: the change that it gets next. */
  next: number;
  lastReadMs: number;
  lastWriteMs: number;
}

/** All connections of metaloggers. */
export class MetaloggerPort implements PortHandler {
  readonly name = "metalogger";
  readonly #context: MetaloggerContext;
  readonly #peers = new Map<number, Peer>();
  #lastWatchMs: number | null = null;
  #feeding: NodeJS.Timeout | null = null;

  constructor(context: MetaloggerContext) {
    this.#context = context;
  }

  /** Registered metaloggers. */
  list(): readonly ConnectedMetalogger[] {
    return [...this.#peers.values()].filter(({ state }) => state !== "unregistered");
  }

  connected(peer: number, ip: number): void {
    const now = this.#context.clockMs();
    this.#peers.set(peer, {
      id: peer,
      ip,
      download: new Download(this.#context, this.#answers(peer)),
      version: 0,
      timeoutMs: timeoutSecondsBefore * 1000,
      state: "unregistered",
      next: 0,
      lastReadMs: now,
      lastWriteMs: now,
    });
  }

  ruleOf(_peer: number, type: number): FrameRule {
    return fromMetalogger.get(type);
  }

  closed(peer: number): void {
    this.#peers.get(peer)?.download.end();
    this.#peers.delete(peer);
  }

  /** It keeps its connections alive itself: each peer says how long it waits. */
  watches(): "none" {
    return "none";
  }

  frame(id: number, type: number, body: Uint8Array): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    peer.lastReadMs = this.#context.clockMs();
    switch (type) {
      case RegisterMetalogger.id:
        return this.#register(peer, body);
      case StartDownload.id:
        return peer.download.start(StartDownload.decode(body).file);
      case DownloadPiece.id:
        return peer.download.piece(DownloadPiece.decode(body));
      case EndDownload.id:
        EndDownload.decode(body);
        return peer.download.endFile();
      case GetVersion.id:
        return this.#tellVersion(peer, body);
      case GetConfig.id: {
        const { messageId, name } = GetConfig.decode(body);
        const value = this.#context.optionText(name);
        return this.#send(peer, ConfigValue, { messageId, value });
      }
      default:
        // Empty packets keep the connection; the others mean nothing.
        return undefined;
    }
  }

  /** Before the replies of the change's turn, so that no client knows of a change that no metalogger gets. */
  push(version: number, line: string): void {
    if (this.#peers.size === 0) return;
    const text = Buffer.from(line, "latin1");
    for (const peer of this.#peers.values()) {
      if (peer.state !== "sync") continue;
      this.#send(peer, ChangePushed, { variant: "change", version: BigInt(version), text });
    }
  }

  /** The logs turned over. */
  rotate(): void {
    for (const peer of this.#peers.values()) {
      if (peer.state !== "unregistered") this.#send(peer, ChangePushed, { variant: "rotate" });
    }
  }

  /** Once a second: empty packets to quiet peers, an end to silent ones. */
  watch(): void {
    const now = this.#context.clockMs();
    const pause = now - (this.#lastWatchMs ?? now);
    this.#lastWatchMs = now;
    for (const peer of this.#peers.values()) {
      if (pause > 2 * ownPauseMs) peer.lastReadMs += pause;
      if (now - peer.lastReadMs > peer.timeoutMs) {
        this.#context.peers.close(peer.id, `silent for ${peer.timeoutMs / 1000} s`);
      } else if (peer.state !== "unregistered" && now - peer.lastWriteMs > peer.timeoutMs / 3) {
        if (this.#context.peers.unsentBytes(peer.id) === 0) this.#send(peer, Nop, { padding });
      }
    }
  }

  /** Ends what goes on in the background. */
  close(): void {
    if (this.#feeding !== null) clearTimeout(this.#feeding);
    for (const peer of this.#peers.values()) peer.download.end();
    this.#peers.clear();
  }

  #register(peer: Peer, body: Uint8Array): void {
    const asked = RegisterMetalogger.decode(body);
    if (peer.state !== "unregistered") {
      const place = { code: "badValue", packet: RegisterMetalogger.name, offset: 0 } as const;
      throw new ProtocolError(place, "a second registration, expected one");
    }
    const { version, timeoutSeconds } = asked;
    if (timeoutSeconds < timeoutSecondsUsual) {
      this.#context.log(
        "warning",
        `metalogger uses a communication timeout of ${timeoutSeconds} s`,
      );
    }
    peer.version = version;
    peer.timeoutMs = Math.max(timeoutSeconds, timeoutSecondsMin) * 1000;
    peer.state = "sync";
    if (asked.variant === "resume") this.#resume(peer, asked.wanted);
  }

  /** What it missed comes first, if the history is long enough; if not, it finds the gap itself. */
  #resume(peer: Peer, wanted: bigint): void {
    const { history, log } = this.#context;
    if (wanted < BigInt(history.oldest)) {
      log("warning", `metalogger wants change ${wanted}, the oldest one here is ${history.oldest}`);
      return;
    }
    if (wanted >= BigInt(history.next)) return;
    peer.next = Number(wanted);
    peer.state = "delayed";
    this.#feed(peer);
  }

  /** Sends the next lines to a delayed peer that has taken the last ones. */
  #feed(peer: Peer): void {
    const { history, peers } = this.#context;
    if (peers.unsentBytes(peer.id) === 0) {
      if (peer.next < history.oldest) {
        peers.close(peer.id, "it is slower than the history lasts");
        return;
      }
      for (const line of history.read(peer.next, linesPerSend)) {
        const text = Buffer.from(line, "latin1");
        const version = BigInt(peer.next++);
        this.#send(peer, ChangePushed, { variant: "change", version, text });
      }
    }
    if (peer.next >= history.next) peer.state = "sync";
    else this.#feedLater();
  }

  #feedLater(): void {
    this.#feeding ??= setTimeout(() => {
      this.#feeding = null;
      this.#context.peers.run(() => {
        for (const peer of this.#peers.values()) if (peer.state === "delayed") this.#feed(peer);
      });
    }, feedEveryMs);
  }

  #tellVersion(peer: Peer, body: Uint8Array): void {
    const asked = GetVersion.decode(body);
    const answer = { version: spokenVersion, text: versionText };
    if (asked.variant === "plain") this.#send(peer, Version, { variant: "plain", ...answer });
    else {
      const { messageId } = asked;
      this.#send(peer, Version, { variant: "numbered", messageId, ...answer });
    }
  }

  #send<T>(peer: Peer, packet: Packet<T>, body: T): void {
    peer.lastWriteMs = this.#context.clockMs();
    this.#context.peers.send(peer.id, packet, body);
  }

  /** Answers of a download; those that come late, after the connection, go nowhere. */
  #answers(id: number): DownloadAnswers {
    return {
      send: (packet, body) => {
        const peer = this.#peers.get(id);
        if (peer !== undefined) this.#send(peer, packet, body);
      },
      close: (reason) => {
        if (this.#peers.has(id)) this.#context.peers.close(id, reason);
      },
    };
  }
}

const padding = new Uint8Array(0);
