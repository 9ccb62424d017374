// Which requests each kind of connection to a master may send, and what answers them: the table that a
// master's dispatch, its limits of frames and its answers to requests it does not serve come from.
// Spec: wire-client-master-1.md sections 1.4, 1.6 and 1.7.

import type { FrameRule } from "../frame.ts";
import type { Packet } from "../packet.ts";
import type { Schema } from "../wire.ts";
import * as figures from "./admin-figures.ts";
import * as settings from "./admin-settings.ts";
import * as admin from "./admin.ts";
import * as any from "./any.ts";
import * as attributes from "./client-attributes.ts";
import * as classes from "./client-classes.ts";
import * as data from "./client-data.ts";
import * as locks from "./client-locks.ts";
import * as meta from "./client-meta.ts";
import * as register from "./client-register.ts";
import * as reports from "./client-reports.ts";
import * as tools from "./client-tools.ts";
import * as tree from "./client-tree.ts";

/** What a connection became by registering; meta mounts are mounts. */
export type ConnectionClass = "unregistered" | "mount" | "tools";

/** A request with what answers it. */
export interface Exchange {
  readonly request: Packet<unknown>;
  /** `undefined` for the two lists that a mount just tells. */
  readonly answer: Packet<unknown> | undefined;
  /** Whether every form of the request starts with a message id, so that a status alone can answer it. */
  readonly numbered: boolean;
}

/** Packets that are dropped unseen on every connection, whatever their length. */
const ignored: readonly Packet<unknown>[] = [any.Nop, any.UnknownCommand, any.BadCommandSize];

const everywhere: readonly Exchange[] = [
  exchange(any.GetVersion, any.Version),
  exchange(any.GetConfig, any.ConfigValue),
  exchange(register.Register, register.RegisterAnswer),
];

const monitoring: readonly Exchange[] = [
  exchange(admin.ChunkserverList, admin.ChunkserverListAnswer),
  exchange(figures.MonotonicData, figures.MonotonicDataAnswer),
  exchange(figures.Chart, figures.ChartAnswer),
  exchange(figures.ChartData, figures.ChartDataAnswer),
  exchange(admin.SessionList, admin.SessionListAnswer),
  exchange(admin.Info, admin.InfoAnswer),
  exchange(admin.FilesTestInfo, admin.FilesTestInfoAnswer),
  exchange(admin.ChunksTestInfo, admin.ChunksTestInfoAnswer),
  exchange(admin.ChunksMatrix, admin.ChunksMatrixAnswer),
  exchange(figures.QuotaInfo, figures.QuotaInfoAnswer),
  exchange(settings.ExportsInfo, settings.ExportsInfoAnswer),
  exchange(admin.MetaloggerList, admin.MetaloggerListAnswer),
  exchange(admin.ChunkserverCommand, admin.ChunkserverCommandAnswer),
  exchange(admin.SessionCommand, admin.SessionCommandAnswer),
  exchange(settings.MemoryInfo, settings.MemoryInfoAnswer),
  exchange(any.ModuleInfo, any.ModuleInfoAnswer),
  exchange(settings.ListOpenFiles, settings.ListOpenFilesAnswer),
  exchange(figures.ListAcquiredLocks, figures.ListAcquiredLocksAnswer),
  exchange(admin.MassResolvePaths, admin.MassResolvePathsAnswer),
  exchange(settings.StorageClassInfo, settings.StorageClassInfoAnswer),
  exchange(admin.MissingChunks, admin.MissingChunksAnswer),
  exchange(reports.NodeInfo, reports.NodeInfoAnswer),
];

/** Taken from mounts and from tools. */
const shared: readonly Exchange[] = [
  exchange(data.ReadChunk, data.ReadChunkAnswer),
  exchange(data.Truncate, data.TruncateAnswer),
  exchange(tools.AppendSlice, tools.AppendSliceAnswer),
  exchange(reports.CheckFile, reports.CheckFileAnswer),
  exchange(tools.GetTrashTime, tools.GetTrashTimeAnswer),
  exchange(tools.SetTrashTime, tools.SetTrashTimeAnswer),
  exchange(classes.GetStorageClass, classes.GetStorageClassAnswer),
  exchange(classes.SetStorageClass, classes.SetStorageClassAnswer),
  exchange(reports.GetDirectoryStats, reports.GetDirectoryStatsAnswer),
  exchange(tools.Repair, tools.RepairAnswer),
  exchange(tools.Snapshot, tools.SnapshotAnswer),
  exchange(tools.GetExtraAttributes, tools.GetExtraAttributesAnswer),
  exchange(tools.SetExtraAttributes, tools.SetExtraAttributesAnswer),
  exchange(tools.QuotaControl, tools.QuotaControlAnswer),
  exchange(tools.ArchiveControl, tools.ArchiveControlAnswer),
  exchange(classes.CreateStorageClass, classes.CreateStorageClassAnswer),
  exchange(classes.ChangeStorageClass, classes.ChangeStorageClassAnswer),
  exchange(classes.DeleteStorageClass, classes.DeleteStorageClassAnswer),
  exchange(classes.DuplicateStorageClass, classes.DuplicateStorageClassAnswer),
  exchange(classes.RenameStorageClass, classes.RenameStorageClassAnswer),
  exchange(classes.ListStorageClasses, classes.ListStorageClassesAnswer),
];

const mountOnly: readonly Exchange[] = [
  exchange(attributes.StatFs, attributes.StatFsAnswer),
  exchange(attributes.Access, attributes.AccessAnswer),
  exchange(tree.Lookup, tree.LookupAnswer),
  exchange(attributes.GetAttributes, attributes.GetAttributesAnswer),
  exchange(attributes.SetAttributes, attributes.SetAttributesAnswer),
  exchange(tree.ReadLink, tree.ReadLinkAnswer),
  exchange(tree.MakeSymlink, tree.MakeSymlinkAnswer),
  exchange(tree.MakeNode, tree.MakeNodeAnswer),
  exchange(tree.MakeDirectory, tree.MakeDirectoryAnswer),
  exchange(tree.Unlink, tree.UnlinkAnswer),
  exchange(tree.RemoveDirectory, tree.RemoveDirectoryAnswer),
  exchange(tree.Rename, tree.RenameAnswer),
  exchange(tree.Link, tree.LinkAnswer),
  exchange(tree.ReadDirectory, tree.ReadDirectoryAnswer),
  exchange(data.Open, data.OpenAnswer),
  exchange(data.WriteChunk, data.WriteChunkAnswer),
  exchange(data.WriteChunkEnd, data.WriteChunkEndAnswer),
  exchange(meta.ListTrash, meta.ListTrashAnswer),
  exchange(meta.GetDetachedAttributes, meta.GetDetachedAttributesAnswer),
  exchange(meta.GetTrashPath, meta.GetTrashPathAnswer),
  exchange(meta.SetTrashPath, meta.SetTrashPathAnswer),
  exchange(meta.Undelete, meta.UndeleteAnswer),
  exchange(meta.Purge, meta.PurgeAnswer),
  exchange(meta.ListSustained, meta.ListSustainedAnswer),
  exchange(attributes.GetExtendedAttribute, attributes.GetExtendedAttributeAnswer),
  exchange(attributes.SetExtendedAttribute, attributes.SetExtendedAttributeAnswer),
  exchange(tree.Create, tree.CreateAnswer),
  exchange(tree.Parents, tree.ParentsAnswer),
  exchange(reports.Paths, reports.PathsAnswer),
  exchange(attributes.GetAcl, attributes.GetAclAnswer),
  exchange(attributes.SetAcl, attributes.SetAclAnswer),
  exchange(locks.FileLock, locks.FileLockAnswer),
  exchange(locks.RangeLock, locks.RangeLockAnswer),
  exchange(register.SustainedInodes, undefined),
  exchange(register.FileTimes, undefined),
  exchange(register.TimeSync, register.TimeSyncAnswer),
];

/** What each class of connection may ask, by packet number. */
export const requestsOf: Readonly<Record<ConnectionClass, ReadonlyMap<number, Exchange>>> = {
  unregistered: table([everywhere, monitoring]),
  mount: table([everywhere, monitoring, shared, mountOnly]),
  tools: table([everywhere, shared]),
};

/** What a frame reader of a master's connection does with a packet number. */
export function requestRule(connection: ConnectionClass, type: number): FrameRule {
  const found = requestsOf[connection].get(type);
  if (found !== undefined) return found.request;
  const row = ignored.find((each) => each.id === type);
  return row === undefined ? undefined : { name: row.name, skip: true };
}

function exchange(request: Packet<unknown>, answer: Packet<unknown> | undefined): Exchange {
  return { request, answer, numbered: answer !== undefined && isNumbered(request.schema) };
}

function isNumbered(schema: Schema): boolean {
  if (schema.kind === "struct") return "messageId" in schema.fields;
  return schema.kind === "choice" && Object.values(schema.variants).every(isNumbered);
}

function table(lists: readonly (readonly Exchange[])[]): ReadonlyMap<number, Exchange> {
  return new Map(lists.flat().map((each) => [each.request.id, each]));
}
