// Metadata there and back: what a real master stored is loaded, changed and stored by ours, and loaded again by the
// real one; timed clean-up is replayed by the other; a metalogger's folder brings back what ours had.
// Spec: metadata-file.md 2 to 5 and 8, changelog.md 7.1, metalogger.md 6.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import path from "node:path";
import { suite, test } from "node:test";
import type { TestContext } from "node:test";
import { run } from "../lab/command.ts";
import { Cluster } from "./cluster.ts";
import type { Player } from "./cluster.ts";
import { ourMaster } from "./support/our-master.ts";
import { writeOldImage } from "./support/random-changes-old-image.ts";
import { countChanges, readImageLines, restore } from "./support/random-changes-images.ts";
import type { Restorer } from "./support/random-changes-images.ts";
import { treeOfImage, walkTree } from "./support/random-changes-walk.ts";
import { RandomChanges, randomExports } from "./support/random-changes.ts";
import { until } from "./until.ts";

const limitMs = 180_000;
const cleanUpLimitMs = 100_000;
/** What a master does by the clock. */
const timed = ["EMPTYTRASH", "EMPTYSUSTAINED", "FREEINODES"];
const seed = Number(process.env["SEED"] ?? 20_261_118);
const lockSeconds = 400;
/** Kinds of lines of the dump, and kinds of nodes, that the image must have. */
const kinds =
  "SESSION SCLASS EDGE FREEID QUOTA XATTR POSIXACL OPENFILE FLOCK POSIXLOCK CHUNKSERVER CHUNK " +
  "NODE|k:- NODE|k:D NODE|k:S NODE|k:F NODE|k:B NODE|k:C NODE|k:L NODE|k:T NODE|k:R";

async function startCluster(master: Player, chunkservers = 2): Promise<Cluster> {
  const labels = ["A", "A"];
  return await Cluster.start({ chunkservers, labels, exports: randomExports, master });
}

interface Change {
  readonly count: number;
  /** Chunks stay locked for two minutes: later requests would have to wait for them. */
  readonly isLast: boolean;
}

/** Changes at random and gives the tree that was there at the end. */
async function change(
  cluster: Cluster,
  { count, isLast }: Change,
  t: TestContext,
): Promise<readonly string[]> {
  const changes = await RandomChanges.start(cluster, seed + count);
  try {
    const { refused } = await changes.run(count);
    t.diagnostic(`seed ${seed}: ${count} requests, ${refused} refused`);
    if (isLast) await changes.leaveLocked();
    return await walkTree(cluster.master.address);
  } finally {
    changes.close();
  }
}

function stored(cluster: Cluster): string {
  return path.join(cluster.dataDir, "metadata.mfs");
}

/** What the dump tool of the original says of an image, but for chunk locks that may be over. */
async function stockDump(file: string): Promise<readonly string[]> {
  const { code, stdout, stderr } = await run(["mfsmetadump", file], { timeoutMs: limitMs });
  assert.equal(code, 0, stderr);
  const lines = stdout.split("\n").filter((line) => !line.startsWith("# section header"));
  return lines.map((line) => line.replace(/^(CHUNK\|.*\|t:) *\d+/, "$1")).toSorted();
}

function assertSame(one: string, other: string): void {
  const now = Math.floor(Date.now() / 1000) + lockSeconds;
  assert.deepEqual(readImageLines(one, now), readImageLines(other, now));
}

function lastLine(folder: string, name: string): string | undefined {
  const file = path.join(folder, name);
  return existsSync(file) ? readFileSync(file, "latin1").trimEnd().split("\n").at(-1) : undefined;
}

/** Lets a master clear away what is old, and the other replay it. */
async function clearAway(master: Player, by: Restorer): Promise<void> {
  await using cluster = await startCluster(master, 0);
  assert.equal(await cluster.master.stop(), 0);
  writeOldImage(stored(cluster));
  await cluster.master.start();
  const isDone = async (): Promise<boolean> => {
    const counts = await countChanges(cluster.dataDir);
    return timed.every((operation) => counts.has(operation));
  };
  await until("all is cleared away", isDone, { limitMs: cleanUpLimitMs });
  assert.equal(await cluster.master.stop(), 0);
  const copied = { from: cluster.dataDir, below: cluster.folder, images: "copied" } as const;
  assertSame(await restore({ by, ...copied }), stored(cluster));
}

// The clean-up waits for a minute, so the others run meanwhile.
suite("metadata there and back", { concurrency: 2 }, () => {
  test(
    "what one master clears away when its time has come is cleared away by the other's replay",
    { timeout: limitMs },
    async () => {
      await Promise.all([clearAway(ourMaster, "stock"), clearAway("stock", "ours")]);
    },
  );

  test(
    "an image of a real master is stored by ours without a difference, and after changes loaded by the real one",
    { timeout: limitMs },
    async (t) => {
      await using cluster = await startCluster("stock");
      await change(cluster, { count: 6_000, isLast: true }, t);
      assert.equal(await cluster.master.stop(), 0);
      const first = await stockDump(stored(cluster));
      const missing = kinds
        .split(" ")
        .filter((kind) => !first.some((line) => line.startsWith(kind)));
      assert.deepEqual(missing, [], "kinds of records that the image does not have");
      const copied = { from: cluster.dataDir, below: cluster.folder, images: "copied" } as const;
      assert.deepEqual(await stockDump(await restore({ by: "ours", ...copied })), first);

      cluster.playMaster(ourMaster);
      await cluster.master.start();
      await cluster.ready();
      const seen = await change(cluster, { count: 3_000, isLast: true }, t);
      assert.equal(await cluster.master.stop(), 0);
      const second = path.join(cluster.folder, "stored-by-ours");
      await copyFile(stored(cluster), second);
      const loaded = await restore({ by: "stock", ...copied });
      assertSame(loaded, second);
      assert.deepEqual(treeOfImage(loaded), seen);

      cluster.playMaster("stock");
      await cluster.master.start();
      await cluster.ready();
      assert.deepEqual(await walkTree(cluster.master.address), seen);
    },
  );

  test(
    "a stock metalogger follows ours under load, and either master restores the tree from its folder",
    { timeout: limitMs },
    async (t) => {
      await using cluster = await startCluster(ourMaster);
      await change(cluster, { count: 500, isLast: false }, t);
      // A stop stores an image; the metalogger takes none of a new file system.
      assert.equal(await cluster.master.stop(), 0);
      await cluster.master.start();
      await cluster.ready();
      await cluster.metalogger.start();
      const folder = cluster.metalogger.dataDir;
      const image = path.join(folder, "metadata_ml.mfs.back");
      await until("the metalogger has the image", () => existsSync(image));
      const seen = await change(cluster, { count: 10_000, isLast: true }, t);
      await until(
        "the metalogger has the last change",
        () =>
          lastLine(folder, "changelog_ml.0.mfs") === lastLine(cluster.dataDir, "changelog.0.mfs"),
      );
      await cluster.killAll();
      const copied = { from: folder, below: cluster.folder, images: "copied" } as const;
      const theirs = await restore({ by: "stock", ...copied });
      assert.deepEqual(treeOfImage(theirs), seen);
      assertSame(await restore({ by: "ours", ...copied }), theirs);
    },
  );
});
