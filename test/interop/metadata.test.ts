// What a master wrote down leads anybody to its tree: users do everything that golden-steps.ts knows, the master
// is stopped, and from an empty file system and the change log alone the stock mfsmaster and ours restore the
// image that it stored. Spec: changelog.md 5, 7, 9; metadata-file.md 2; metalogger.md 6.

import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "../lab/command.ts";
import { Cluster } from "./cluster.ts";
import type { Player } from "./cluster.ts";
import { prelude, steps } from "./golden-steps.ts";
import type { Stage } from "./golden-steps.ts";
import { ourMaster } from "./support/our-master.ts";

const limitMs = 600_000;
/** Some operations take hours or faults to come. */
const kindsMin = 33;
/** The system's own, which other users may run too. */
const python = "/usr/bin/python3";
const golden = new URL("../golden/metadata/all-kinds.mfs", import.meta.url);
const stockMaster = ["mfsmaster"];
const ours = ourMaster === "stock" ? stockMaster : ourMaster.command;

/** What a life left behind. */
interface Life {
  readonly image: string;
  readonly log: string;
  /** Steps that the master did not serve as the stock one does. */
  readonly failed: readonly string[];
}

let folder = "";

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "metadata-"));
});

after(() => rm(folder, { recursive: true, force: true }));

/** A master lives through all steps, and stops in order. */
async function live(name: string, master: Player): Promise<Life> {
  await using cluster = await Cluster.start({ chunkservers: 2, master });
  const mounts = {
    first: await cluster.mount(),
    second: await cluster.mount(),
    meta: await cluster.mountMeta(),
  };
  const stage = stageOf(cluster, mounts);
  const failed: string[] = [];
  for (const step of steps) {
    await step.run(stage).catch((error: Error) => failed.push(`${step.title}: ${error.message}`));
  }
  assert.equal(await cluster.master.stop(), 0);
  const image = path.join(folder, `${name}.mfs`);
  const log = path.join(folder, `${name}.log`);
  await copyFile(path.join(cluster.dataDir, "metadata.mfs"), image);
  await copyFile(path.join(cluster.dataDir, "changelog.0.mfs"), log);
  return { image, log, failed };
}

function stageOf(cluster: Cluster, mounts: Pick<Stage, "first" | "second" | "meta">): Stage {
  const asUser = ["setpriv", "--reuid=1000", "--regid=1000", "--groups=1000,2000,3000", python];
  return {
    ...mounts,
    async python(code, user) {
      const [program = "", ...words] = user === undefined ? [python] : asUser;
      const argv = [...words, "-c", `${prelude}${code}`, mounts.first, mounts.second, mounts.meta];
      const { code: ended, stderr } = await cluster.tool(program, argv, { cwd: mounts.first });
      if (ended !== 0) throw new Error(stderr.trimEnd().split("\n").at(-1) ?? "");
    },
    async tool(name, ...words) {
      await cluster.tool(name, words, { cwd: mounts.first });
    },
  };
}

/** Lets a program make an image of these files. */
async function restore(
  command: readonly string[],
  files: Readonly<Record<string, string>>,
  switches: readonly string[] = [],
): Promise<string> {
  const place = await mkdtemp(path.join(folder, "restore-"));
  const data = path.join(place, "data");
  await mkdir(data);
  for (const [name, file] of Object.entries(files)) await copyFile(file, path.join(data, name));
  const config = path.join(place, "mfsmaster.cfg");
  const settings = ["WORKING_USER = root", "WORKING_GROUP = root", `DATA_PATH = ${data}`];
  await writeFile(config, `${settings.join("\n")}\n`);
  const [program = "", ...words] = command;
  const restored = await run([program, ...words, "-c", config, ...switches, "restore"]);
  assert.equal(restored.code, 0, `${program}: ${restored.stderr.slice(-1000)}`);
  return path.join(data, "metadata.mfs");
}

/**
 * Lines of the real mfsmetadump, sorted. It prints flock locks wrongly; operations of sessions are counted
 * between two changes, too.
 */
async function dump(image: string): Promise<readonly string[]> {
  const { stdout } = await run(["mfsmetadump", image]);
  return stdout
    .split("\n")
    .filter((line) => line !== "" && !/^(?:#|FLOCK)/.test(line))
    .map((line) => (line.startsWith("SESSION") ? line.replace(/\|c:\[.*\]\|i:/, "|i:") : line))
    .toSorted();
}

/** Fails where the steps did not make the master log nearly all that it can. */
async function checkKinds(log: string): Promise<void> {
  const lines = (await readFile(log, "latin1")).matchAll(/^\d+: \d+\|([A-Z]+)\(/gm);
  const kinds = new Set([...lines].map(([, kind]) => kind));
  assert.ok(kinds.size > kindsMin, [...kinds].join(" "));
}

async function newFileSystem(): Promise<string> {
  const file = path.join(folder, "new.mfs");
  await writeFile(file, "MFSM NEW");
  return file;
}

/** Compares by kind, so that a difference is short. */
function assertSame(found: readonly string[], expected: readonly string[]): void {
  const missing = expected.filter((line) => !found.includes(line));
  const surplus = found.filter((line) => !expected.includes(line));
  assert.deepEqual({ surplus, missing }, { surplus: [], missing: [] });
  assert.equal(found.length, expected.length);
}

test(
  "our master restores what a stock master logged",
  { timeout: limitMs },
  async (t: TestContext) => {
    const { image, log, failed } = await live("stock", "stock");
    for (const line of failed) t.diagnostic(line);
    await checkKinds(log);
    const files = { "metadata.mfs.back": await newFileSystem(), "changelog.0.mfs": log };
    assertSame(await dump(await restore(ours, files)), await dump(image));
  },
);

test(
  "the stock master and ours restore what our master logged",
  { timeout: limitMs },
  async (t: TestContext) => {
    const { image, log, failed } = await live("ours", ourMaster);
    for (const line of failed) t.diagnostic(line);
    await checkKinds(log);
    const files = { "metadata.mfs.back": await newFileSystem(), "changelog.0.mfs": log };
    assertSame(await dump(await restore(ours, files)), await dump(image));
    assertSame(await dump(await restore(stockMaster, files)), await dump(image));
  },
);

test("a real image that we store again is loaded by the real master without a difference", async () => {
  const image = fileURLToPath(golden);
  const byOurs = await restore(ours, { "metadata.mfs.back": image });
  assertSame(await dump(byOurs), await dump(image));
  const byStock = await restore(stockMaster, { "metadata.mfs.back": byOurs });
  assertSame(await dump(byStock), await dump(image));
});
