// The cluster as its master sees it, read over the admin protocol: the one source of health, removal
// progress and membership. Unknown stays unknown here: nothing is guessed.
// Spec: wire-admin.md sections 3.1 to 3.7, 3.12.

import { formatIpv4 } from "../../daemons/protocol/address.ts";
import type { Body } from "../../daemons/protocol/packet.ts";
import {
  ChunkserverList,
  ChunkserverListAnswer,
  ChunksMatrix,
  ChunksMatrixAnswer,
  ChunksTestInfo,
  ChunksTestInfoAnswer,
  Info,
  InfoAnswer,
  MetaloggerList,
  MetaloggerListAnswer,
  SessionList,
  SessionListAnswer,
  chunkserverFlags,
} from "../../daemons/protocol/packets/admin.ts";
import { formatVersion, newerVersion } from "../../daemons/protocol/version.ts";
import { MfsctlError } from "../errors.ts";
import { countChunks } from "./chunk-counts.ts";
import type { ChunkCounts, ChunkMatrix } from "./chunk-counts.ts";
import type { WireClient } from "./client.ts";

const sessionMode = 4;
const connectedForever = 0xffff_ffff;

/** General figures of the master; `metaVersion` and checksums are opaque, all else counts. */
export interface MasterInfo extends Omit<
  Extract<Body<typeof InfoAnswer>, { variant: "current" }>,
  "variant" | "version" | "leaderIp"
> {
  /** `3.0.117`. */
  readonly version: string;
}

/** What the master says about emptying a server's marked disks; "unknown" is never "ready". */
export type RemovalStatus = "unknown" | "notReady" | "ready";

/** One server of the master's database. */
export interface Chunkserver {
  readonly ip: string;
  readonly port: number;
  readonly id: number;
  readonly connected: boolean;
  readonly maintenance: "off" | "on" | "temporary";
  /** `3.0.117`; empty while disconnected. */
  readonly version: string;
  readonly usedBytes: number;
  readonly totalBytes: number;
  readonly chunks: number;
  /** Figures of disks that are marked for removal. */
  readonly removal: {
    readonly status: RemovalStatus;
    readonly usedBytes: number;
    readonly totalBytes: number;
    readonly chunks: number;
  };
  readonly errors: number;
  readonly load: number;
  readonly graceSeconds: number;
  /** Letters A to Z. */
  readonly labels: readonly string[];
}

/** A metalogger that is connected now. */
export interface Metalogger {
  readonly ip: string;
  readonly version: string;
}

/** A mount, a meta mount (path `.`) or one of our own short visits (info `mfsctl`). */
export interface Session {
  readonly id: number;
  readonly ip: string;
  readonly version: string;
  readonly connected: boolean;
  /** Until the master forgets it; `undefined` while it is connected. */
  readonly expireSeconds: number | undefined;
  readonly openFiles: number;
  readonly sockets: number;
  /** The mount point, as the client told it. */
  readonly info: string;
  readonly path: string;
  readonly readOnly: boolean;
  readonly goalMin: number;
  readonly goalMax: number;
}

/** Copies of chunks: `all` counts every valid copy, `regular` those on disks that stay. */
export interface ChunkState {
  /** False while servers register or leave: the counts are not exact then. */
  readonly matrixExact: boolean;
  readonly all: ChunkCounts;
  readonly regular: ChunkCounts;
  readonly matrix: { readonly all: ChunkMatrix; readonly regular: ChunkMatrix };
}

/** The last complete chunk loop in unix seconds; both 0 before the first one ended. */
export interface ChunkLoop {
  readonly start: number;
  readonly end: number;
}

/** Everything that health, removal and failover look at. */
export interface ClusterState {
  readonly info: MasterInfo;
  readonly chunkservers: readonly Chunkserver[];
  readonly metaloggers: readonly Metalogger[];
  readonly sessions: readonly Session[];
  readonly chunks: ChunkState;
  readonly chunkLoop: ChunkLoop;
}

/** Reads the whole state over one connection. Throws `MfsctlError` when the master speaks another dialect. */
export async function readClusterState(client: WireClient): Promise<ClusterState> {
  const info = await readInfo(client);
  const { chunkservers } = await client.request(ChunkserverList, {}, ChunkserverListAnswer);
  const { metaloggers } = await client.request(MetaloggerList, {}, MetaloggerListAnswer);
  const { sessions } = await client.request(SessionList, { mode: sessionMode }, SessionListAnswer);
  const chunks = await readChunks(client);
  const loop = await client.request(ChunksTestInfo, {}, ChunksTestInfoAnswer);
  return {
    info,
    chunkservers: chunkservers.map((server) => chunkserver(server)),
    metaloggers: metaloggers.map((each) => ({
      ip: formatIpv4(each.ip),
      version: formatVersion(each.version),
    })),
    sessions: sessions.map((each) => session(each)),
    chunks,
    chunkLoop: { start: loop.loopStart, end: loop.loopEnd },
  };
}

/** The master's general figures alone: the quickest proof that it serves. */
export async function readInfo(client: WireClient): Promise<MasterInfo> {
  const answer = await client.request(Info, {}, InfoAnswer);
  if (answer.variant === "newer" || answer.version >= newerVersion) {
    const found = formatVersion(answer.version);
    const message = `Cannot read the state of "${client.name}": its master is ${found}, expected 3.0`;
    const hint =
      "Manage this cluster with an engine of MooseFS 3.0, for example `engine: packages`";
    throw new MfsctlError("refused", message, { host: client.name, hint });
  }
  const { variant: _variant, leaderIp: _leaderIp, version, ...figures } = answer;
  return { ...figures, version: formatVersion(version) };
}

async function readChunks(client: WireClient): Promise<ChunkState> {
  const answer = await client.request(ChunksMatrix, { matrixId: undefined }, ChunksMatrixAnswer, {
    variant: "both",
  });
  if (answer.variant !== "both") throw new RangeError("The matrix answer is not of the named form");
  return {
    matrixExact: answer.progress === 0,
    all: countChunks(answer.all),
    regular: countChunks(answer.regular),
    matrix: { all: answer.all, regular: answer.regular },
  };
}

type ListedChunkserver = Body<typeof ChunkserverListAnswer>["chunkservers"][number];

function chunkserver(listed: ListedChunkserver): Chunkserver {
  const connected = (listed.flags & chunkserverFlags.disconnected) === 0;
  return {
    ip: formatIpv4(listed.ip),
    port: listed.port,
    id: listed.chunkserverId,
    connected,
    maintenance: maintenanceOf(listed.flags),
    version: connected ? formatVersion(listed.version) : "",
    usedBytes: listed.usedBytes,
    totalBytes: listed.totalBytes,
    chunks: listed.chunks,
    removal: {
      status: removalStatusOf(listed.removalStatus),
      usedBytes: listed.removalUsedBytes,
      totalBytes: listed.removalTotalBytes,
      chunks: listed.removalChunks,
    },
    errors: listed.errors,
    load: listed.load,
    graceSeconds: listed.graceSeconds,
    labels: labelsOf(listed.labelMask),
  };
}

function maintenanceOf(flags: number): Chunkserver["maintenance"] {
  if ((flags & chunkserverFlags.maintenance) === 0) return "off";
  return (flags & chunkserverFlags.temporaryMaintenance) === 0 ? "on" : "temporary";
}

function removalStatusOf(byte: number): RemovalStatus {
  if (byte === 1) return "notReady";
  return byte === 2 ? "ready" : "unknown";
}

function labelsOf(mask: number): readonly string[] {
  return Array.from({ length: 26 }, (_, bit) => String.fromCharCode(65 + bit)).filter(
    (_, bit) => ((mask >>> bit) & 1) === 1,
  );
}

type ListedSession = Body<typeof SessionListAnswer>["sessions"][number];

function session(listed: ListedSession): Session {
  const connected = listed.expireSeconds === connectedForever;
  return {
    id: listed.sessionId,
    ip: formatIpv4(listed.ip),
    version: formatVersion(listed.version),
    connected,
    expireSeconds: connected ? undefined : listed.expireSeconds,
    openFiles: listed.openFiles,
    sockets: listed.sockets,
    info: listed.info,
    path: listed.path,
    readOnly: (listed.flags & 1) === 1,
    goalMin: listed.goalMin,
    goalMax: listed.goalMax,
  };
}
