// Random requests of tools: settings of nodes and trees, storage classes, quotas, snapshots.
// Spec: wire-client-master-3.md section 6.

import * as classes from "../../../daemons/protocol/packets/client-classes.ts";
import * as tools from "../../../daemons/protocol/packets/client-tools.ts";
import { ask } from "./random-changes-peer.ts";
import type { Ask } from "./random-changes-peer.ts";
import type { Pool } from "./random-changes-pool.ts";
import type { Drawers } from "./random-changes-tree.ts";

const classNames = ["one", "two", "th ree", "(four),%"];
const hourSeconds = 3600;
const recursive = 4;
/** A mask that excludes no server: bit 0 is label A, which every server has. */
const anyServer = [0, 0, 0, 0];
const labelA = [1, 0, 0, 0];
const snapshotBit = 0x10;

function scope(pool: Pool): number {
  return pool.once(4) ? recursive : 0;
}

/** The tree of a small directory, or a node. */
function subject(pool: Pool, mode: number): number {
  return (mode & recursive) === 0 ? pool.node() : pool.smallDirectory();
}

function uid(pool: Pool): number {
  return pool.once(4) ? 1000 : 0;
}

function className(pool: Pool): Uint8Array {
  return Buffer.from(pool.pick(classNames, "one"));
}

function setClass(pool: Pool): Ask {
  const mode = scope(pool);
  const inode = subject(pool, mode);
  const kind = pool.below(3);
  const named = { className: className(pool), mode };
  const change = pool.once(3) ? named : { goal: 1 + pool.below(3), mode: mode | kind };
  const exchange = { className: className(pool), mode: mode | 3, from: Buffer.from("2") };
  const body = { inode, uid: uid(pool), change: pool.once(6) ? exchange : change };
  return ask(classes.SetStorageClass, body, classes.SetStorageClassAnswer);
}

function setTrashTime(pool: Pool): Ask {
  const mode = scope(pool) | pool.below(3);
  const seconds = pool.below(3) * hourSeconds + pool.below(2);
  const body = { inode: subject(pool, mode), uid: uid(pool), seconds, mode };
  return ask(tools.SetTrashTime, body, tools.SetTrashTimeAnswer);
}

function setExtraAttributes(pool: Pool): Ask {
  const mode = scope(pool) | pool.pick([1, 2, 2, 2], 2);
  const isHeavy = pool.once(5);
  // What forbids changes is rare, and often taken back from everything.
  const extraAttributes = (mode & 3) === 1 && !isHeavy ? 1 << pool.below(4) : 1 << pool.below(8);
  const all = 0xff ^ snapshotBit;
  const isClearing = (mode & 3) === 2 && pool.once(2);
  const body = {
    inode: subject(pool, mode),
    uid: uid(pool),
    extraAttributes: isClearing ? all : extraAttributes,
    mode,
  };
  return ask(tools.SetExtraAttributes, body, tools.SetExtraAttributesAnswer);
}

/** Never a grace period alone: a real master changes it without a line. */
function control(pool: Pool): Ask {
  const inode = pool.smallDirectory();
  const flags = 1 + (pool.once(4) ? pool.below(255) : pool.below(15));
  if (pool.once(2))
    return ask(tools.QuotaControl, { variant: "remove", inode, flags }, tools.QuotaControlAnswer);
  const soft = { softInodes: pool.below(10), softLength: 1000n, softSize: 5000n };
  const hard = { hardInodes: 20 + pool.below(50), hardLength: 10n ** 9n, hardSize: 2n ** 40n };
  const real = { softRealSize: 7n, hardRealSize: 2n ** 63n };
  const body = { variant: "set", inode, flags, graceSeconds: pool.below(3), ...soft } as const;
  return ask(tools.QuotaControl, { ...body, ...hard, ...real }, tools.QuotaControlAnswer);
}

function archive(pool: Pool): Ask {
  const inode = pool.once(2) ? pool.file() : pool.smallDirectory();
  const body = { variant: "change", inode, command: pool.below(2), uid: uid(pool) } as const;
  return ask(tools.ArchiveControl, body, tools.ArchiveControlAnswer);
}

function snapshot(pool: Pool): Ask {
  const { canOverwrite, copyLikeAttributes, preserveHardLinks } = tools.snapshotModes;
  const bits = [canOverwrite, copyLikeAttributes, preserveHardLinks];
  const mode = bits.reduce((sum, bit) => sum | (pool.once(2) ? bit : 0), 0);
  const isTree = pool.once(4);
  const source = isTree ? pool.smallDirectory() : pool.node();
  // Copies of copies must not double the tree again and again.
  const isFit = source !== 1 && (isTree || !pool.directories.includes(source));
  return snapshotOf(pool, isFit ? source : pool.file(), mode);
}

function removeSnapshot(pool: Pool): Ask {
  return snapshotOf(pool, 0, tools.snapshotModes.delete | (pool.once(2) ? 4 : 0));
}

function snapshotOf(pool: Pool, source: number, mode: number): Ask {
  const caller = pool.caller();
  const body = { source, parent: pool.directory(), name: pool.name(), caller, mode, umask: 0o22 };
  return ask(tools.Snapshot, body, tools.SnapshotAnswer);
}

function definition(pool: Pool) {
  const list = () =>
    Array.from({ length: 1 + pool.below(2) }, () => pool.pick([anyServer, labelA], anyServer));
  return {
    adminOnly: pool.below(2),
    mode: pool.below(2),
    archiveDelayDays: pool.below(3),
    createLabels: list(),
    keepLabels: list(),
    archiveLabels: list(),
  };
}

function createClass(pool: Pool): Ask {
  const body = { name: className(pool), format: 0, ...definition(pool) };
  return ask(classes.CreateStorageClass, body, classes.CreateStorageClassAnswer);
}

function changeClass(pool: Pool): Ask {
  const changes = pool.below(0x40) | (pool.once(4) ? classes.storageClassChanges.force : 0);
  const body = { name: className(pool), format: 0, changes, ...definition(pool) };
  return ask(classes.ChangeStorageClass, body, classes.ChangeStorageClassAnswer);
}

function deleteClass(pool: Pool): Ask {
  return ask(
    classes.DeleteStorageClass,
    { name: className(pool) },
    classes.DeleteStorageClassAnswer,
  );
}

function copyClass(pool: Pool): Ask {
  const names = { sourceName: className(pool), targetName: className(pool) };
  if (pool.once(2)) return ask(classes.RenameStorageClass, names, classes.RenameStorageClassAnswer);
  return ask(classes.DuplicateStorageClass, names, classes.DuplicateStorageClassAnswer);
}

/** Requests of tools. */
export const settingsDrawers: Drawers = [
  [2, setClass],
  [2, setTrashTime],
  [4, setExtraAttributes],
  [2, control],
  [2, archive],
  [3, snapshot],
  [1, removeSnapshot],
  [1, createClass],
  [1, changeClass],
  [1, deleteClass],
  [1, copyClass],
];
