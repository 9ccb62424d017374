// Every request of monitors and administrators that the master serves, by packet number.
// Spec: wire-admin.md section 2.

import * as charts from "./charts.ts";
import * as chunks from "./chunk-figures.ts";
import * as exports from "./exports.ts";
import * as identity from "./identity.ts";
import * as info from "./info.ts";
import { nodeInfo } from "./node-info.ts";
import * as open from "./open-files.ts";
import { quotaInfo } from "./quotas.ts";
import type { MonitorRequest } from "./request.ts";
import { massResolvePaths } from "./resolve.ts";
import * as servers from "./servers.ts";
import * as sessions from "./sessions.ts";
import { storageClassInfo } from "./storage-classes.ts";

export type { MonitorRequest } from "./request.ts";

const all: readonly MonitorRequest[] = [
  identity.getVersion,
  identity.getConfig,
  identity.moduleInfo,
  info.info,
  info.memoryInfo,
  servers.chunkserverList,
  servers.metaloggerList,
  servers.chunkserverCommand,
  sessions.sessionList,
  sessions.sessionCommand,
  chunks.chunksMatrix,
  chunks.chunksTestInfo,
  chunks.filesTestInfo,
  chunks.missingChunks,
  exports.exportsInfo,
  quotaInfo,
  storageClassInfo,
  open.listOpenFiles,
  open.listAcquiredLocks,
  massResolvePaths,
  nodeInfo,
  charts.chart,
  charts.chartData,
  charts.monotonicData,
];

/** Requests by their number. */
export const monitorRequests: ReadonlyMap<number, MonitorRequest> = new Map(
  all.map((row) => [row.request.id, row]),
);
