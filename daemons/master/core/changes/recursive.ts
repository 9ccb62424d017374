// The setters that go over a whole tree: storage class, trash time, extra attributes.
// Spec: changelog.md section 7.2.1 and defect 5 of section 9, semantics-master.md 7.7.

import { predefinedClassMax } from "../store/class-counts.ts";
import { status } from "../status.ts";
import { extraAttribute } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import type { EntryOf, ResultOf } from "../../../metadata/changelog-entry.ts";
import type { Applied } from "./change.ts";
import { changeClass } from "./transitions.ts";
import { nextEntry } from "./walk.ts";

/** What a setter does: the low two bits of its mode. */
export const setterMode = { set: 0, increase: 1, decrease: 2, exchange: 3 } as const;
/** Added to the mode: the whole tree below is meant. */
export const recursiveMode = 4;
const modeMask = 3;
const modeMax = 7;

/** Longest trash time: what fits the 16 bits that hours have. */
export const trashHoursMax = 0xffff;
export const hourSeconds = 3600;

/** What became of a node. */
const outcome = { skipped: 0, changed: 1, unchanged: 2, denied: 3 } as const;
type NodeOutcome = (typeof outcome)[keyof typeof outcome];

/** Nodes by what became of them. */
export type SetterCounts = ResultOf<"SETSCLASS">;
type Visit = (inode: number) => NodeOutcome;

/** Visits a node and, in recursive mode, all below it. */
function visitAll(
  world: World,
  entry: { inode: number; mode: number },
  visit: Visit,
): SetterCounts {
  const counts = [0, 0, 0, 0];
  const count = (result: NodeOutcome) => {
    counts[result] = (counts[result] ?? 0) + 1;
  };
  const { inode } = entry;
  count(visit(inode));
  if ((entry.mode & recursiveMode) !== 0 && world.nodes.isDirectory(inode)) {
    let edge = world.nodes.firstEntry(inode);
    while (edge !== 0) {
      count(visit(world.edges.child(edge)));
      edge = nextEntry(world, inode, edge);
    }
  }
  const [, changed = 0, unchanged = 0, denied = 0] = counts;
  return { changed, unchanged, denied };
}

/** A call for one node that it is denied is refused as a whole; such a one is never logged. */
function answer(mode: number, counts: SetterCounts): SetterCounts | number {
  const refused =
    (mode & recursiveMode) === 0 &&
    counts.denied > 0 &&
    counts.changed === 0 &&
    counts.unchanged === 0;
  return refused ? status.EPERM : counts;
}

function mayChange({ nodes }: World, inode: number, uid: number): boolean {
  const free = (nodes.extra(inode) & extraAttribute.noOwner) !== 0;
  return free || uid === 0 || uid === nodes.uid(inode);
}

function isImmutable({ nodes }: World, inode: number): boolean {
  return (nodes.extra(inode) & extraAttribute.immutable) !== 0;
}

/** Nodes that have a storage class and a trash time of their own. */
function isClassed({ nodes }: World, inode: number): boolean {
  return nodes.isDirectory(inode) || nodes.isFile(inode);
}

type ClassEntry = EntryOf<"SETSCLASS">;

/** SETSCLASS. The log does not say whether an administrator did it: the counts do (defect 5). */
export function setStorageClass(
  world: World,
  ts: number,
  entry: ClassEntry,
  logged?: ResultOf<"SETSCLASS">,
): Applied<"SETSCLASS"> {
  const refusal = checkClassEntry(world, entry);
  if (refusal !== status.OK) return refusal;
  const admin = logged === undefined || wasAdmin(world, entry, logged);
  const counts = visitAll(world, entry, (inode) => {
    const result = judgeClass(world, entry, inode, admin);
    if (result === outcome.changed) {
      changeClass(world, inode, entry.targetClass);
      world.nodes.setChangeTime(inode, ts);
    }
    return result;
  });
  return answer(entry.mode, counts);
}

/** Whether a SETSCLASS can be at all, 0 or the status that refuses it. */
export function checkClassEntry(world: World, entry: ClassEntry): number {
  const { inode, sourceClass, targetClass, mode } = entry;
  const what = mode & modeMask;
  if (mode > modeMax || sourceClass === 0 || targetClass === 0) return status.EINVAL;
  const steps = what === setterMode.increase || what === setterMode.decrease;
  if (steps && targetClass > predefinedClassMax) return status.EINVAL;
  if (world.classes.get(targetClass) === undefined) return status.EINVAL;
  if (world.nodes.type(inode) === 0) return status.ENOENT;
  return isClassed(world, inode) ? status.OK : status.EPERM;
}

/** What a SETSCLASS would do, without doing it. `changes` hears of each node that it would change. */
export function countClassChanges(
  world: World,
  entry: ClassEntry,
  admin: boolean,
  changes?: (inode: number) => void,
): SetterCounts {
  const seen = new Set<number>();
  return visitAll(world, entry, (inode) => {
    const result = judgeClass(world, entry, inode, admin);
    if (result !== outcome.changed) return result;
    // The second name of a file leads to what was changed by the first.
    const exchangesWithItself =
      (entry.mode & modeMask) === setterMode.exchange && entry.sourceClass === entry.targetClass;
    if (seen.has(inode) && !exchangesWithItself) return outcome.unchanged;
    if (!world.nodes.isDirectory(inode) && world.nodes.links(inode) > 1) seen.add(inode);
    changes?.(inode);
    return result;
  });
}

function wasAdmin(world: World, entry: ClassEntry, logged: SetterCounts): boolean {
  let limited = false;
  for (const storageClass of world.classes) limited ||= storageClass.adminOnly;
  if (!limited) return true;
  const counts = countClassChanges(world, entry, true);
  return (
    counts.changed === logged.changed &&
    counts.unchanged === logged.unchanged &&
    counts.denied === logged.denied
  );
}

function judgeClass(world: World, entry: ClassEntry, inode: number, admin: boolean): NodeOutcome {
  if (!isClassed(world, inode)) return outcome.skipped;
  const { sourceClass, targetClass } = entry;
  const own = world.nodes.storageClass(inode);
  const limited = !admin && (isAdminOnly(world, own) || isAdminOnly(world, targetClass));
  if (limited || !mayChange(world, inode, entry.uid) || isImmutable(world, inode)) {
    return outcome.denied;
  }
  switch (entry.mode & modeMask) {
    case setterMode.set:
      return own === targetClass ? outcome.unchanged : outcome.changed;
    case setterMode.increase:
      return own < targetClass ? outcome.changed : outcome.unchanged;
    case setterMode.decrease:
      return own > targetClass ? outcome.changed : outcome.unchanged;
    default:
      return own === sourceClass ? outcome.changed : outcome.unchanged;
  }
}

function isAdminOnly(world: World, id: number): boolean {
  return world.classes.get(id)?.adminOnly ?? false;
}

/**
 * SETTRASHTIME: seconds are kept as hours, rounded up. What does not fit wraps around, in 32 bits and then in
 * 16, for so the logs of the original have it; the live operation asks for no such time.
 */
export function setTrashTime(
  world: World,
  ts: number,
  entry: EntryOf<"SETTRASHTIME">,
): Applied<"SETTRASHTIME"> {
  const { nodes } = world;
  const { inode, mode, uid } = entry;
  const what = mode & modeMask;
  if (mode > modeMax || what === setterMode.exchange) return status.EINVAL;
  if (nodes.type(inode) === 0) return status.ENOENT;
  if (!isClassed(world, inode)) return status.EPERM;
  const hours = Math.floor(((entry.seconds + hourSeconds - 1) >>> 0) / hourSeconds) & trashHoursMax;
  const counts = visitAll(world, entry, (node) => {
    if (!isClassed(world, node)) return outcome.skipped;
    if (!mayChange(world, node, uid) || isImmutable(world, node)) return outcome.denied;
    const own = nodes.trashHours(node);
    if (!differs(what, own, hours)) return outcome.unchanged;
    nodes.setTrashHours(node, hours);
    nodes.setChangeTime(node, ts);
    return outcome.changed;
  });
  return answer(mode, counts);
}

function differs(what: number, own: number, wanted: number): boolean {
  if (what === setterMode.set) return own !== wanted;
  return what === setterMode.increase ? own < wanted : own > wanted;
}

/** SETEATTR. */
export function setExtraAttributes(
  world: World,
  ts: number,
  entry: EntryOf<"SETEATTR">,
): Applied<"SETEATTR"> {
  const { nodes } = world;
  const { inode, mode, uid, eattr } = entry;
  const what = mode & modeMask;
  if (mode > modeMax || what === setterMode.exchange) return status.EINVAL;
  if (nodes.type(inode) === 0) return status.ENOENT;
  const namesOwner = (eattr & extraAttribute.noOwner) !== 0;
  const counts = visitAll(world, entry, (node) => {
    if (!mayChange(world, node, uid) || (namesOwner && isImmutable(world, node))) {
      return outcome.denied;
    }
    const meant = nodes.isDirectory(node) ? 0xff : ~extraAttribute.noEntryCache & 0xff;
    const own = nodes.extra(node) & meant;
    const bits = combine(what, own, eattr & meant);
    nodes.setExtra(node, bits);
    if (bits === own) return outcome.unchanged;
    nodes.setChangeTime(node, ts);
    return outcome.changed;
  });
  return answer(mode, counts);
}

function combine(what: number, own: number, named: number): number {
  if (what === setterMode.set) return named;
  return what === setterMode.increase ? own | named : own & ~named;
}
