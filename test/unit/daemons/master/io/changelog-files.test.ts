// The change log on disk: groups, rotation, torn tails, failures. Spec: changelog.md 3, 5.2.

import assert from "node:assert/strict";
import { symlinkSync, unlinkSync } from "node:fs";
import { test } from "node:test";
import {
  ChangelogError,
  ChangelogFiles,
} from "../../../../../daemons/master/io/changelog-files.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

const newest = "changelog.0.mfs";

function open(
  folder: TemporaryFolder,
  options: { nextVersion?: number; saveMode?: number; backLogs?: number; warnings?: string[] } = {},
): ChangelogFiles {
  const { nextVersion = 1, saveMode = 0, backLogs = 3, warnings = [] } = options;
  return ChangelogFiles.open({
    folder: folder.path,
    nextVersion,
    settings: { saveMode, backLogs },
    failed: (error) => {
      throw error;
    },
    warn: (text) => warnings.push(text),
  });
}

test("spec 3: lines of one turn are written together, with their versions", () => {
  using folder = new TemporaryFolder();
  const log = open(folder);
  assert.deepEqual(folder.names(), [], "no file before the first line");
  log.append(1, "100|SETMETAID(7)");
  log.append(2, "100|ACCESS(1)");
  assert.deepEqual(folder.names(), [], "nothing before the end of the turn");
  log.flush();
  assert.equal(folder.text(newest), "1: 100|SETMETAID(7)\n2: 100|ACCESS(1)\n");
  log.append(3, "101|ACCESS(1)");
  log.close();
  assert.match(folder.text(newest), /\n3: 101\|ACCESS\(1\)\n$/);
});

test("a turn of very many changes is written in parts, before it is a string that no memory holds", () => {
  using folder = new TemporaryFolder();
  const log = open(folder);
  const line = `100|SYMLINK(${"x".repeat(1000)})`;
  for (let version = 1; version <= 2000; version++) log.append(version, line);
  const sizeBytes = folder.text(newest).length;
  assert.ok(sizeBytes > 1_000_000, `${sizeBytes} bytes are written, expected the first part`);
  log.flush();
  assert.ok(folder.text(newest).endsWith(`\n2000: ${line}\n`));
  log.close();
});

test("a version that does not follow is a broken invariant", () => {
  using folder = new TemporaryFolder();
  const log = open(folder);
  assert.throws(() => log.append(2, "100|ACCESS(1)"), /change 2 is logged, expected 1/);
});

for (const saveMode of [0, 1, 2]) {
  test(`mode ${saveMode}: what was flushed is in the file`, () => {
    using folder = new TemporaryFolder();
    const log = open(folder, { saveMode });
    log.append(1, "100|ACCESS(1)");
    log.flush();
    assert.equal(folder.text(newest), "1: 100|ACCESS(1)\n");
    log.close();
  });
}

test("spec 3: rotation shifts all numbers, also in an hour without changes", () => {
  using folder = new TemporaryFolder();
  const log = open(folder, { backLogs: 2 });
  for (let version = 1; version <= 3; version++) {
    log.append(version, `${version}|ACCESS(1)`);
    log.rotate();
  }
  assert.deepEqual(folder.names(), ["changelog.1.mfs", "changelog.2.mfs"]);
  assert.equal(folder.text("changelog.1.mfs"), "3: 3|ACCESS(1)\n");
  assert.equal(folder.text("changelog.2.mfs"), "2: 2|ACCESS(1)\n");
  log.rotate();
  assert.deepEqual(folder.names(), ["changelog.2.mfs"]);
});

test("spec 3: without old files rotation deletes the newest one", () => {
  using folder = new TemporaryFolder();
  const log = open(folder, { backLogs: 0 });
  log.append(1, "1|ACCESS(1)");
  log.rotate();
  assert.deepEqual(folder.names(), []);
});

test("spec 5.2: a torn tail is cut before the file is used again", () => {
  using folder = new TemporaryFolder();
  const warnings: string[] = [];
  folder.write(newest, "1: 100|ACCESS(1)\n2: 100|ACC");
  const log = open(folder, { nextVersion: 2, warnings });
  log.append(2, "200|ACCESS(1)");
  log.close();
  assert.equal(folder.text(newest), "1: 100|ACCESS(1)\n2: 200|ACCESS(1)\n");
  assert.match(warnings.join(), /cut 10 bytes of an unfinished line/);
});

test("spec 5.2: zeros that a power cut left behind the last line are cut", () => {
  using folder = new TemporaryFolder();
  folder.write(newest, `1: 100|ACCESS(1)\n${"\0".repeat(5000)}`);
  open(folder, { nextVersion: 2 });
  assert.equal(folder.text(newest), "1: 100|ACCESS(1)\n");
});

test("a file of one torn line is emptied", () => {
  using folder = new TemporaryFolder();
  folder.write(newest, "1: 10");
  open(folder);
  assert.equal(folder.text(newest), "");
});

test("a file that does not lead to the next change is put in second place", () => {
  for (const content of ["1: 100|ACCESS(1)\n", "no line of a log\n"]) {
    using folder = new TemporaryFolder();
    folder.write(newest, content);
    const log = open(folder, { nextVersion: 9 });
    log.append(9, "200|ACCESS(1)");
    log.close();
    assert.equal(folder.text("changelog.1.mfs"), content);
    assert.equal(folder.text(newest), "9: 200|ACCESS(1)\n");
  }
});

test("a group that cannot be written is an error, not an acknowledgement", () => {
  using folder = new TemporaryFolder();
  symlinkSync("/dev/full", folder.file(newest));
  const log = open(folder);
  log.append(1, "100|ACCESS(1)");
  assert.throws(
    () => log.flush(),
    (error) => error instanceof ChangelogError && error.code === "write",
  );
  assert.throws(() => log.flush(), ChangelogError, "the group stays unwritten");
  unlinkSync(folder.file(newest));
});

test("a background sync makes no second one while it runs, and no file is closed under it", async () => {
  using folder = new TemporaryFolder();
  const log = open(folder);
  for (let version = 1; version <= 50; version++) {
    log.append(version, "100|ACCESS(1)");
    log.flush();
    log.sync();
    if (version % 10 === 0) log.rotate();
  }
  log.close();
  // The pool is empty when a later request of it has been answered.
  const { promises } = await import("node:fs");
  for (let count = 0; count < 8; count++) await promises.stat(folder.path);
  assert.equal(folder.text("changelog.1.mfs").split("\n").length, 11);
});
