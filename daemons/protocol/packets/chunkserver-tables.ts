// Which packets may come on a connection between a chunkserver and a master (port 9420), by direction.
// Anything else closes it. Spec: wire-chunkserver.md section 2.2.

import { packetTable } from "../packet.ts";
import type { PacketTable } from "../packet.ts";
import { BadCommandSize, ConfigValue, GetConfig, GetVersion } from "./any.ts";
import { Nop, UnknownCommand, Version } from "./any.ts";
import * as commands from "./chunkserver-commands.ts";
import * as registration from "./chunkserver-register.ts";
import * as reports from "./chunkserver-reports.ts";

/** What a chunkserver may send a master. */
export const fromChunkserver: PacketTable = packetTable([
  Nop,
  UnknownCommand,
  BadCommandSize,
  GetVersion,
  GetConfig,
  registration.RegisterChunkserver,
  registration.ChunkserverLabels,
  reports.ChunkserverSpace,
  reports.ChunksDamaged,
  reports.ChunkserverLoad,
  reports.ChunksLost,
  reports.DiskError,
  reports.ChunksFound,
  commands.CreateChunkAnswer,
  commands.DeleteChunkAnswer,
  commands.DuplicateChunkAnswer,
  commands.SetChunkVersionAnswer,
  commands.ReplicateChunkAnswer,
  commands.TruncateChunkAnswer,
  commands.DuplicateTruncateChunkAnswer,
  commands.ChunkChecksumAnswer,
]);

/** What a master may send a chunkserver. */
export const toChunkserver: PacketTable = packetTable([
  Nop,
  UnknownCommand,
  BadCommandSize,
  Version,
  ConfigValue,
  registration.RegisterChunkserverAnswer,
  commands.CreateChunk,
  commands.DeleteChunk,
  commands.DuplicateChunk,
  commands.SetChunkVersion,
  commands.ReplicateChunk,
  commands.TruncateChunk,
  commands.DuplicateTruncateChunk,
  commands.ChunkChecksum,
]);
