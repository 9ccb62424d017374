// The start with `-a`. Spec: metalogger.md 6, changelog.md 5 and 9; where ours differs from the real master,
// the test says so.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { folderOf, History, start } from "./data-folder.ts";

const history = new History();
const foreign = new History(20, 8n);
const empty = "MFSM NEW";

/** An image whose last bytes are missing. */
function cut(version: number): Buffer {
  return history.image(version).subarray(0, -20);
}

test("spec 6: the newest image and all logs lead to the last change", async () => {
  using folder = folderOf({
    "metadata.mfs.back": history.image(10),
    "metadata.mfs.back.1": history.image(5),
    "changelog.0.mfs": history.log(15, 20),
    "changelog.1.mfs": history.log(4, 14),
  });
  const { reaches, opened, messages } = await start(folder, "ax");
  assert.equal(reaches, 21);
  assert.equal(opened?.world.nodes.countOf(), 20);
  assert.ok(messages.includes("using changelog file: changelog.1.mfs (changes: 4 - 14)"));
});

test("spec 6: the files of a metalogger are enough", async () => {
  using folder = folderOf({
    "metadata_ml.mfs.back": history.image(10),
    "changelog_ml.0.mfs": history.log(12, 20),
    "changelog_ml_back.0.mfs": history.log(6, 13),
    "changelog_ml_back.1.mfs": "",
  });
  assert.equal((await start(folder, "a")).reaches, 21);
});

test("spec 3.5: a new file system with all its changes is one", async () => {
  for (const name of ["metadata.mfs.back", "metadata_ml.tmp"]) {
    using folder = folderOf({ [name]: empty, "changelog.0.mfs": history.log(1, 20) });
    assert.equal((await start(folder, "a")).reaches, 21, name);
  }
});

test("the very first start may use -a", async () => {
  using folder = folderOf({ "metadata.mfs": empty, "metadata.mfs.empty": empty });
  assert.equal((await start(folder, "a")).reaches, 1);
});

const neverEmpty: Readonly<Record<string, Readonly<Record<string, string | Buffer>>>> = {
  "the packaged template alone": { "metadata.mfs.empty": empty },
  "a metalogger's rest without logs": { "metadata_ml.tmp": empty },
  "a new file system beside a broken image": {
    "metadata.mfs": empty,
    "metadata.mfs.back": cut(10),
  },
  "a new file system among later logs": {
    "metadata.mfs": empty,
    "changelog.0.mfs": history.log(5, 9),
  },
  "logs alone": { "changelog.0.mfs": history.log(1, 20) },
  nothing: {},
};

for (const [what, files] of Object.entries(neverEmpty)) {
  test(`a master never starts empty from ${what} (the real one may)`, async () => {
    using folder = folderOf(files);
    const { code, refusal } = await start(folder, "a");
    assert.equal(code, "missing", refusal);
  });
}

test("spec 5.2: the complete lines of a torn log are used (the real master leaves the file out)", async () => {
  using folder = folderOf({
    "metadata.mfs.back": history.image(10),
    "changelog.0.mfs": history.log(8, 19).slice(0, -4),
  });
  const { reaches, messages } = await start(folder, "a");
  assert.equal(reaches, 19);
  assert.match(messages.join("\n"), /unfinished line at the end/);
});

test("changelog 9 (10): a gap below the image is none (the real master stops there)", async () => {
  using folder = folderOf({
    "metadata.mfs.back": history.image(10),
    "changelog.0.mfs": history.log(10, 20),
    "changelog.1.mfs": history.log(2, 5),
  });
  assert.equal((await start(folder, "a")).reaches, 21);
});

test("spec 5.1: a hole behind the image is refused; with -i what leads there is used", async () => {
  const files = {
    "metadata.mfs.back": history.image(10),
    "changelog.0.mfs": history.log(16, 20),
    "changelog.1.mfs": history.log(8, 12),
  };
  using folder = folderOf(files);
  const { code, found } = await start(folder, "a");
  assert.equal(code, "hole");
  assert.match(found.join(), /changes 13 to 15 are missing/);
  const { reaches, opened } = await start(folder, "ai");
  assert.equal(reaches, 13);
  opened?.takeOver();
  assert.ok(folder.names().includes("changelog.0.mfs.ahead-of-13"));
  assert.equal((await start(folder, "a")).reaches, 13);
});

test("spec 6.1: images of two file systems are refused", async () => {
  using folder = folderOf({
    "metadata.mfs.back": history.image(10),
    "metadata_ml.mfs.back": foreign.image(9),
  });
  const { code, refusal, found } = await start(folder, "a");
  assert.equal(code, "foreign");
  assert.match(
    refusal,
    /^found metadata file with different id number - cleanup your working directory/,
  );
  assert.equal(found.length, 2);
  assert.equal((await start(folder, "ai")).reaches, 10);
});

test("two logs that tell of different changes of one number are refused", async () => {
  const other = history.log(8, 20).replaceAll("folder-15", "folder-xx");
  using folder = folderOf({
    "metadata.mfs.back": history.image(10),
    "changelog.0.mfs": history.log(8, 20),
    "changelog_ml.0.mfs": other,
  });
  const { code, found } = await start(folder, "a");
  assert.equal(code, "changes");
  assert.match(found.join(), /change 15 differs/);
});

test("a change that gives another result than it gave is refused", async () => {
  using folder = folderOf({
    "metadata.mfs.back": history.image(10),
    "changelog.0.mfs": history.log(8, 20).replace(/(folder-15,.*\)):\d+/, "$1:999"),
  });
  const { code, found } = await start(folder, "a");
  assert.equal(code, "changes");
  assert.match(found.join(), /changelog.0.mfs:15: .*expected 999/);
});

test("a newer image that is cut short is no loss when the logs lead as far", async () => {
  using folder = folderOf({
    "metadata.mfs.back": cut(15),
    "metadata.mfs.back.1": history.image(10),
    "changelog.0.mfs": history.log(8, 20),
  });
  assert.equal((await start(folder, "a")).reaches, 21);
});

test("a newer image that is cut short is refused when nothing leads as far (the real master forgets it)", async () => {
  using folder = folderOf({
    "metadata.mfs.back": cut(15),
    "metadata.mfs.back.1": history.image(10),
  });
  const { code, found } = await start(folder, "a");
  assert.equal(code, "stale");
  assert.match(found.join(), /metadata.mfs.back leads to change 14/);
});

test("an image whose content is wrong gives way to an older one", async () => {
  const wrong = history.image(15);
  wrong.writeUInt32BE(99, wrong.indexOf("folder-9") - 14);
  using folder = folderOf({
    "metadata.mfs.back": wrong,
    "metadata.mfs.back.1": history.image(10),
    "changelog.0.mfs": history.log(8, 20),
  });
  const { reaches, messages } = await start(folder, "a");
  assert.equal(reaches, 21);
  assert.match(messages.join("\n"), /error loading metadata file \(metadata.mfs.back\)/);
});

test("spec 6.1: an emergency image elsewhere counts when it is of this file system", async () => {
  using folder = folderOf({ "metadata.mfs.back": history.image(10) });
  using elsewhere = folderOf({ "metadata.mfs.emergency": history.image(15) });
  using stranger = folderOf({ "metadata.mfs.emergency": foreign.image(18) });
  const emergencyFolders = [elsewhere.path, stranger.path, folder.file("none")];
  assert.equal((await start(folder, "a", { emergencyFolders })).reaches, 15);
});

test("spec 6.2: metadata.mfs is put aside when there is a backup", async () => {
  using folder = folderOf({
    "metadata.mfs": history.image(5),
    "metadata.mfs.back": history.image(10),
  });
  const { opened } = await start(folder, "a");
  opened?.takeOver();
  const [aside, ...more] = folder.names().filter((name) => name !== "metadata.mfs.back");
  assert.match(aside ?? "", /^metadata\.mfs\..{6}$/);
  assert.deepEqual(more, []);
});

test("a folder with the name of an image does not hinder", async () => {
  using folder = folderOf({ "metadata.mfs.back": history.image(10) });
  mkdirSync(folder.file("metadata-old"));
  assert.equal((await start(folder, "a")).reaches, 10);
});
