// Storing: names, previous images, emergencies. Spec: metadata-file.md 5.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import {
  saveForStop,
  saveImage,
  saveImageNow,
} from "../../../../../daemons/master/io/save-image.ts";
import type { SaveSettings } from "../../../../../daemons/master/io/save-image.ts";
import { golden } from "../../metadata/golden.ts";
import { dump, load } from "../image/worlds.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

const image = golden("all-kinds.mfs");
const { world } = load(image);

function settings(folder: TemporaryFolder, more: Partial<SaveSettings> = {}): SaveSettings {
  const silent = () => undefined;
  const log = { info: silent, warning: silent, error: silent };
  const now = world.metaVersion;
  return { dataPath: folder.path, keepPrevious: 2, now, log, emergencyFolders: [], ...more };
}

test("spec 5.2: images that were stored before move on, as many as are kept", async () => {
  using folder = new TemporaryFolder();
  for (let count = 0; count < 4; count++) {
    assert.equal((await saveImage(world, settings(folder))).kind, "stored");
  }
  assert.deepEqual(folder.names(), [
    "metadata.crc",
    "metadata.mfs.back",
    "metadata.mfs.back.1",
    "metadata.mfs.back.2",
  ]);
});

test("spec 5.2: no previous image is kept when none is asked for", () => {
  using folder = new TemporaryFolder();
  for (let count = 0; count < 2; count++)
    saveImageNow(world, settings(folder, { keepPrevious: 0 }));
  assert.deepEqual(folder.names(), ["metadata.crc", "metadata.mfs.back"]);
});

test("spec 5.3: an orderly stop leaves metadata.mfs", () => {
  using folder = new TemporaryFolder();
  folder.write("metadata.mfs.back", "the last one");
  assert.equal(saveForStop(world, settings(folder)).kind, "stored");
  assert.deepEqual(folder.names(), ["metadata.crc", "metadata.mfs", "metadata.mfs.back.1"]);
  assert.equal(folder.text("metadata.mfs.back.1"), "the last one");
});

test("what is stored is what is loaded", () => {
  using folder = new TemporaryFolder();
  saveImageNow(world, settings(folder, { now: 0 }));
  const stored = Buffer.from(folder.text("metadata.mfs.back"), "latin1");
  assert.deepEqual(dump(stored).toSorted(), dump(image).toSorted());
});

test("spec 5.5: metadata.crc names all parts", () => {
  using folder = new TemporaryFolder();
  saveImageNow(world, settings(folder));
  const names = folder.text("metadata.crc").match(/[A-Z]{4}(?=[^]{4})/g) ?? [];
  assert.equal(folder.text("metadata.crc").length, 15 * 8);
  assert.equal(names[0], "HEAD");
});

test("spec 5.4: an image that cannot be stored goes to the first place that takes it", async () => {
  using folder = new TemporaryFolder();
  using elsewhere = new TemporaryFolder();
  folder.write("metadata.mfs.back", "the last one");
  // A folder stands where the files would be written.
  mkdirSync(folder.file("metadata.mfs.back.tmp"));
  mkdirSync(folder.file("metadata.mfs.emergency"));
  const emergencyFolders = [folder.file("none"), elsewhere.path];
  const result = await saveImage(world, settings(folder, { emergencyFolders }));
  assert.deepEqual(result, { kind: "emergency", file: elsewhere.file("metadata.mfs.emergency") });
  assert.equal(folder.text("metadata.mfs.back"), "the last one");
  assert.equal(elsewhere.text("metadata.mfs.emergency").slice(0, 8), "MFSM 2.0");
});

test("a stop that cannot store says so, for the caller to try again", () => {
  using folder = new TemporaryFolder();
  const nowhere = settings(folder, { dataPath: folder.file("none") });
  assert.equal(saveForStop(world, nowhere).kind, "failed");
});
