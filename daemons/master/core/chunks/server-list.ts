// Chunkservers as monitors see them, and what administrators may do with them.
// Spec: wire-admin.md sections 3.2 and 3.5.

import { chunkserverFlags } from "../../../protocol/packets/admin.ts";
import type { ChunkserverListAnswer } from "../../../protocol/packets/admin.ts";
import { serverAction } from "../changes/chunkservers.ts";
import { status } from "../status.ts";
import { maintenance } from "../store/server-book.ts";
import type { ServerEntry } from "../store/server-book.ts";
import type { ChunkCore } from "./chunk-core.ts";
import { loadState, removalState } from "./server.ts";
import type { RemovalState, Server } from "./server.ts";
import { commitServer, graceSeconds } from "./server-upkeep.ts";

type ListedServer = ChunkserverListAnswer["chunkservers"][number];

const overloadedGrace = 0xc000_0000;
const rebalancingGrace = 0x8000_0000;

/** Every known chunkserver, connected or not. */
export function listServers(core: ChunkCore): readonly ListedServer[] {
  return [...core.book.entries()].map((entry) =>
    entry.slot === 0 ? listAway(core, entry) : listConnected(core, core.servers.at(entry.slot)),
  );
}

function listConnected(core: ChunkCore, server: Server): ListedServer {
  const { entry, space } = server;
  return {
    flags: flagsOf(entry),
    version: server.version,
    ip: entry.ip,
    port: entry.port,
    chunkserverId: entry.id,
    usedBytes: space.usedBytes,
    totalBytes: space.totalBytes,
    chunks: space.chunks,
    removalUsedBytes: space.removalUsedBytes,
    removalTotalBytes: space.removalTotalBytes,
    removalChunks: space.removalChunks,
    errors: server.errors,
    load: server.load,
    graceSeconds: shownGrace(core, server),
    labelMask: server.labelMask,
    removalStatus: removalStatus(server.removal),
  };
}

function listAway(core: ChunkCore, entry: ServerEntry): ListedServer {
  return {
    flags: flagsOf(entry),
    version: 0,
    ip: entry.ip,
    port: entry.port,
    chunkserverId: entry.id,
    usedBytes: 0,
    totalBytes: 0,
    chunks: 0,
    removalUsedBytes: 0,
    removalTotalBytes: 0,
    removalChunks: 0,
    errors: 0,
    load: 0,
    graceSeconds: graceSeconds(core, entry),
    labelMask: 0,
    removalStatus: 0,
  };
}

function flagsOf(entry: ServerEntry): number {
  const away = entry.slot === 0 ? chunkserverFlags.disconnected : 0;
  if (entry.maintenance === maintenance.off) return away;
  const temporary = entry.maintenance === maintenance.temporary;
  return (
    away | chunkserverFlags.maintenance | (temporary ? chunkserverFlags.temporaryMaintenance : 0)
  );
}

function shownGrace(core: ChunkCore, server: Server): number {
  switch (server.loadState) {
    case loadState.good:
      return 0;
    case loadState.overloaded:
      return overloadedGrace;
    case loadState.rebalancing:
      return rebalancingGrace;
    default:
      return graceSeconds(core, server.entry);
  }
}

function removalStatus(state: RemovalState): number {
  switch (state) {
    case removalState.unknownHard:
    case removalState.unknownSoft:
      return 0;
    case removalState.inProgress:
    case removalState.wasInProgress:
      return 1;
    case removalState.canBeRemoved:
      return 2;
    default:
      return state satisfies never;
  }
}

/** Commands of an administrator; those of the commercial edition are refused. */
export const serverCommand = {
  remove: 0,
  backToWork: 1,
  maintenanceOn: 2,
  maintenanceOff: 3,
} as const;

/** Runs a command on the server of this address. */
export function commandServer(
  core: ChunkCore,
  request: { readonly command: number; readonly ip: number; readonly port: number },
): number {
  if (request.command > serverCommand.maintenanceOff) return status.EINVAL;
  const entry = core.book.find(request.ip, request.port);
  if (entry === undefined) return status.NOTFOUND;
  switch (request.command) {
    case serverCommand.remove:
      if (entry.slot !== 0) return status.ACTIVE;
      commitServer(core, entry, serverAction.remove, 0);
      return status.OK;
    case serverCommand.backToWork:
      entry.heavyLoadAt = 0;
      return status.OK;
    case serverCommand.maintenanceOn:
      if (entry.maintenance === maintenance.off) {
        const seconds = core.settings.maintenanceSeconds;
        const until = seconds === 0 ? 0 : core.now + seconds;
        commitServer(core, entry, serverAction.maintenanceOn, until);
      }
      return status.OK;
    default:
      if (entry.maintenance !== maintenance.off) {
        commitServer(core, entry, serverAction.maintenanceOff, 0);
      }
      return status.OK;
  }
}
