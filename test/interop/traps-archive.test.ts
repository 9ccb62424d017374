// Trap of archiving: of what the test of all files does by itself, a real master logs counts that its own recovery
// refuses. Ours logs what both masters restore, and reads what the real one logs. The master's clocks are moved.
// Spec: changelog.md section 9, defect 7; semantics-master.md 7.6 and 22.

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { bytes, ChangingWorld } from "../unit/daemons/master/changes/changing-world.ts";
import { save } from "../unit/daemons/master/image/worlds.ts";
import { Cluster } from "./cluster.ts";
import { JumpingMaster } from "./support/jumping-master.ts";
import { readImageLines, restore } from "./support/random-changes-images.ts";
import type { Restorer } from "./support/random-changes-images.ts";
import { until } from "./until.ts";

const limitMs = 60_000;
const daySeconds = 86_400;
/** After so long the test of all files begins. */
const fileTestSeconds = 900;
const root = 1;
const immutable = 0x80;

/** Inodes of files whose day to be archived has come. */
interface Aged {
  readonly folder: string;
  readonly plain: number;
  readonly immutable: number;
  /** Its second chunk lies beyond its end, so that the same pass removes it. */
  readonly cut: number;
  /** Of the next change. */
  readonly version: number;
}

let folder = "";

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "archive-"));
});

after(() => rm(folder, { recursive: true, force: true }));

/** An image whose changes were all made three days ago. */
async function makeAged(): Promise<Aged> {
  const past = new ChangingWorld();
  past.now = Math.floor(Date.now() / 1000) - 3 * daySeconds;
  past.done({ op: "SETMETAID", id: 7n });
  const rules = { create: 1, keep: 1, archive: 1, mode: 1, archiveDelay: 1, adminOnly: 0 };
  const masks = Array.from({ length: 12 }, () => 0);
  const made = past.done<"SCSET">({ op: "SCSET", name: bytes("aged"), isNew: 1, ...rules, masks });
  const classes = { sourceClass: made.class, targetClass: made.class, mode: 0 };
  const aged = (name: string): number => {
    const inode = past.file(root, name, 1);
    past.done({ op: "SETSCLASS", inode, uid: 0, ...classes });
    return inode;
  };
  const [plain, fixed, cut] = [aged("plain"), aged("immutable"), aged("cut")];
  past.done({ op: "SETEATTR", inode: fixed, uid: 0, eattr: immutable, mode: 0 });
  past.done({ op: "WRITE", inode: cut, index: 3, opflag: 1, touch: 0 });
  const data = await mkdtemp(path.join(folder, "aged-"));
  await writeFile(path.join(data, "metadata.mfs"), save(past.world));
  return { folder: data, plain, immutable: fixed, cut, version: past.world.metaVersion };
}

async function journal(data: string): Promise<string> {
  const names = (await readdir(data)).filter((name) => /^changelog\.\d+\.mfs$/.test(name));
  const texts = await Promise.all(names.map((name) => readFile(path.join(data, name), "utf8")));
  return texts.join("");
}

async function restored(by: Restorer, from: string): Promise<readonly string[]> {
  const image = await restore({ by, from, below: folder, images: "copied" });
  return readImageLines(image, Date.now() / 1000).lines;
}

function countArchived(lines: readonly string[]): number {
  return lines.filter((line) => /^CHUNK\|.*\|a:1/.test(line)).length;
}

test(
  "defect 7: what the test of all files archives is restored by both masters, and nothing immutable is",
  { timeout: limitMs },
  async () => {
    const aged = await makeAged();
    await using time = await JumpingMaster.create();
    const options = { chunkservers: 0, data: aged.folder, master: time.master };
    await using cluster = await Cluster.start(options);
    await time.jump(cluster, fileTestSeconds);
    const done = [`ARCHCHG(${aged.plain},0,1):1,0,0`, `SETFILECHUNK(${aged.cut},3,0)`];
    let text = "";
    const isDone = async (): Promise<boolean> => {
      text = await journal(cluster.dataDir);
      return [...done, `ARCHCHG(${aged.cut},0,1):1,0,0`].every((line) => text.includes(line));
    };
    await until("all files are tested", isDone, { seen: () => text });
    assert.ok(!text.includes(`ARCHCHG(${aged.immutable},`));
    await cluster.master.kill();
    const lines = await restored("ours", cluster.dataDir);
    assert.deepEqual(await restored("stock", cluster.dataDir), lines);
    assert.equal(countArchived(lines), 2);
  },
);

test(
  "defect 7: of what a real master's test of files logged, ours archives what that one had archived",
  { timeout: limitMs },
  async () => {
    const aged = await makeAged();
    await rename(
      path.join(aged.folder, "metadata.mfs"),
      path.join(aged.folder, "metadata.mfs.back"),
    );
    const write = async (...entries: readonly string[]): Promise<void> => {
      const now = Math.floor(Date.now() / 1000);
      const lines = entries.map((entry, index) => `${aged.version + index}: ${now}|${entry}\n`);
      await writeFile(path.join(aged.folder, "changelog.0.mfs"), lines.join(""));
    };
    const onImmutable = `ARCHCHG(${aged.immutable},0,1):1,0,0`;
    // The chunk that has just gone counts as one that did not change.
    const onCut = [`SETFILECHUNK(${aged.cut},3,0)`, `ARCHCHG(${aged.cut},0,1):1,1,0`];
    for (const refused of [[onImmutable], onCut]) {
      await write(...refused);
      await assert.rejects(restored("stock", aged.folder), /ARCHCHG/);
    }
    await write(onImmutable, ...onCut);
    assert.equal(countArchived(await restored("ours", aged.folder)), 2);
  },
);
