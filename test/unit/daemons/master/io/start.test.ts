// The start without `-a`. Spec: metadata-file.md 4.3, config-and-cli.md 11.2; where ours is stricter than the
// real master, the test says so.

import assert from "node:assert/strict";
import { test } from "node:test";
import { folderOf, History, start } from "./data-folder.ts";

const history = new History();
const image = history.image(10);
const empty = "MFSM NEW";

test("spec 4.3: the image of a stop is loaded, and nothing changes until it is taken over", async () => {
  using folder = folderOf({
    "metadata.mfs": image,
    "metadata.mfs.back.1": history.image(5),
    "metadata.mfs.back.tmp": "rest of a store",
    "changelog.0.mfs": history.log(1, 9),
  });
  const before = folder.names();
  const { reaches, opened } = await start(folder);
  assert.equal(reaches, 10);
  assert.deepEqual(folder.names(), before);
  opened?.takeOver();
  assert.deepEqual(folder.names(), ["changelog.0.mfs", "metadata.mfs.back", "metadata.mfs.back.1"]);
});

test("spec 3.1: a new file system has one directory and no id", async () => {
  using folder = folderOf({ "metadata.mfs": empty });
  const { reaches, opened } = await start(folder);
  assert.equal(reaches, 1);
  assert.equal(opened?.needsMetaId, true);
  assert.equal(opened?.world.nodes.countOf(), 1);
});

test("spec 4.3: without metadata.mfs the start says what there is instead", async () => {
  using folder = folderOf({ "metadata.mfs.back": image });
  const { refusal, found, code } = await start(folder);
  assert.equal(refusal, "can't find metadata.mfs - try using option '-a'");
  assert.equal(code, "missing");
  assert.deepEqual(found, [
    "found valid metadata file: metadata.mfs.back (version: 10 ; id: 0000000000000007)",
  ]);
});

test("a folder without any metadata is told how a first start begins, with -a as well", async () => {
  const advice =
    /^there is no metadata in .*copy metadata\.mfs\.empty .* to metadata\.mfs; if not,/;
  for (const files of [{}, { "metadata.mfs.empty": empty }]) {
    using folder = folderOf(files);
    const plain = await start(folder);
    assert.equal(plain.refusal, "can't find metadata.mfs - try using option '-a'");
    assert.match(plain.found.join("\n"), advice);
    const restored = await start(folder, "a");
    assert.equal(restored.refusal, "can't find valid metadata file");
    assert.match(restored.found.join("\n"), advice);
  }
});

test("a folder with any trace of metadata is not advised to begin anew", async () => {
  const traces = { "metadata.mfs.back.1": image, "changelog.4.mfs": history.log(1, 9) };
  for (const [name, content] of Object.entries(traces)) {
    using folder = folderOf({ [name]: content });
    const { refusal, found } = await start(folder);
    assert.equal(refusal, "can't find metadata.mfs - try using option '-a'");
    assert.doesNotMatch(found.join("\n"), /metadata\.mfs\.empty/);
  }
});

const broken: readonly (readonly [what: string, content: Buffer | string, refusal: string])[] = [
  [
    "a wrong header",
    "no image of any kind, but long enough to be one of some",
    "metadata.mfs has wrong header - try using option '-a'",
  ],
  ["no end", image.subarray(0, -3), "metadata.mfs has wrong ending - try using option '-a'"],
  [
    "a hole in the middle",
    Buffer.concat([image.subarray(0, 400), image.subarray(500)]),
    "metadata.mfs is broken",
  ],
];

for (const [what, content, expected] of broken) {
  test(`spec 4.3: an image with ${what} is refused`, async () => {
    using folder = folderOf({ "metadata.mfs": content });
    const { refusal, code } = await start(folder);
    assert.ok(refusal.startsWith(expected), refusal);
    assert.equal(code, "broken");
  });
}

test("an image of a newer master is refused as such", async () => {
  const newer = Buffer.from(image.toString("latin1").replace("SCLA 1.6", "SCLA 1.<"), "latin1");
  using folder = folderOf({ "metadata.mfs": newer });
  const { refusal, code } = await start(folder);
  assert.equal(code, "newer");
  assert.match(refusal, /SCLA/);
});

test("spec 4.3: content that is wrong is refused with its place", async () => {
  const text = image.toString("latin1");
  const at = text.indexOf("folder-9") - 14;
  const wrong = Buffer.from(image);
  wrong.writeUInt32BE(99, at);
  using folder = folderOf({ "metadata.mfs": wrong });
  const { refusal, found } = await start(folder);
  assert.equal(refusal, "error loading metadata.mfs - try using option '-a'");
  assert.match(found.join(), /EDGE/);
});

test("spec 4.3: a newer backup of another file system is refused", async () => {
  using folder = folderOf({
    "metadata.mfs": image,
    "metadata.mfs.back": new History(20, 8n).image(15),
  });
  const { refusal, code } = await start(folder);
  assert.equal(code, "foreign");
  assert.match(refusal, /backup file is newer than current file - please check it manually/);
});

test("a newer image of the same file system is refused (the real master overwrites it)", async () => {
  for (const name of ["metadata.mfs.back", "metadata.mfs.emergency"]) {
    using folder = folderOf({ "metadata.mfs": image, [name]: history.image(12) });
    assert.equal((await start(folder)).code, "stale", name);
  }
});

test("logs that lead beyond the image are refused (the real master forgets them)", async () => {
  using folder = folderOf({ "metadata.mfs": image, "changelog.0.mfs": history.log(8, 14) });
  const { refusal, code } = await start(folder);
  assert.equal(code, "stale");
  assert.match(refusal, /change logs \(changelog.0.mfs\) lead to 14, metadata.mfs only to 9/);
});

test("a new file system among the logs of an old one is refused", async () => {
  using folder = folderOf({ "metadata.mfs": empty, "changelog.3.mfs": history.log(1, 14) });
  assert.equal((await start(folder)).code, "stale");
});

test("what a metalogger left of another file system does not hinder", async () => {
  using folder = folderOf({
    "metadata.mfs": image,
    "metadata_ml.mfs.back": new History(20, 8n).image(15),
  });
  assert.equal((await start(folder)).reaches, 10);
});

test("with -i logs that lead elsewhere are put aside, behind a stored image", async () => {
  using folder = folderOf({
    "metadata.mfs": image,
    "changelog.0.mfs": history.log(8, 14),
    "changelog.1.mfs": history.log(1, 7),
  });
  const { reaches, opened } = await start(folder, "i");
  assert.equal(reaches, 10);
  opened?.takeOver();
  assert.deepEqual(folder.names(), [
    "changelog.0.mfs.ahead-of-10",
    "changelog.1.mfs",
    "metadata.crc",
    "metadata.mfs.back",
    "metadata.mfs.back.1",
  ]);
  assert.equal((await start(folder, "a")).reaches, 10);
});
