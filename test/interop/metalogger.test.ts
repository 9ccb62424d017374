// Stock metaloggers on our master: they hold every change, find what they missed, and what they hold brings a
// lost master back with the stock programs. Spec: metalogger.md.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { run } from "../lab/command.ts";
import { Cluster } from "./cluster.ts";
import { until } from "./until.ts";

const limitMs = 120_000;
const ours = { command: [path.resolve(import.meta.dirname, "../../bin/mfsmaster")] };
const folderCount = 40;

async function makeFolders(mount: string, prefix: string): Promise<void> {
  for (let index = 0; index < folderCount; index++) {
    await mkdir(path.join(mount, `${prefix}-${index}`));
  }
}

/** Lines of a log; none while it does not exist. */
function linesOf(folder: string, name: string): readonly string[] {
  const file = path.join(folder, name);
  return existsSync(file) ? readFileSync(file, "latin1").trimEnd().split("\n") : [];
}

/** Waits until the metalogger's log ends as the master's does, and gives both. */
async function sameEnd(
  cluster: Cluster,
): Promise<{ readonly master: readonly string[]; readonly copy: readonly string[] }> {
  const read = () => ({
    master: linesOf(cluster.dataDir, "changelog.0.mfs"),
    copy: linesOf(cluster.metalogger.dataDir, "changelog_ml.0.mfs"),
  });
  const isSame = () => {
    const { master, copy } = read();
    return master.length > 0 && master.at(-1) === copy.at(-1);
  };
  await until("the metalogger has the last change", isSame, {
    seen: () => `${read().copy.length} of ${read().master.length} lines`,
  });
  return read();
}

test(
  "a stock metalogger gets every change, also those made while it was away",
  { timeout: limitMs },
  async () => {
    await using cluster = await Cluster.start({ chunkservers: 0, master: ours });
    const mount = await cluster.mount();
    await makeFolders(mount, "before");
    await cluster.metalogger.start();
    const back = path.join(cluster.metalogger.dataDir, "changelog_ml_back.1.mfs");
    await until("the metalogger has downloaded all files", () => existsSync(back));
    await makeFolders(mount, "during");
    await sameEnd(cluster);
    // A reload closes the connection; the metalogger comes back after a second.
    cluster.metalogger.reload();
    await makeFolders(mount, "away");
    const { master, copy } = await sameEnd(cluster);
    assert.deepEqual(
      copy,
      master.slice(master.length - copy.length),
      "no line is missing in the copy",
    );
    const missed = copy.filter((line) => line.includes("CREATE(1,away-"));
    assert.equal(missed.length, folderCount);
    const downloaded = linesOf(cluster.metalogger.dataDir, "changelog_ml_back.0.mfs");
    assert.equal(
      downloaded.filter((line) => line.includes("CREATE(1,before-")).length,
      folderCount,
    );
  },
);

test(
  "the stock mfsmaster restores our tree from what a stock metalogger holds",
  { timeout: limitMs },
  async () => {
    await using cluster = await Cluster.start({ chunkservers: 0, master: ours });
    const mount = await cluster.mount();
    await makeFolders(mount, "first");
    // A stop stores an image; the metalogger takes no image of a new file system.
    assert.equal(await cluster.master.stop(), 0);
    await cluster.master.start();
    await cluster.metalogger.start();
    const image = path.join(cluster.metalogger.dataDir, "metadata_ml.mfs.back");
    await until("the metalogger has the image", () => existsSync(image));
    await makeFolders(mount, "second");
    await sameEnd(cluster);
    await cluster.killAll();
    const folder = await mkdtemp(path.join(tmpdir(), "restore-"));
    try {
      await cp(cluster.metalogger.dataDir, folder, { recursive: true });
      const config = path.join(folder, "mfsmaster.cfg");
      await cluster.master.configure({ DATA_PATH: folder });
      await cp(cluster.master.configFile, config);
      const restored = await run(["mfsmaster", "-c", config, "restore"]);
      assert.equal(restored.code, 0, restored.stderr);
      const dump = await run(["mfsmetadump", path.join(folder, "metadata.mfs")]);
      for (const prefix of ["first", "second"]) {
        const names = dump.stdout.match(new RegExp(`\\|n:${prefix}-\\d+`, "g")) ?? [];
        assert.equal(names.length, folderCount, `folders called ${prefix}`);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

test(
  "a restart of our master sends no metalogger back to the start",
  { timeout: limitMs },
  async () => {
    await using cluster = await Cluster.start({ chunkservers: 0, master: ours });
    const mount = await cluster.mount();
    await cluster.metalogger.start();
    const back = path.join(cluster.metalogger.dataDir, "changelog_ml_back.1.mfs");
    await until("the metalogger has downloaded all files", () => existsSync(back));
    await makeFolders(mount, "before");
    await sameEnd(cluster);
    await cluster.master.kill();
    await cluster.master.start(["-a"]);
    await makeFolders(mount, "after");
    const { copy } = await sameEnd(cluster);
    assert.equal(copy.filter((line) => line.includes("CREATE(1,after-")).length, folderCount);
    assert.doesNotMatch(cluster.metalogger.logText(), /some changes lost/);
  },
);
