// Every stock tool through a stock mount, on a stock master and on ours with the same tree: what it prints, how
// it ends and what the master logs for it are compared line by line. Spec: wire-client-master-3.md section 7.

import assert from "node:assert/strict";
import { readdir, readFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { Cluster } from "./cluster.ts";
import type { Player } from "./cluster.ts";
import { ourMaster } from "./support/our-master.ts";
import { toolTopics } from "./tool-steps.ts";
import { until } from "./until.ts";

const limitMs = 300_000;
const stepLimitMs = 60_000;
const exports = [
  "* / rw,alldirs,admin,maproot=0:0",
  "* /limited rw,maproot=0:0,mingoal=2,maxgoal=3,mintrashtime=1h,maxtrashtime=2h,disable=snapshot:appendchunks",
  "* /locked ro,maproot=0:0",
  "* . rw",
];
/** Changes that tools ask for; quotas are logged by the clock as well, so their lines differ between runs. */
const toolChanges =
  /^(?:ARCHCHG|SETTRASHTIME|SETEATTR|SETSCLASS|SNAPSHOT|APPEND|UNDEL|PURGE|SETPATH|SC[A-Z]+)\(/;

/** A cluster with the mounts that the topics use. */
class Side implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly mount: string;
  readonly #places: Readonly<Record<string, string>>;

  private constructor(cluster: Cluster, mount: string, places: Readonly<Record<string, string>>) {
    this.cluster = cluster;
    this.mount = mount;
    this.#places = places;
  }

  static async start(master: Player): Promise<Side> {
    const labels = ["A", "A"];
    const cluster = await Cluster.start({ chunkservers: 2, labels, master, exports });
    const mount = await cluster.mount({ name: "all" });
    for (const name of ["limited", "locked"]) await mkdir(path.join(mount, name));
    const places = {
      META: await cluster.mountMeta({ name: "meta" }),
      FLAT: await cluster.mountMeta({ name: "flat", options: ["mfsflattrash"] }),
      LIMITED: await cluster.mount({ name: "limited", subfolder: "/limited" }),
      LOCKED: await cluster.mount({ name: "locked", subfolder: "/locked" }),
    };
    return new Side(cluster, mount, places);
  }

  /** Runs a shell line in a folder of the mount: what it printed and how it ended. */
  async run(folder: string, line: string): Promise<readonly string[]> {
    const answer = await this.cluster.tool("bash", ["-c", line], {
      cwd: path.join(this.mount, folder),
      timeoutMs: stepLimitMs,
      env: this.#places,
    });
    const shown = `${answer.stdout}${answer.stderr}ends with ${answer.code}`;
    const { folder: own, index } = this.cluster;
    return shown.replaceAll(own, "CLUSTER").replaceAll(`10.78.${index}.`, "10.78.N.").split("\n");
  }

  /** What the master has logged for tools, without times and with groups as the original writes them. */
  async changes(): Promise<readonly string[]> {
    const names = (await readdir(this.cluster.dataDir)).filter((name) =>
      /^changelog(?:\.0)?\.(?:0\.)?mfs$/.test(name),
    );
    const texts = await Promise.all(
      names.map((name) => readFile(path.join(this.cluster.dataDir, name), "latin1")),
    );
    return texts
      .flatMap((text) => text.split("\n"))
      .map((line) => line.slice(line.indexOf("|") + 1))
      .filter((line) => toolChanges.test(line))
      .map((line) => line.replaceAll(/(?<=[[,])0(?=\d)/g, ""));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.down();
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
  for (const side of sides ?? []) await side[Symbol.asyncDispose]();
});

function bothSides(): readonly [stock: Side, own: Side] {
  assert(sides !== undefined, "both clusters are up");
  return sides;
}

/** The same on both: the line of a difference says where. */
async function compare(folder: string, line: string): Promise<void> {
  const [stock, own] = bothSides();
  const expected = await stock.run(folder, line);
  const shown = await own.run(folder, line);
  assert.deepEqual(shown, expected, line);
}

for (const { name, lines } of toolTopics) {
  test(`tools answer as on a stock master: ${name}`, { timeout: limitMs }, async () => {
    const [stock, own] = bothSides();
    for (const side of bothSides()) await mkdir(path.join(side.mount, name));
    const seen = [(await stock.changes()).length, (await own.changes()).length] as const;
    for (const line of lines) await compare(name, line);
    const expected = (await stock.changes()).slice(seen[0]);
    const logged = (await own.changes()).slice(seen[1]);
    assert.deepEqual(logged, expected, "what the masters logged");
  });
}

test(
  "tools answer as on a stock master: files without whole copies",
  { timeout: limitMs },
  async () => {
    const folder = "repair";
    for (const side of bothSides()) await mkdir(path.join(side.mount, folder));
    const chunkservers = (index: number) =>
      bothSides().map(({ cluster }) => ({ cluster, server: cluster.chunkserver(index) }));
    await compare(folder, "printf 1 > old; printf 1 > lost; mfscheckfile old lost");
    for (const { server } of chunkservers(0)) await server.kill();
    await settled(folder, "mfscheckfile old", "1 copy");
    await compare(folder, "printf 2 | dd of=old conv=notrunc,fsync status=none; mfsfilerepair old");
    for (const { server } of chunkservers(1)) await server.kill();
    await settled(folder, "mfscheckfile old", "0 copies");
    await compare(
      folder,
      "mfsfilerepair lost; mfsfileinfo lost; stat -c %s lost; mfscheckfile lost",
    );
    for (const { cluster, server } of chunkservers(0)) {
      await server.start();
      await cluster.ready();
    }
    await settled(folder, "mfsfileinfo old", "WRONG VERSION");
    await compare(
      folder,
      "mfscheckfile old; mfsfileinfo old; mfsfilerepair old; mfsfileinfo old; cat old",
    );
  },
);

/** Waits until both masters say this. */
async function settled(folder: string, line: string, text: string): Promise<void> {
  for (const side of bothSides()) {
    let seen = "";
    const isThere = async () => {
      seen = (await side.run(folder, line)).join("\n");
      return seen.includes(text);
    };
    await until(`'${line}' shows '${text}'`, isThere, { limitMs: stepLimitMs, seen: () => seen });
  }
}
