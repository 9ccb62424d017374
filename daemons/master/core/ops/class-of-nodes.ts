// GETSCLASS and SETSCLASS: which storage classes a node or a tree has, and another one for it.
// Spec: wire-client-master-3.md section 6.3, semantics-master.md section 7.7.

import {
  GetStorageClass,
  GetStorageClassAnswer,
  SetStorageClass,
  SetStorageClassAnswer,
} from "../../../protocol/packets/client-classes.ts";
import type { ClassChange, NamedClass } from "../../../protocol/packets/client-classes.ts";
import type { EntryOf } from "../../../metadata/changelog-entry.ts";
import { countClassChanges, recursiveMode, setterMode } from "../changes/recursive.ts";
import type { SetterCounts } from "../changes/recursive.ts";
import { disabled, mapUid } from "../client.ts";
import type { Client } from "../client.ts";
import { exceedsQuota } from "../quota-check.ts";
import { findNode } from "../rights.ts";
import { status } from "../status.ts";
import { predefinedClassMax } from "../store/class-counts.ts";
import type { StorageClasses } from "../store/storage-classes.ts";
import type { World } from "../store/world.ts";
import { operation } from "./operation.ts";
import type { ValueCount } from "./subtree.ts";
import { countValues, isFileOrDirectory, reach } from "./subtree.ts";

type ClassEntry = EntryOf<"SETSCLASS">;

/** Stands in the changelog where nothing is exchanged. */
const anySource = 1;

export const getStorageClass = operation(
  GetStorageClass,
  GetStorageClassAnswer,
  (client, request) => {
    const { world } = client.service;
    const { nodes } = world;
    const { messageId, recursive } = request;
    if (recursive > reach.tree) return status.EINVAL;
    const inode = findNode(client, request.inode);
    if (inode === 0) return status.ENOENT;
    if (!isFileOrDirectory(nodes, inode)) return status.EPERM;
    const { files, directories } = countValues(world, { inode, recursive }, (each) =>
      isFileOrDirectory(nodes, each) ? nodes.storageClass(each) : undefined,
    );
    const withName = ([id, count]: ValueCount) => ({ class: named(world.classes, id), count });
    const told = { files: files.map(withName), directories: directories.map(withName) };
    return { variant: "full" as const, messageId, ...told };
  },
);

function named(classes: StorageClasses, id: number): NamedClass {
  if (id <= predefinedClassMax) return { goal: id };
  return { className: classes.get(id)?.name ?? new Uint8Array(0) };
}

export const setStorageClass = operation(
  SetStorageClass,
  SetStorageClassAnswer,
  (client, request) => {
    const { world } = client.service;
    if (client.disables(disabled.setStorageClass)) return status.EPERM;
    const meant = classesMeant(world.classes, request.change);
    if (meant === undefined) return status.EINVAL;
    const { mode } = request.change;
    if (isBeyondLimits(client, meant.targetClass, mode)) return status.EPERM;
    if (!isMode(mode, meant.targetClass)) return status.EINVAL;
    if (client.readOnly) return status.EROFS;
    const inode = findNode(client, request.inode);
    if (inode === 0) return status.ENOENT;
    if (!isFileOrDirectory(world.nodes, inode)) return status.EPERM;
    const uid = mapUid(client.session, request.uid);
    const entry: ClassEntry = { op: "SETSCLASS", inode, uid, ...meant, mode };
    if (exceedsQuotas(client, entry)) return status.QUOTA;
    const counts = change(client, entry);
    if (typeof counts === "number") return counts;
    const { changed, unchanged, denied } = counts;
    const { messageId } = request;
    const told = { changed, unchanged, notPermitted: denied, quotaExceeded: undefined };
    return { variant: "full" as const, messageId, ...told };
  },
);

interface MeantClasses {
  readonly sourceClass: number;
  readonly targetClass: number;
}

function classesMeant(classes: StorageClasses, change: ClassChange): MeantClasses | undefined {
  if ("goal" in change) {
    const { goal } = change;
    const isGoal = goal >= 1 && goal <= predefinedClassMax;
    return isGoal ? { sourceClass: goal, targetClass: goal } : undefined;
  }
  const targetClass = classes.idOf(change.className);
  const sourceClass = change.from === undefined ? anySource : classes.idOf(change.from);
  return targetClass === 0 || sourceClass === 0 ? undefined : { sourceClass, targetClass };
}

/** Whether the session may not ask for so many, or so few, copies. */
function isBeyondLimits(client: Client, target: number, mode: number): boolean {
  if (target > predefinedClassMax) return false;
  const { goalMin, goalMax } = client.session;
  switch (mode & ~recursiveMode) {
    case setterMode.increase:
      return target > goalMax;
    case setterMode.decrease:
      return target < goalMin;
    default:
      return target < goalMin || target > goalMax;
  }
}

function isMode(mode: number, target: number): boolean {
  const what = mode & ~recursiveMode;
  if (what > setterMode.exchange) return false;
  const steps = what === setterMode.increase || what === setterMode.decrease;
  return !steps || target <= predefinedClassMax;
}

/**
 * The changelog does not say who is an administrator, and replay takes everybody for one. Where that
 * matters, the nodes that change are written one by one. Spec: changelog.md section 9, defect 5.
 */
function change(client: Client, entry: ClassEntry): SetterCounts | number {
  const { service } = client;
  const { world } = service;
  if (client.isAdmin || !hasLimitedClass(world)) return service.commit(entry);
  const inodes: number[] = [];
  const counts = countClassChanges(world, entry, false, (inode) => inodes.push(inode));
  const { changed, unchanged, denied } = counts;
  const isRecursive = (entry.mode & recursiveMode) !== 0;
  if (!isRecursive && denied > 0 && changed + unchanged === 0) return status.EPERM;
  const mode = entry.mode & ~recursiveMode;
  for (const inode of inodes) service.commit({ ...entry, inode, mode });
  return counts;
}

function hasLimitedClass(world: World): boolean {
  for (const { adminOnly } of world.classes) if (adminOnly) return true;
  return false;
}

/** Whether more copies would go beyond a quota of any directory above a node that changes. */
function exceedsQuotas(client: Client, entry: ClassEntry): boolean {
  const { world } = client.service;
  const what = entry.mode & ~recursiveMode;
  const grows = what === setterMode.set || what === setterMode.increase;
  if (!grows || world.quotas.size === 0) return false;
  const growth = new Map<number, bigint>();
  const copies = BigInt(world.classes.keepMax(entry.targetClass));
  countClassChanges(world, entry, client.isAdmin, (inode) => {
    if (!world.nodes.isDirectory(inode)) addGrowth(world, inode, copies, growth);
  });
  for (const [directory, realSize] of growth) {
    const more = { inodes: 0, length: 0n, size: 0n, realSize };
    if (exceedsQuota(world, directory, more, (other) => other !== directory)) return true;
  }
  return false;
}

/** A file grows once for each of its names. */
function addGrowth(world: World, inode: number, copies: bigint, growth: Map<number, bigint>): void {
  const { nodes, edges, quotas, statistics } = world;
  const { size, realSize } = statistics.tallyOf(inode);
  const more = size * copies - realSize;
  if (more === 0n) return;
  for (let edge = nodes.firstName(inode); edge !== 0; edge = edges.nextName(edge)) {
    for (let above = edges.parent(edge); above !== 0; above = edges.parentOf(above)) {
      if (quotas.get(above) !== undefined) growth.set(above, (growth.get(above) ?? 0n) + more);
    }
  }
}
