// Folders of metadata judged. Spec: metalogger.md 6.1, 6.2. Each folder here was also given to the
// real "mfsmaster restore"; where a verdict is stricter than the real program, the test says so.
import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeFolder } from "../../../../daemons/metadata/candidates.ts";
import type { ListedFile, Verdict } from "../../../../daemons/metadata/candidates.ts";
import { readRuns } from "../../../../daemons/metadata/changelog.ts";
import { walkSections } from "../../../../daemons/metadata/sections.ts";
import { changedImage, golden, patched } from "./golden.ts";

const image = golden("metadata.mfs.back");
const id = image.readBigUInt64BE(16);
const log = golden("changelog.0.mfs").toString("latin1");
const lines = log
  .trimEnd()
  .split("\n")
  .map((line) => `${line}\n`);

function listed(name: string, content: Buffer | string): ListedFile {
  const bytes = typeof content === "string" ? Buffer.from(content, "latin1") : content;
  const runs = name.startsWith("changelog") ? { runs: readRuns(name, bytes) } : {};
  return {
    name,
    sizeBytes: bytes.length,
    mtimeMs: 0,
    head: bytes.subarray(0, 64),
    tail: bytes,
    ...runs,
  };
}

function judge(
  files: Readonly<Record<string, Buffer | string>>,
  expected: bigint | null = id,
): Verdict {
  return judgeFolder(
    Object.entries(files).map(([name, content]) => listed(name, content)),
    expected,
  );
}

function refusal(verdict: Verdict): string {
  return verdict.kind === "refused" ? verdict.reason : verdict.kind;
}

test("spec 6.1: the image and all logs lead to the last change", () => {
  const verdict = judge({
    "metadata_ml.mfs.back": image,
    "changelog_ml.0.mfs": golden("changelog_ml.0.mfs"),
    "changelog_ml_back.0.mfs": "",
    "changelog_ml_back.1.mfs": golden("changelog.1.mfs"),
  });
  assert.deepEqual(verdict, {
    kind: "usable",
    image: "metadata_ml.mfs.back",
    imageVersion: 2n,
    id,
    reaches: 8n,
    lastChangeAt: Number(log.split(": ").at(-1)?.split("|")[0]),
    logs: ["changelog_ml.0.mfs"],
    repairs: [],
  });
});

test("spec 6.1: the image with the highest version is taken, damaged ones are passed over", () => {
  const older = changedImage({ version: 1n });
  const verdict = judge({
    "metadata.mfs.back.1": older,
    "metadata.mfs.back": image,
    "metadata.mfs.emergency": image.subarray(0, 2000),
    "metadata.crc": Buffer.alloc(120),
    "metadata.mfs.empty": "MFSM NEW",
  });
  assert.equal(verdict.kind === "usable" && verdict.image, "metadata.mfs.back");
  assert.equal(verdict.kind === "usable" && verdict.lastChangeAt, null);
});

test("spec 6.1: without a complete image a folder is refused", () => {
  assert.equal(refusal(judge({ "changelog_ml.0.mfs": log })), "noImage");
  assert.equal(
    refusal(judge({ "metadata_ml.mfs.back": image.subarray(0, 2000), "changelog_ml.0.mfs": log })),
    "noImage",
  );
  assert.equal(refusal(judge({ metadata: image, "other.mfs": image })), "noImage");
  assert.equal(refusal(judge({})), "noImage");
});

test("spec 6.1: the template of an empty file system is refused, where the real program would start it", () => {
  assert.equal(refusal(judge({ "metadata.mfs.empty": "MFSM NEW" })), "onlyEmpty");
  assert.equal(
    refusal(judge({ "metadata_ml.tmp": "MFSM NEW", "changelog_ml.0.mfs": log }, null)),
    "onlyEmpty",
  );
});

test("spec 6.1: a foreign id is refused, among the images or against the cluster's", () => {
  const foreign = changedImage({ id: 5n });
  const mixed = { "metadata.mfs.back": image, "metadata_ml.mfs.back": foreign };
  assert.equal(refusal(judge(mixed, null)), "foreignId");
  const verdict = judge({ "metadata.mfs.back": foreign });
  assert.ok(verdict.kind === "refused");
  assert.equal(verdict.reason, "foreignId");
  assert.match(verdict.why, /metadata id 0000000000000005, expected 6B02/);
  assert.equal(refusal(judge({ "metadata.mfs.back": changedImage({ id: 0n }) })), "foreignId");
  assert.equal(refusal(judge({ "metadata.mfs.back": foreign }, null)), "usable");
});

test("an image that a 4.x master saved is refused before anything else", async () => {
  const newer = patched(image, "SCLA 1.6", "SCLA 1.<");
  const read = (offset: number, size: number) => newer.subarray(offset, offset + size);
  const { sections } = await walkSections(read, newer.length);
  const file = { ...listed("metadata.mfs.back", newer), sections };
  assert.equal(refusal(judgeFolder([file], id)), "newerFormat");
});

test("changelog.md 5.1: a hole is refused and says how far the chain leads", () => {
  const verdict = judge({
    "metadata.mfs.back": image,
    "changelog.0.mfs": lines.filter((_, index) => index !== 2).join(""),
  });
  assert.ok(verdict.kind === "refused");
  assert.equal(verdict.reason, "hole");
  assert.equal(verdict.reaches, 4n);
  assert.deepEqual(verdict.hole, { from: 4n, to: 4n });
  const late = { "metadata.mfs.back": image, "changelog.0.mfs": lines.slice(1).join("") };
  assert.equal(refusal(judge(late)), "hole");
});

test("changelog.md 5.2: complete lines of a torn log count, and the tail must be cut for the real program", () => {
  const verdict = judge({ "metadata.mfs.back": image, "changelog.0.mfs": `${log}8: 1795` });
  assert.ok(verdict.kind === "usable");
  assert.equal(verdict.reaches, 8n);
  assert.deepEqual(verdict.repairs, [
    { kind: "cutTornLine", name: "changelog.0.mfs", keepBytes: log.length },
  ]);
});

test("metalogger.md 6.2: lines below the image must go where they make a false hole", () => {
  const verdict = judge({
    "metadata.mfs.back": changedImage({ version: 7n }),
    "changelog.0.mfs": lines.filter((_, index) => index < 2 || index > 4).join(""),
  });
  assert.ok(verdict.kind === "usable");
  assert.equal(verdict.reaches, 8n);
  assert.deepEqual(verdict.repairs, [
    { kind: "dropLinesBelow", name: "changelog.0.mfs", version: 7n },
  ]);
});

test("a gap that a restarted metalogger left is filled by the logs that it downloaded", () => {
  const verdict = judge({
    "metadata_ml.mfs.back": image,
    "changelog_ml.0.mfs": `${lines[0]}${lines[4]}${lines[5]}`,
    "changelog_ml_back.0.mfs": lines.slice(0, 4).join(""),
  });
  assert.equal(verdict.kind === "usable" && verdict.reaches, 8n);
  assert.deepEqual(verdict.kind === "usable" && verdict.repairs, []);
});
