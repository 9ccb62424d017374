// A disk is emptied under write load, waited for without a lock and taken out from another machine; a power cut in the
// middle halts it. What mfsctl says is held against the chunk files themselves. The real master's chunk loop takes 60 s.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  chunkservers,
  clients,
  dataDisks,
  deployedCluster,
  mountPoint,
  type DeployedCluster,
} from "./support/cluster.ts";

const goal = 2;
const disk = "cm03:/data/d2";

let cluster: DeployedCluster;
let down: () => Promise<void> = async () => undefined;

before(async () => {
  cluster = await deployedCluster({
    name: "disk",
    mfsmaster: {
      REPLICATIONS_DELAY_INIT: 0,
      CHUNKS_WRITE_REP_LIMIT: "10,10,10,10",
      CHUNKS_READ_REP_LIMIT: "10,10,10,10",
    },
  });
  down = cluster.down;
});

after(async () => {
  await down();
});

/** Rewrites twenty files again and again with fsync, and reads each back; every failure leaves a line. */
const writer = `rm -f /root/stop /root/stopped; : > /root/failed; : > /root/wrote; mkdir -p "$1"; i=0
while [ ! -e /root/stop ]; do i=$((i + 1)); f="$1/f$((i % 20))"
head -c 65536 /dev/urandom > /root/block
dd if=/root/block of="$f" conv=fsync,notrunc status=none 2>> /root/failed && cmp /root/block "$f" 2>> /root/failed >&2 || echo "f$i" >> /root/failed
echo "f$i" >> /root/wrote; done; touch /root/stopped`;

async function startWriters(): Promise<void> {
  for (const host of clients) {
    const unit = [
      "systemd-run",
      "-q",
      "--unit=writer",
      "sh",
      "-c",
      writer,
      "sh",
      `${mountPoint}/${host}`,
    ];
    await cluster.lab.sshOk(host, unit);
    const wrote = `until [ "$(wc -l < /root/wrote)" -ge 20 ]; do sleep 0.1; done`;
    await cluster.lab.sshOk(host, ["timeout", "60", "sh", "-c", wrote]);
  }
}

/** What the application saw fail, and how often it wrote. */
async function stopWriters(): Promise<{ readonly failed: string; readonly wrote: number }> {
  let failed = "";
  let wrote = 0;
  for (const host of clients) {
    const stop = `touch /root/stop; until [ -e /root/stopped ]; do sleep 0.1; done; wc -l < /root/wrote; cat /root/failed`;
    const [count = "", ...lines] = (
      await cluster.lab.sshOk(host, ["timeout", "60", "sh", "-c", stop])
    ).split("\n");
    wrote += Number(count);
    failed += lines.join("\n");
  }
  return { failed, wrote };
}

async function checksums(host: string): Promise<string> {
  const sums = `cd ${mountPoint}/tree && find . -type f -exec sha256sum {} + | sort`;
  return await cluster.lab.sshOk(host, ["sh", "-c", sums]);
}

/** The ids of the chunks whose files lie on a disk. */
async function chunkIds(host: string, folder: string): Promise<ReadonlySet<string>> {
  const found = await cluster.lab.sshOk(host, [
    "find",
    folder,
    "-name",
    "chunk_*_*.mfs",
    "-printf",
    "%f\\n",
  ]);
  return new Set(found.split("\n").flatMap((name) => name.split("_")[1] ?? []));
}

/** Chunks of a disk that lie on fewer other disks than the goal asks for. */
async function lackingElsewhere(host: string, folder: string): Promise<readonly string[]> {
  const others = await Promise.all(
    chunkservers.flatMap((name) =>
      dataDisks
        .filter((path) => name !== host || path !== folder)
        .map(async (path) => chunkIds(name, path)),
    ),
  );
  const own = await chunkIds(host, folder);
  return [...own].filter((id) => others.filter((ids) => ids.has(id)).length < goal);
}

test("a disk is emptied under writes and taken out from another machine, and no application notices", async (t) => {
  const { lab, control, otherControl } = cluster;
  const tree = `mkdir -p ${mountPoint}/tree; cd ${mountPoint}/tree
for i in $(seq 60); do head -c 300000 /dev/urandom > f$i; done; head -c 70000000 /dev/urandom > big; sync big`;
  await lab.sshOk("cm01", ["sh", "-c", tree]);
  const before = await checksums("cm01");
  await startWriters();

  const marked = await control.json("disk", "remove", disk);
  assert.equal(marked.code, 0, marked.stderr);
  const other = await otherControl("second");
  const early = await other.json("disk", "remove", disk, "--finalize");
  assert.equal(early.code, 7, early.stderr);
  assert.match(early.document.error?.message ?? "", /expected "safe"/);
  assert.notDeepEqual(
    await lackingElsewhere("cm03", "/data/d2"),
    [],
    "copies are still to be made",
  );
  const free = await other.run("lock", "status");
  assert.equal(free.code, 0, free.stderr);

  const lines: string[] = [];
  const waited = await other.start(["disk", "remove", disk, "--wait=4m"], (line) =>
    lines.push(line),
  ).ended;
  assert.equal(waited.code, 0, waited.stderr);
  assert.match(waited.stdout, /safe: every chunk has its copies elsewhere/);
  assert.deepEqual(await lackingElsewhere("cm03", "/data/d2"), [], "safe was said too early");
  assert.ok(
    lines.some((line) => /draining: \d+ of \d+ chunks left .* chunks\/s/.test(line)),
    waited.stderr,
  );

  const third = await otherControl("third");
  const finalized = await third.run("disk", "remove", disk, "--finalize");
  assert.equal(finalized.code, 0, finalized.stderr);
  assert.match(finalized.stdout, /Pause: pull the disk cm03:\/data\/d2/);
  const { failed, wrote } = await stopWriters();
  assert.equal(failed, "");
  t.diagnostic(`${wrote} writes meanwhile`);
  // The disk is gone for good: its files are no longer there to be read by mistake.
  await lab.sshOk("cm03", ["sh", "-c", "rm -rf /data/d2/??"]);
  assert.equal(await checksums("cm02"), before);
  const again = await third.json("deploy");
  assert.equal(again.document.result["changes"], 0, again.stderr);
});

test("a machine that loses its power in the middle halts it; cancel restores", async () => {
  const { lab, control } = cluster;
  const file = "/home/work/local/mfs/etc/mfs/mfshdd.cfg";
  const before = await lab.sshOk("cm02", ["cat", file]);
  const marked = await control.run("disk", "remove", "cm02:/data/d1");
  assert.equal(marked.code, 0, marked.stderr);
  await lab.kill("cm03");
  const states = new Set<unknown>();
  for (let look = 0; look < 3; look += 1) {
    const { code, document } = await control.json(
      "disk",
      "status",
      "cm02:/data/d1",
      "--ssh-timeout",
      "3",
    );
    assert.equal(code, 3);
    const [removal] = document.result["removals"] as readonly { readonly state: string }[];
    states.add(removal?.state);
  }
  assert.deepEqual([...states], ["halted"]);
  const refused = await control.json(
    "disk",
    "remove",
    "cm02:/data/d1",
    "--finalize",
    "--ssh-timeout",
    "3",
  );
  assert.equal(refused.code, 7, refused.stderr);
  assert.match(refused.document.error?.message ?? "", /halted: the chunkserver of cm03/);

  const cancelled = await control.run("disk", "cancel", "cm02:/data/d1", "--ssh-timeout", "3");
  assert.equal(cancelled.code, 0, cancelled.stderr);
  assert.equal(await lab.sshOk("cm02", ["cat", file]), before);
  await lab.boot("cm03");
  const listed = await control.json("disk", "list", "cm02");
  const disks = listed.document.result["disks"] as readonly { readonly is: readonly string[] }[];
  assert.deepEqual(
    disks.map((each) => each.is),
    [["in use"], ["in use"]],
  );
});
