// How a chunkserver becomes one of ours: password, address, identity, then its list of copies.
// Spec: wire-chunkserver.md sections 2.3.2, 2.3.5, 2.4.

import { createHash } from "node:crypto";
import { formatIpv4 } from "../../../protocol/address.ts";
import { forEachChunk } from "../../../protocol/packets/chunkserver-chunk-list.ts";
import { RegisterChunkserverAnswer } from "../../../protocol/packets/chunkserver-register.ts";
import type { RegisterChunkserver } from "../../../protocol/packets/chunkserver-register.ts";
import { spokenVersion } from "../../../protocol/version.ts";
import { serverAction } from "../changes/chunkservers.ts";
import { maintenance } from "../store/server-book.ts";
import type { ServerEntry } from "../store/server-book.ts";
import type { ChunkCore } from "./chunk-core.ts";
import type { Connection } from "./connection.ts";
import { onCopyFound } from "./copy-reports.ts";
import type { Server } from "./server.ts";
import type { AddressRemap } from "./settings.ts";

type Step = RegisterChunkserver;
type Begin = Extract<Step, { variant: "begin" | "beginWithPassword" | "beginPlain" }>;

const timeoutSecondsMin = 10;
const challengeBytes = 32;

/** Handles one step; the reason for closing the connection, or undefined. */
export function onRegister(
  core: ChunkCore,
  connection: Connection,
  step: Step,
): string | undefined {
  const { server } = connection;
  if (server?.registered === true && step.variant !== "disconnect") return "registers twice";
  switch (step.variant) {
    case "begin":
    case "beginWithPassword":
    case "beginPlain":
      return server === undefined ? begin(core, connection, step) : "begins to register twice";
    case "chunks":
      return server === undefined ? "lists chunks before it registers" : list(core, server, step);
    case "end":
      if (server === undefined) return "ends a registration that did not begin";
      endRegistration(core, server);
      return undefined;
    case "disconnect":
      if (server !== undefined) leaveForMaintenance(core, server.entry);
      return "says goodbye";
    default:
      return step satisfies never;
  }
}

function begin(core: ChunkCore, connection: Connection, step: Begin): string | undefined {
  const { settings } = core;
  if (settings.authCode.length > 0) {
    if (step.variant === "beginPlain") return "registers without a password";
    if (step.variant === "begin") return challenge(core, connection);
    if (!hasRightDigest(settings.authCode, connection, step.digest)) return "has a wrong password";
  }
  const plain = step.variant === "beginPlain";
  const wanted =
    step.timeoutSeconds === 0 && !plain ? settings.timeoutSeconds : step.timeoutSeconds;
  if (wanted < timeoutSecondsMin) return `wants a timeout of ${wanted} s, expected 10 or more`;
  const ip = remapAddress(step.ip === 0 ? connection.ip : step.ip, settings.remap);
  if (ip >>> 24 === 127) return `announces the address ${formatIpv4(ip)}, which only it can reach`;
  if (!core.servers.hasRoom) return "is one chunkserver too many";
  const entry = identify(core, { ip, port: step.port, id: plain ? 0 : step.chunkserverId });
  if (entry === undefined) {
    return `announces ${formatIpv4(ip)}:${step.port}, which another connection has`;
  }
  if (!plain) assignId(core, entry);
  connection.timeoutMs = wanted * 1000;
  accept(core, connection, { step, entry, timeoutSeconds: wanted });
  return undefined;
}

function accept(
  core: ChunkCore,
  connection: Connection,
  { step, entry, timeoutSeconds }: { step: Begin; entry: ServerEntry; timeoutSeconds: number },
): void {
  const version = spokenVersion;
  if (step.variant === "beginPlain") {
    const answer = { variant: "acceptedPlain", version } as const;
    core.out.send(connection.peer, RegisterChunkserverAnswer, answer);
  } else {
    const answer = { variant: "accepted", version, timeoutSeconds } as const;
    const identity = { chunkserverId: entry.id, metaId: core.metaId() };
    core.out.send(connection.peer, RegisterChunkserverAnswer, { ...answer, ...identity });
  }
  const server = core.servers.add(connection.peer, entry, step.version);
  core.book.connect(entry, server.slot);
  server.lastSentMs = core.nowMs;
  connection.server = server;
  if (step.variant !== "beginPlain") server.space = step;
}

function challenge(core: ChunkCore, connection: Connection): undefined {
  const random = core.randomBytes(challengeBytes);
  connection.challenge = random;
  core.out.send(connection.peer, RegisterChunkserverAnswer, { variant: "challenge", random });
}

function hasRightDigest(
  authCode: Uint8Array,
  { challenge: random }: Connection,
  digest: Uint8Array,
): boolean {
  if (random === undefined) return false;
  const wanted = createHash("md5")
    .update(random.subarray(0, 16))
    .update(authCode)
    .update(random.subarray(16))
    .digest();
  return wanted.every((byte, index) => byte === digest[index]);
}

/** The address that clients are told. Spec: wire-chunkserver.md 2.4.3. */
export function remapAddress(ip: number, remap: AddressRemap | null): number {
  if (remap === null || remap.bits < 1 || remap.bits > 32) return ip;
  const hosts = 2 ** (32 - remap.bits);
  const isSource = Math.floor(ip / hosts) === Math.floor(remap.source / hosts);
  if (!isSource) return ip;
  return remap.destination - (remap.destination % hosts) + (ip % hosts);
}

/** The entry that this server continues, or a new one; undefined when it is connected already. */
function identify(
  core: ChunkCore,
  { ip, port, id }: { ip: number; port: number; id: number },
): ServerEntry | undefined {
  const { book } = core;
  const byAddress = book.find(ip, port);
  if (byAddress !== undefined) return byAddress.slot === 0 ? byAddress : undefined;
  const byId = book.findId(id);
  const server = { op: "CSDBOP", address: ip, port } as const;
  if (byId?.slot === 0) {
    core.commit({ ...server, action: serverAction.move, argument: id });
    return byId;
  }
  core.commit({ ...server, action: serverAction.add, argument: byId === undefined ? id : 0 });
  return book.find(ip, port);
}

function assignId(core: ChunkCore, entry: ServerEntry): void {
  if (entry.id !== 0) return;
  const id = core.book.freeId();
  if (id === 0) return;
  const { ip: address, port } = entry;
  core.commit({ op: "CSDBOP", action: serverAction.assignId, address, port, argument: id });
}

function list(
  core: ChunkCore,
  server: Server,
  step: Extract<Step, { variant: "chunks" }>,
): undefined {
  forEachChunk(step.entries, (chunkId, version, removal) =>
    onCopyFound(core, server, chunkId, version, removal),
  );
  core.out.send(server.peer, RegisterChunkserverAnswer, { variant: "nextPart" });
}

function endRegistration(core: ChunkCore, server: Server): void {
  core.servers.endRegistration(server);
  if (core.servers.registering === 0) core.events.invalidateClientCaches();
}

/** An orderly stop: the server is expected back soon. */
function leaveForMaintenance(core: ChunkCore, entry: ServerEntry): void {
  if (entry.maintenance !== maintenance.off) return;
  const seconds = core.settings.temporaryMaintenanceSeconds;
  core.commit({
    op: "CSDBOP",
    action: serverAction.maintenanceTemporary,
    address: entry.ip,
    port: entry.port,
    argument: seconds === 0 ? 0 : core.now + seconds,
  });
}
