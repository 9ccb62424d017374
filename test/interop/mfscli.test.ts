// mfscli with every section and every command, on a stock master and on ours with the same tree: what it prints
// is compared line by line, without times, sizes of disks and what else differs between two runs.
// Spec: wire-admin.md section 8.

import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { Cluster } from "./cluster.ts";
import type { Player } from "./cluster.ts";
import { ourMaster } from "./support/our-master.ts";
import { until } from "./until.ts";

const limitMs = 300_000;
const stepLimitMs = 60_000;
const restLimitMs = 20_000;
const exports = [
  "* / rw,alldirs,admin,maproot=0:0",
  "10.1.2.3-10.1.2.9 /a/b ro,mapall=12:13,mingoal=2,maxgoal=3,mintrashtime=1h,maxtrashtime=2w,umask=0022",
  "10.0.0.0/8 /c rw,ignoregid,dynamicip,password=secret,minversion=3.0.10,disable=unlink:rmdir",
  "* . rw",
];
const holdLocks = `
import fcntl, sys, time
whole = open("a/whole", "r+"); fcntl.flock(whole, fcntl.LOCK_EX)
shared = open("a/shared", "r"); fcntl.flock(shared, fcntl.LOCK_SH)
part = open("a/part", "r+"); fcntl.lockf(part, fcntl.LOCK_EX, 50, 1000)
fcntl.lockf(part, fcntl.LOCK_SH, 0, 5000)
open(sys.argv[1], "w").write("locked"); time.sleep(600)
`;
/** Makes a tree whose chunks lie on the first two chunkservers. The last name stays open, removed. */
const makeTree = [
  "mfsscadmin create -m s A,B pair; mfsscadmin create -C A -K A,B+C -A C -d 30 archived",
  "mfsscadmin create -a 1 -m l 5 many; mfssetsclass pair .; mkdir a b a/deep; mfssetsclass archived b",
  "for i in 1 2 3 4 5; do head -c $((i * 50000)) /dev/zero > a/file$i; done; ln a/file1 a/deep/hard",
  "mkfifo a/pipe; ln -s file1 a/link; mv a/file2 a/moved; rm a/file3; rmdir $(mktemp -d gone.XXXX)",
  "touch a/whole a/shared; head -c 9000 /dev/zero > a/part; readlink a/link >/dev/null",
  "mfssetquota -i 1000 -I 2000 -l 1GiB -L 2GiB -p 1d a; mfssetquota -S 1TiB -R 3TiB b",
].join(" && ");

/** A cluster with a tree, locks and a metalogger. */
class Side {
  readonly cluster: Cluster;
  readonly mount: string;

  private constructor(cluster: Cluster, mount: string) {
    this.cluster = cluster;
    this.mount = mount;
  }

  static async start(master: Player): Promise<Side> {
    const labels = ["A", "B", "C"];
    const cluster = await Cluster.start({ chunkservers: 3, labels, master, exports });
    const side = new Side(cluster, await cluster.mount({ name: "all" }));
    await cluster.metalogger.start();
    await side.#fill();
    return side;
  }

  async cli(...switches: readonly string[]): Promise<readonly string[]> {
    const { folder, index } = this.cluster;
    const text = await this.cluster.cli("-n", ...switches);
    return text.replaceAll(folder, "CLUSTER").replaceAll(`10.78.${index}.`, "10.78.N.").split("\n");
  }

  async #fill(): Promise<void> {
    const made = await this.cluster.tool("sh", ["-ec", makeTree], { cwd: this.mount });
    assert.equal(made.code, 0, made.stderr);
    const word = path.join(this.cluster.folder, "locked");
    const hold = `python3 -c '${holdLocks}' ${word} >/dev/null 2>&1 &`;
    await this.cluster.tool("sh", ["-c", hold], { cwd: this.mount });
    await until(
      "locks are held",
      async () => (await readFile(word, "utf8").catch(() => "")) !== "",
    );
  }
}

let sides: readonly [stock: Side, own: Side] | undefined;

before(
  async () => {
    sides = [await Side.start("stock"), await Side.start(ourMaster)];
  },
  { timeout: limitMs },
);

after(async () => {
  for (const side of sides ?? []) await side.cluster.down();
});

function bothSides(): readonly [stock: Side, own: Side] {
  assert(sides !== undefined, "both clusters are up");
  return sides;
}

/** Columns behind the title that differ between two runs, by title. */
const unsteady: Readonly<Record<string, readonly number[]>> = {
  "metadata servers": [4, 5, 7, 8],
  "memory usage detailed info": [2, 3],
  "chunk servers": [3, 6, 9, 10],
  "Disconnected chunk servers": [3],
  disks: [5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
  "acquired locks": [6, 7],
  "inactive mounts, parameters": [1, 4, 5],
  // statfs, getattr, setattr, lookup, readlink, readdir, open, read, write and the sum depend on caches
  "active mounts, operations": [3, 4, 5, 6, 10, 15, 16, 17, 18, 19],
};
const unsteadyFigures = /\b(?:RAM used|CPU used|total space|avail space|free space)/;

function steady(line: string): string {
  const cells = line.split("\t");
  const [title = "", name = ""] = cells;
  const hidden = unsteady[title.replace(/:$/, "")] ?? [];
  if (unsteadyFigures.test(name)) return `${title}\t${name.replace(/ \(.*/, "")}`;
  return cells.map((cell, place) => (hidden.includes(place) ? "?" : cell)).join("\t");
}

async function shown(side: Side, switches: readonly string[]): Promise<readonly string[]> {
  return [...new Set((await side.cli(...switches)).map(steady))].toSorted();
}

/** What both print is the same, up to the order of lines where the original has none. */
async function compareOnce(...switches: readonly string[]): Promise<void> {
  const [stock, own] = bothSides();
  const expected = await shown(stock, switches);
  assert.deepEqual(await shown(own, switches), expected, switches.join(" "));
}

/** As `compareOnce`, when both have come to rest: mounts report what they have open every few seconds. */
async function compare(...switches: readonly string[]): Promise<readonly string[]> {
  const [stock, own] = bothSides();
  let expected: readonly string[] = [];
  const isEqual = async () => {
    expected = await shown(stock, switches);
    return isDeepStrictEqual(await shown(own, switches), expected);
  };
  const wanted = `mfscli ${switches.join(" ")} shows the same`;
  await until(wanted, isEqual, { limitMs: restLimitMs }).catch(() => compareOnce(...switches));
  return expected;
}

/** Waits until a section of both masters shows this. */
async function settled(section: string, pattern: RegExp): Promise<void> {
  for (const side of bothSides()) {
    let seen = "";
    const isThere = async () => {
      seen = (await side.cli(`-S${section}`)).join("\n");
      return pattern.test(seen);
    };
    const options = { limitMs: stepLimitMs, seen: () => seen };
    await until(`-S${section} shows ${String(pattern)}`, isThere, options);
  }
}

const sections = {
  IM: "metadata servers",
  IG: "general figures",
  LI: "licence",
  MU: "memory",
  IC: "matrix of chunks",
  IL: "loops",
  MF: "missing files",
  CS: "chunkservers",
  MB: "metaloggers",
  HD: "disks",
  EX: "exports",
  MS: "mounts",
  SC: "storage classes",
  OF: "open files",
  QU: "quotas",
} as const;

test("the clusters are at rest", { timeout: limitMs }, async () => {
  await settled("MB", /10\.78\.N\.2\t3\.0\.117/);
  await settled("IC", /goal\/copies\/chunks:\t2\t2\t6\n/);
});

for (const [section, name] of Object.entries(sections)) {
  test(`mfscli shows the same: ${name}`, { timeout: limitMs }, async () => {
    await compare(`-S${section}`);
  });
}

test(
  "mfscli shows the same: operations of this hour and the last",
  { timeout: limitMs },
  async () => {
    const lines = await compare("-m", "1", "-SMO");
    assert(lines.length > 1, "there are operations");
    await compare("-SMO");
  },
);

test("mfscli shows the same: the matrix of regular copies", { timeout: limitMs }, async () => {
  await compare("-m", "1", "-SIC");
});

test("mfscli shows charts of the same shape", { timeout: limitMs }, async () => {
  const columns = ["cpu", "+mkdir", "memrss"].flatMap((name) => ["-b", name]);
  const row = /^Master chart data:\t\d{4}-\d\d-\d\d \d\d:\d\d(?:\t[^\t]+){3}$/;
  for (const range of ["0", "1", "2", "3"]) {
    for (const side of bothSides()) {
      const lines = (await side.cli("-m", range, "-a", "3", ...columns, "-SMC")).filter(Boolean);
      assert.equal(lines.length, 3);
      for (const line of lines) assert.match(line, row);
    }
  }
});

test("mfscli shows the same: open files of one session", { timeout: limitMs }, async () => {
  await compare("-i", "1", "-SOF");
  await compare("-i", "77", "-SOF");
});

test("mfscli shows the same: locks of each inode", { timeout: limitMs }, async () => {
  const [stock, own] = bothSides();
  for (const name of ["whole", "shared", "part", "moved"]) {
    const inode = async ({ mount }: Side) => (await stat(path.join(mount, "a", name))).ino;
    const number = await inode(stock);
    assert.equal(await inode(own), number);
    await compare("-i", `${number}`, "-SAL");
  }
  // The list of all inodes is broken in the original when there are locks of both kinds.
  const all = (await own.cli("-SAL")).filter((line) => line.startsWith("acquired locks"));
  assert.equal(all.length, 4);
  for (const kind of ["POSIX", "FLOCK"]) {
    assert.equal(all.filter((line) => line.includes(kind)).length, 2, kind);
  }
});

/** Runs a command on both, about the chunkserver of this host number. */
async function command(name: string, host: number): Promise<void> {
  const [stock, own] = bothSides();
  const run = (side: Side) => side.cli(`-C${name}/10.78.${side.cluster.index}.${host}/9422`);
  const expected = await run(stock);
  assert.match(expected.join(""), /Chunkserver/);
  assert.deepEqual(await run(own), expected);
}

test(
  "commands about chunkservers answer the same and do the same",
  { timeout: limitMs },
  async () => {
    for (const name of ["M1", "M0", "BW", "RC"]) {
      await command(name, 13);
      await compare("-SCS");
      await command(name, 99);
    }
    await command("M1", 13);
    for (const { cluster } of bothSides()) await cluster.chunkserver(2).kill();
    await settled("CS", /Disconnected chunk servers:\t10\.78\.N\.13/);
    await compare("-SCS");
    await command("M0", 13);
    await compare("-SCS");
    await command("RC", 13);
    await compare("-SCS");
    await compare("-SSC");
  },
);

test("a session is removed only without a connection", { timeout: limitMs }, async () => {
  await compareOnce("-CRS/1");
  await compareOnce("-CRS/77");
  for (const { cluster, mount } of bothSides()) await cluster.killMount(mount);
  await settled("MS", /inactive mounts, parameters/);
  await compare("-SMS");
  await compareOnce("-CRS/1");
  await compare("-SMS");
  await compare("-SOF");
  const [, own] = bothSides();
  assert.doesNotMatch((await own.cli("-SAL")).join(), /acquired locks/);
});
