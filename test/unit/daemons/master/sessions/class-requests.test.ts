// Requests about storage classes and about the classes of nodes.
// Spec: wire-client-master-3.md sections 6.3 and 6.13.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  getStorageClass,
  setStorageClass,
} from "../../../../../daemons/master/core/ops/class-of-nodes.ts";
import {
  changeStorageClass,
  createStorageClass,
  deleteStorageClass,
  listStorageClasses,
  renameStorageClass,
} from "../../../../../daemons/master/core/ops/storage-classes.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { storageClassChanges } from "../../../../../daemons/protocol/packets/client-classes.ts";
import { bytes, TestMaster } from "../ops/test-master.ts";

const label = [1, 0, 0, 0];

function definition(name: string, other: object = {}): object {
  const labels = { createLabels: [label], keepLabels: [label, label], archiveLabels: [label] };
  return {
    name: bytes(name),
    format: 0,
    adminOnly: 0,
    mode: 1,
    archiveDelayDays: 0,
    ...labels,
    ...other,
  };
}

function begin() {
  const master = new TestMaster();
  const admin = master.connect();
  const plain = master.connect("mount", { sessionFlags: 0 });
  return { master, admin, plain };
}

test("only administrators change classes", () => {
  const { master, plain } = begin();
  const change = definition("9", { changes: 2 });
  const name = bytes("9");
  for (const [operation, request] of [
    [createStorageClass, definition("a")],
    [changeStorageClass, change],
    [deleteStorageClass, { name }],
    [renameStorageClass, { sourceName: name, targetName: name }],
  ] as const) {
    assert.equal(master.ask(plain, operation, request), status.EPERM_NOTADMIN);
  }
  const shown = master.ask(plain, changeStorageClass, definition("2", { changes: 0 }));
  assert.equal((shown as { keepLabels: unknown[] }).keepLabels.length, 2);
});

test("a change replaces the named parts; predefined classes take force, but for the ninth", () => {
  const { master, admin } = begin();
  assert.equal(master.ask(admin, createStorageClass, definition("a")), status.OK);
  master.takeLines();
  const { mode, keepLabels, force } = storageClassChanges;
  const change = definition("a", { changes: mode, mode: 2, keepLabels: [], adminOnly: 1 });
  const answer = master.ask(admin, changeStorageClass, change);
  assert.deepEqual(answer, {
    variant: "full",
    format: 0,
    adminOnly: 0,
    mode: 2,
    archiveDelayDays: 0,
    createLabels: [label],
    keepLabels: [label, label],
    archiveLabels: [label],
  });
  assert.deepEqual(master.takeLines(), [
    "SCSET(a,0,W1,K2,A1,2,0,0,1,0,0,0,1,0,0,0,1,0,0,0,1,0,0,0):10",
  ]);
  const ask = (name: string, changes: number, other: object = {}) =>
    master.ask(admin, changeStorageClass, definition(name, { changes, ...other }));
  assert.equal(ask("8", mode), status.EPERM);
  assert.equal(typeof ask("8", mode | force), "object");
  assert.equal(typeof ask("9", mode), "object");
  assert.equal(ask("x", mode), status.NOSUCHCLASS);
  assert.equal(ask("", mode), status.EINVAL);
  assert.equal(ask("a", keepLabels, { keepLabels: [] }), status.EINVAL);
  assert.equal(ask("a", mode, { format: 1 }), status.EINVAL);
});

test("classes are listed by number, with or without their definitions", () => {
  const { master, plain } = begin();
  const names = master.ask(plain, listStorageClasses, { longMode: 0 });
  assert.deepEqual(names, {
    variant: "names",
    names: ["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(bytes),
  });
  const all = master.ask(plain, listStorageClasses, { longMode: 1 });
  assert.equal((all as { classes: unknown[] }).classes.length, 9);
});

test("a tree gets another class, and what it has is counted by class", () => {
  const { master, admin } = begin();
  const directory = master.directory(1, "d");
  master.file(directory, "f");
  master.fifo(directory, "p");
  master.ask(admin, createStorageClass, definition("a"));
  const request = { inode: directory, uid: 0, change: { className: bytes("a"), mode: 4 } };
  assert.deepEqual(master.ask(admin, setStorageClass, request), {
    variant: "full",
    changed: 2,
    unchanged: 0,
    notPermitted: 0,
    quotaExceeded: undefined,
  });
  assert.deepEqual(master.ask(admin, getStorageClass, { inode: 1, recursive: 1 }), {
    variant: "full",
    files: [{ class: { className: bytes("a") }, count: 1 }],
    directories: [
      { class: { goal: 2 }, count: 1 },
      { class: { className: bytes("a") }, count: 1 },
    ],
  });
});

test("classes that may not be set are refused in the order of the specification", () => {
  const { master } = begin();
  const fifo = master.fifo(1, "p");
  const limited = { goalMin: 2, goalMax: 4 };
  const cases: readonly (readonly [object, object, number])[] = [
    [{ disables: 1 << 21 }, { goal: 99, mode: 0 }, status.EPERM],
    [limited, { goal: 0, mode: 0 }, status.EINVAL],
    [limited, { className: bytes("x"), mode: 0 }, status.EINVAL],
    [limited, { goal: 1, mode: 0 }, status.EPERM],
    [limited, { goal: 5, mode: 5 }, status.EPERM],
    [limited, { goal: 1, mode: 2 }, status.EPERM],
    [{}, { goal: 3, mode: 8 }, status.EINVAL],
    [{ sessionFlags: 1 }, { goal: 3, mode: 0 }, status.EROFS],
    [{}, { goal: 3, mode: 0 }, status.EPERM],
  ];
  for (const [terms, change, expected] of cases) {
    const client = master.connect("mount", terms);
    const request = { inode: fifo, uid: 0, change };
    assert.equal(master.ask(client, setStorageClass, request), expected);
  }
});

test("changelog 9, defect 5: beside administrators' classes every changed node is written alone", () => {
  const { master, admin, plain } = begin();
  const directory = master.directory(1, "d");
  const guarded = master.file(directory, "guarded");
  const free = master.file(directory, "free");
  master.ask(admin, createStorageClass, definition("a", { adminOnly: 1 }));
  const guard = { inode: guarded, uid: 0, change: { className: bytes("a"), mode: 0 } };
  master.ask(admin, setStorageClass, guard);
  master.takeLines();
  const request = { inode: directory, uid: 0, change: { goal: 3, mode: 4 } };
  assert.deepEqual(master.ask(plain, setStorageClass, request), {
    variant: "full",
    changed: 2,
    unchanged: 0,
    notPermitted: 1,
    quotaExceeded: undefined,
  });
  assert.deepEqual(
    new Set(master.takeLines()),
    new Set([`SETSCLASS(${directory},0,3,3,0):1,0,0`, `SETSCLASS(${free},0,3,3,0):1,0,0`]),
  );
  const alone = { inode: guarded, uid: 0, change: { goal: 3, mode: 0 } };
  assert.equal(master.ask(plain, setStorageClass, alone), status.EPERM);
});

test("more copies than a quota of real size allows are refused, and nothing changes", () => {
  const { master, admin } = begin();
  const directory = master.directory(1, "d");
  const file = master.file(directory, "f");
  master.write(file, 0, 1000n);
  const { size } = master.world.statistics.tallyOf(file);
  const quota = {
    exceeded: 0,
    flags: 0x80,
    softTime: 0,
    softInodes: 0,
    hardInodes: 0,
    softLength: 0n,
    hardLength: 0n,
    softSize: 0n,
    hardSize: 0n,
    softRealSize: 0n,
    hardRealSize: size * 3n,
    gracePeriod: 0,
  };
  master.commit({ op: "QUOTA", inode: directory, ...quota });
  const ask = (goal: number) =>
    master.ask(admin, setStorageClass, { inode: file, uid: 0, change: { goal, mode: 0 } });
  assert.equal(ask(4), status.QUOTA);
  assert.equal(master.world.nodes.storageClass(file), 2);
  assert.equal(typeof ask(3), "object");
  assert.equal(master.world.statistics.of(directory).realSize, size * 3n);
});
