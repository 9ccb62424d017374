// The scripts that move metadata, run by a real shell in folders of their own: what a listing says, what a cut-off run
// leaves, and that nothing is ever deleted. Spec: metadata-file.md 1, metalogger.md 6.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { judgeFolder } from "../../../daemons/metadata/candidates.ts";
import { parseMetadata } from "../../../src/facts/metadata.ts";
import type { Command } from "../../../src/host/host.ts";
import {
  bootTime,
  installMetadata,
  listMetadata,
  portsClosed,
  restoreMetadata,
  setMetadataAside,
} from "../../../src/shell/metadata.ts";

const id = 0x6b02cd60ffb787bcn;
const user = execFileSync("id", ["-un"], { encoding: "utf8" }).trim();
const group = execFileSync("id", ["-gn"], { encoding: "utf8" }).trim();
const owner = `${user}:${group}`;

let root: string;
let data: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "mfsctl-scripts-"));
  data = path.join(root, "mfs");
  mkdirSync(data);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function image(version: number): Buffer {
  const bytes = Buffer.alloc(96);
  bytes.write("MFSM 2.0", 0, "latin1");
  bytes.writeBigUInt64BE(BigInt(version), 8);
  bytes.writeBigUInt64BE(id, 16);
  bytes.write("SESS 1.5", 24, "latin1");
  bytes.write("[MFS EOF MARKER]", 80, "latin1");
  return bytes;
}

const line = (version: number, operation = "ACCESS(1)") => `${version}: 1795345886|${operation}\n`;
const lines = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => line(first + index)).join("");

function put(files: Readonly<Record<string, string | Buffer>>, folder = data): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path.join(folder, name), content);
  }
}

function run({ argv }: Command) {
  const [program, ...words] = argv;
  return spawnSync(program, words, { encoding: "latin1", maxBuffer: 64 * 1024 * 1024 });
}

function runOk(command: Command): string {
  const answer = run(command);
  assert.equal(answer.status, 0, answer.stderr);
  return answer.stdout;
}

const listing = () => parseMetadata(runOk(listMetadata(data)));

test("a listing of a metalogger's folder is judged as the folder itself", () => {
  put({
    "metadata_ml.mfs.back": image(3),
    "changelog_ml.0.mfs": lines(2, 900) + "901: 17953",
    "changelog_ml_back.1.mfs": "",
    ".mfsmetalogger.lock": "1",
  });
  const files = listing();
  assert.deepEqual(
    files.map(({ name }) => name),
    ["metadata_ml.mfs.back", "changelog_ml.0.mfs", "changelog_ml_back.1.mfs"],
  );
  const verdict = judgeFolder(files, id);
  assert.equal(verdict.kind === "usable" && verdict.reaches, 901n);
});

test("a listing shows the gaps of a log, and no line that is torn", () => {
  put({ "changelog_ml.0.mfs": lines(2, 5) + lines(9, 12) + "13: 1795345886|ACCESS(1" });
  assert.deepEqual(
    listing()[0]?.runs?.map(({ first, last }) => [first, last]),
    [
      [2n, 5n],
      [9n, 12n],
    ],
  );
});

test("a listing finds the last line behind the longest one and before bytes that were never written", () => {
  const longest = line(8, `SETXATTR(${"x".repeat(190_000)}`);
  put({
    "changelog.0.mfs": line(7) + longest,
    "changelog.1.mfs": Buffer.concat([Buffer.from(lines(2, 4)), Buffer.alloc(4096)]),
  });
  const [newest, older] = listing();
  assert.deepEqual(newest?.runs?.at(-1)?.last, 8n);
  assert.deepEqual(older?.runs?.at(-1)?.last, 4n);
});

test("a folder that is not there holds nothing", () => {
  assert.deepEqual(parseMetadata(runOk(listMetadata(path.join(root, "absent")))), []);
});

test("the time of the boot is a number of seconds in the past", () => {
  const seconds = Number(runOk(bootTime()).trim());
  assert.ok(seconds > 1_000_000_000 && seconds <= Date.now() / 1000 + 1);
});

test("set aside: every image and log moves, earlier ones of the same name stay, other files too", () => {
  const aside = path.join(root, "before-7");
  put({ "metadata.mfs.back": "old" }, aside);
  put({ "metadata.mfs.back": "new", "changelog.0.mfs": "x", "stats.mfs": "s" });
  runOk(setMetadataAside({ data, aside, owner }));
  assert.deepEqual(readdirSync(data), ["stats.mfs"]);
  assert.equal(readFileSync(path.join(aside, "metadata.mfs.back"), "utf8"), "old");
  assert.equal(readFileSync(path.join(aside, "metadata.mfs.back.again"), "utf8"), "new");
  runOk(setMetadataAside({ data, aside, owner }));
});

function install(version: number) {
  return installMetadata({
    work: path.join(root, "work"),
    data,
    aside: path.join(root, "before-7"),
    expected: { version: BigInt(version), id },
    owner,
    eraFile: path.join(root, "era"),
    era: 7,
  });
}

test("install: the image alone stays, the rest is aside, the era is named", () => {
  put({ "metadata.mfs": image(101) }, path.join(root, "work"));
  put({ "metadata.mfs": "older", "metadata_ml.mfs.back": "ml", "changelog_ml.0.mfs": "log" });
  runOk(install(101));
  assert.deepEqual(readdirSync(data), ["metadata.mfs"]);
  assert.deepEqual(readFileSync(path.join(data, "metadata.mfs")), image(101));
  assert.deepEqual(readdirSync(path.join(root, "before-7")).toSorted(), [
    "changelog_ml.0.mfs",
    "metadata.mfs",
    "metadata_ml.mfs.back",
  ]);
  assert.equal(readFileSync(path.join(root, "era"), "utf8"), "7\n");
});

test("install refuses an image of another version, and one that is cut, before it touches anything", () => {
  for (const bad of [image(100), image(101).subarray(0, 90)]) {
    put({ "metadata.mfs": bad }, path.join(root, "work"));
    put({ "metadata_ml.mfs.back": "ml" });
    assert.equal(run(install(101)).status, 1);
    assert.deepEqual(readdirSync(data), ["metadata_ml.mfs.back"]);
  }
});

/** Stands in for the real master: keeps what it was given and stores an image. */
function fakeMaster(version: number, code = 0): string {
  const program = path.join(root, "mfsmaster");
  writeFileSync(path.join(root, "image"), image(version));
  writeFileSync(
    program,
    `#!/bin/sh
d=$(sed -n 's/^DATA_PATH = //p' "$2"); cp "${root}/image" "$d/metadata.mfs"; mkdir -p "${root}/seen"
cp "$d"/metadata.mfs.back "$d"/changelog* "${root}/seen/"; echo "hole in change files" >&2; exit ${code}
`,
    { mode: 0o755 },
  );
  return program;
}

function restore(program: string, logs: Parameters<typeof restoreMetadata>[0]["logs"]) {
  const config = path.join(root, "mfsmaster.cfg");
  writeFileSync(config, `WORKING_USER = ${user}\nDATA_PATH = ${data}\n`);
  return restoreMetadata({
    from: data,
    work: path.join(root, "work"),
    image: "metadata_ml.mfs.back",
    logs,
    expected: { version: 10n, id },
    program,
    config,
    user,
    group,
  });
}

test("restore: the program sees the chosen files alone, torn and early lines cut away", () => {
  const torn = lines(2, 9);
  put({
    "metadata_ml.mfs.back": image(5),
    "changelog_ml.0.mfs": `${torn}10: 17`,
    "metadata.mfs.empty": "MFSM NEW",
  });
  const logs = [{ name: "changelog_ml.0.mfs", keepBytes: torn.length, dropBelow: 5n }];
  runOk(restore(fakeMaster(10), logs));
  assert.deepEqual(readdirSync(path.join(root, "seen")).toSorted(), [
    "changelog_ml.0.mfs",
    "metadata.mfs.back",
  ]);
  assert.equal(readFileSync(path.join(root, "seen/changelog_ml.0.mfs"), "utf8"), lines(5, 9));
  assert.ok(readFileSync(path.join(data, "changelog_ml.0.mfs"), "utf8").endsWith("10: 17"));
});

test("restore fails with the program's words, and when the result is not the version that was promised", () => {
  put({ "metadata_ml.mfs.back": image(5), "changelog_ml.0.mfs": lines(5, 9) });
  const logs = [{ name: "changelog_ml.0.mfs" }];
  const failed = run(restore(fakeMaster(10, 1), logs));
  assert.deepEqual([failed.status, failed.stderr.trim()], [1, "hole in change files"]);
  const other = run(restore(fakeMaster(9), logs));
  assert.equal(other.status, 1);
  assert.match(other.stderr, /expected 000000000000000a6b02cd60ffb787bc/);
});

test("without logs the image is taken as it is, after the same checks", () => {
  put({ "metadata_ml.mfs.back": image(10) });
  runOk(restore("/nonexistent", []));
  assert.deepEqual(readFileSync(path.join(root, "work/metadata.mfs")), image(10));
});

test("ports: one that answers is named, closed ones are not", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const open = run(portsClosed(["127.0.0.1:1", `127.0.0.1:${port}`]));
  assert.deepEqual([open.status, open.stdout.trim()], [1, `127.0.0.1:${port} answers`]);
  server.close();
  await once(server, "close");
  assert.equal(run(portsClosed(["127.0.0.1:1", `127.0.0.1:${port}`])).status, 0);
});
