// Where a chunk lies, as answers to clients show it. Spec: semantics-master.md section 5.

import { locationProtocol } from "../../../protocol/packets/client-location.ts";
import { locationsOf, readStatus } from "../chunks/locations.ts";
import type { CopyLocation } from "../chunks/server.ts";
import type { Client } from "../client.ts";
import { status } from "../status.ts";

/** Part of an answer: the chunk and its copies, the nearest first. */
export interface Location {
  readonly protocol: number;
  readonly chunkId: number;
  readonly version: number;
  readonly copies: readonly CopyLocation[];
}

const hole: Location = { protocol: locationProtocol, chunkId: 0, version: 0, copies: [] };

/** The location of a chunk that can be read now; 0 is a hole. Otherwise a status. */
export function locationOf(client: Client, chunkId: number): Location | number {
  if (chunkId === 0) return hole;
  const { world, chunkCore } = client.service;
  const readable = readStatus(chunkCore, chunkId);
  if (readable !== status.OK) return readable;
  return locationOfChunk(client, world.chunks.find(chunkId));
}

/** As `locationOf`, whatever runs on the chunk: for whoever may write. */
export function locationOfChunk(client: Client, chunk: number): Location | number {
  const { world, chunkCore } = client.service;
  const copies = locationsOf(chunkCore, chunk, client.ip);
  if (copies.length === 0 && chunkCore.isComplete) return status.CHUNKLOST;
  const { chunks } = world;
  const chunkId = chunks.idOf(chunk);
  return { protocol: locationProtocol, chunkId, version: chunks.versionOf(chunk), copies };
}
