// Storage classes: those that are always there, and what changes do. Spec: semantics-master.md section 7,
// changelog.md section 7.5.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  duplicateClass,
  removeClass,
  renameClass,
  setClass,
} from "../../../../../daemons/master/core/changes/storage-classes.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { ClassUse } from "../../../../../daemons/master/core/store/class-use.ts";
import { nodeType } from "../../../../../daemons/master/core/store/nodes.ts";
import { StorageClasses } from "../../../../../daemons/master/core/store/storage-classes.ts";
import type { EntryOf } from "../../../../../daemons/metadata/changelog-entry.ts";
import { bytes } from "../ops/test-master.ts";

function begin() {
  return { classes: new StorageClasses(), classUse: new ClassUse() };
}

const one = [1, 0, 0, 0];
const two = [2, 4, 0, 0];

function entry(name: string, other: Partial<EntryOf<"SCSET">> = {}): EntryOf<"SCSET"> {
  return {
    op: "SCSET",
    name: bytes(name),
    isNew: 1,
    create: 1,
    keep: 2,
    archive: 1,
    mode: 2,
    archiveDelay: 3,
    adminOnly: 1,
    masks: [...one, ...one, ...two, ...two],
    ...other,
  };
}

function pair(source: string, target: string) {
  return { sourceName: bytes(source), targetName: bytes(target) };
}

test("spec 7.1: class N up to 9 is N copies anywhere", () => {
  const { classes } = begin();
  for (let id = 1; id <= 9; id++) {
    assert.equal(classes.idOf(bytes(`${id}`)), id);
    assert.equal(classes.keepMax(id), id);
    assert.deepEqual(
      classes.keptLabels(id, true),
      Array.from({ length: id }, () => []),
    );
  }
  assert.equal(classes.get(10), undefined);
  assert.equal(classes.keepMax(10), 0);
});

test("spec 7.2: labels lose their unused masks, the goal is the larger of keep and archive", () => {
  const world = begin();
  assert.deepEqual(setClass(world, 0, entry("a")), { class: 10 });
  const { classes } = world;
  assert.deepEqual(classes.createLabels(10), [[1]]);
  assert.deepEqual(classes.keptLabels(10, false), [[1], [2, 4]]);
  assert.deepEqual(classes.keptLabels(10, true), [[2, 4]]);
  assert.equal(classes.goalOf(10, true), 1);
  assert.equal(classes.keepMax(10), 2);
  assert.equal(classes.archiveDelay(10), 3 * 86_400);
  assert.equal(classes.modeOf(10), 2);
  assert.equal(classes.isAdminOnly(10), true);
});

test("spec 7.2: a delay that does not fit into 32 bits is none", () => {
  const world = begin();
  setClass(world, 0, entry("a", { archiveDelay: 49_710 }));
  setClass(world, 0, entry("b", { archiveDelay: 49_711 }));
  assert.equal(world.classes.archiveDelay(10), 49_710 * 86_400);
  assert.equal(world.classes.archiveDelay(11), 0);
});

test("changelog 7.5: a class is made, replaced, copied, renamed and removed, or refused", () => {
  const world = begin();
  assert.equal(setClass(world, 0, entry("")), status.EINVAL);
  assert.equal(setClass(world, 0, entry("a\0b")), status.EINVAL);
  assert.equal(setClass(world, 0, entry("a", { isNew: 0 })), status.NOSUCHCLASS);
  assert.equal(setClass(world, 0, entry("a", { create: 0 })), status.EINVAL);
  assert.equal(setClass(world, 0, entry("a", { create: 10 })), status.EINVAL);
  assert.deepEqual(setClass(world, 0, entry("a")), { class: 10 });
  assert.equal(setClass(world, 0, entry("a")), status.CLASSEXISTS);
  assert.deepEqual(setClass(world, 0, entry("a", { isNew: 0, mode: 0 })), { class: 10 });
  assert.equal(world.classes.modeOf(10), 0);
  const copied = duplicateClass(world, 0, { op: "SCDUP", ...pair("a", "b") });
  assert.deepEqual(copied, { sourceClass: 10, targetClass: 11 });
  assert.equal(duplicateClass(world, 0, { op: "SCDUP", ...pair("x", "c") }), status.NOSUCHCLASS);
  assert.equal(renameClass(world, 0, { op: "SCREN", ...pair("3", "c") }), status.EPERM);
  assert.equal(renameClass(world, 0, { op: "SCREN", ...pair("a", "b") }), status.CLASSEXISTS);
  assert.deepEqual(renameClass(world, 0, { op: "SCREN", ...pair("a", "c") }), { class: 10 });
  assert.equal(world.classes.idOf(bytes("a")), 0);
  assert.equal(removeClass(world, 0, { op: "SCDEL", name: bytes("1") }), status.EPERM);
  world.classUse.enter(10, nodeType.trash);
  assert.equal(removeClass(world, 0, { op: "SCDEL", name: bytes("c") }), status.CLASSINUSE);
  world.classUse.leave(10, nodeType.trash);
  assert.deepEqual(removeClass(world, 0, { op: "SCDEL", name: bytes("c") }), { class: 10 });
  assert.deepEqual(setClass(world, 0, entry("d")), { class: 10 });
});

test("spec 7.3: there are 255 classes, and the lowest free number is taken", () => {
  const world = begin();
  for (let id = 10; id <= 255; id++) {
    assert.deepEqual(setClass(world, 0, entry(`c${id}`)), { class: id });
  }
  assert.equal(setClass(world, 0, entry("more")), status.CLASSLIMITREACH);
  assert.equal(
    duplicateClass(world, 0, { op: "SCDUP", ...pair("1", "more") }),
    status.CLASSLIMITREACH,
  );
  removeClass(world, 0, { op: "SCDEL", name: bytes("c77") });
  assert.deepEqual(setClass(world, 0, entry("more")), { class: 77 });
});
