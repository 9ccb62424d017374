// Destroy on simulated hosts, and its scripts on real folders: what goes, and what must never go.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import type { World } from "../../../../src/facts/world.ts";
import { destroy } from "../../../../src/runbooks/destroy.ts";
import { checkGatesAhead, observe, planAll } from "../../../../src/runner/plan.ts";
import { emptyDisk, emptyFolder, notPlain } from "../../../../src/shell/destroy.ts";
import { bareCluster, FakeControl, inventoryOf, smallText } from "../../../support/fake-hosts.ts";

const inventory = inventoryOf(smallText);
const everything = { hosts: new Set(Object.keys(inventory.hosts)), roles: undefined };
const mounts = { targets: [{ host: "cm01", path: "/home/work/share" }], looks: new Map() };
const base = realpathSync(mkdtempSync(path.join(tmpdir(), "mfsctl-destroy-")));
after(() => rmSync(base, { recursive: true }));

async function deployedWorld(): Promise<World> {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  await control.deploy();
  return await observe(control.context);
}

function steps(world: World, removeData: boolean): readonly string[] {
  const runbook = destroy(everything, mounts, { removeData });
  checkGatesAhead(runbook.phases, world);
  return planAll(runbook, world).map(({ host, title }) => `${host}: ${title}`);
}

test("without --remove-data nothing of the metadata, the chunks or who is master is touched", async () => {
  const plan = steps(await deployedWorld(), false);
  assert.ok(plan.some((step) => /^meta01: Remove \d+ files that mfsctl wrote/.test(step)));
  assert.ok(!plan.some((step) => /chunks in|Empty|Forget who is master/.test(step)));
});

test("with --remove-data chunks go before metadata, and a linked disk is emptied at its true place", async () => {
  const world = await deployedWorld();
  const facts = new Map(world.facts);
  const cm01 = facts.get("cm01");
  assert.ok(cm01 !== undefined);
  const folder = cm01.paths.get("/home/data/mfs");
  assert.ok(folder !== undefined);
  const entries = ["00", "FF", ".metaid"];
  facts.set("cm01", {
    ...cm01,
    paths: new Map([...cm01.paths, ["/home/data/mfs", { ...folder, entries }]]),
  });
  const plan = steps({ ...world, facts }, true);
  const chunks = plan.indexOf("cm01: Remove the chunks in /home/data/mfs");
  assert.ok(chunks >= 0, plan.join("\n"));
  assert.equal(plan[chunks + 1], "cm01: Remove the link /data/mfs");
  assert.ok(chunks < plan.indexOf("meta01: Empty /home/work/local/mfs/var/mfs"));
  assert.ok(plan.includes("meta01: Forget who is master"));
});

test("a disk of another file system is refused", async () => {
  const world = await deployedWorld();
  const facts = new Map(world.facts);
  const set = (name: string, file: string, hex: string): void => {
    const found = facts.get(name);
    assert.ok(found !== undefined);
    facts.set(name, { ...found, heads: new Map([...found.heads, [file, hex]]) });
  };
  const head = `4d46534d20322e30${"0".repeat(15)}9aaaaaaaaaaaaaaaa`;
  set("meta01", "/home/work/local/mfs/var/mfs/metadata.mfs", head);
  set("cm02", "/mnt/a/.metaid", "bbbbbbbbbbbbbbbb");
  assert.throws(() => steps({ ...world, facts }, true), {
    code: "refused",
    host: "cm02",
    message: /it belongs to the file system bbbbbbbbbbbbbbbb, expected aaaaaaaaaaaaaaaa/,
  });
  assert.ok(steps({ ...world, facts }, false).length > 0);
});

function runScript({ argv }: { argv: readonly [string, ...string[]] }): number | null {
  const [program, ...words] = argv;
  return spawnSync(program, words).status;
}

test("a disk loses its chunks and marks, and keeps what else lies there; links are not followed", () => {
  const disk = path.join(base, "disk");
  const outside = path.join(base, "outside");
  for (const name of ["00", "7F", "00x", "lost+found"])
    mkdirSync(path.join(disk, name), { recursive: true });
  mkdirSync(outside);
  writeFileSync(path.join(outside, "keep"), "");
  for (const name of ["00/chunk_1", ".metaid", ".lock", ".chunkdb", "notes"])
    writeFileSync(path.join(disk, name), "");
  symlinkSync(outside, path.join(disk, "7F/link"));
  symlinkSync(outside, path.join(disk, "AB"));
  assert.equal(runScript(emptyDisk(disk)), 0);
  assert.ok(existsSync(path.join(outside, "keep")));
  assert.deepEqual(
    spawnSync("ls", ["-A", disk], { encoding: "utf8" })
      .stdout.split("\n")
      .filter(Boolean)
      .toSorted(),
    ["00x", "AB", "lost+found", "notes"],
  );
});

test("a folder behind a link is refused and stays whole, and a folder that is gone is no failure", () => {
  const real = path.join(base, "real");
  mkdirSync(path.join(real, "state"), { recursive: true });
  writeFileSync(path.join(real, "state/metadata.mfs"), "");
  symlinkSync(real, path.join(base, "alias"));
  assert.equal(runScript(emptyFolder(path.join(base, "alias/state"))), notPlain);
  assert.equal(runScript(emptyDisk(path.join(base, "alias"))), notPlain);
  assert.ok(existsSync(path.join(real, "state/metadata.mfs")));
  assert.equal(runScript(emptyFolder(path.join(real, "state"))), 0);
  assert.ok(!existsSync(path.join(real, "state/metadata.mfs")));
  assert.equal(runScript(emptyFolder(path.join(base, "nowhere"))), 0);
});
