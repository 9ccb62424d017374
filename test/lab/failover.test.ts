// Failover on real hosts: power pulled under writes, hand-over under writes, recovery in place, and every refusal with a
// next step that works. The loss that is printed is compared with manifests of files that were fsynced.

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Lab } from "./lab.ts";
import { ControlMachine, type Document } from "./support/mfsctl.ts";

const data = "/home/work/local/mfs/var/mfs";
const clients = ["cm01", "cm02"] as const;

let lab: Lab;
let folder: string;
let control: ControlMachine;

function inventory(): string {
  const disks = "disks: [/data/d1, /data/d2]";
  const mounts = "mounts: [{ path: /mnt/mfs, goal: 2 }]";
  return `cluster: lab
engine: packages
ssh: { user: root, identity_file: ${lab.identityFile}, known_hosts: ${lab.knownHosts} }
limits: { nofile: 16384 }
exports:
  - "*  /  rw,alldirs,maproot=0"
hosts:
  meta01: { address: ${lab.address("meta01")}, roles: [master] }
  meta02: { address: ${lab.address("meta02")}, roles: [metalogger] }
  meta03: { address: ${lab.address("meta03")}, roles: [metalogger] }
  cm01: { address: ${lab.address("cm01")}, roles: [chunkserver, client], ${disks}, ${mounts} }
  cm02: { address: ${lab.address("cm02")}, roles: [chunkserver, client], ${disks}, ${mounts} }
  cm03: { address: ${lab.address("cm03")}, roles: [chunkserver], ${disks} }
`;
}

before(async () => {
  lab = await Lab.up({
    name: "fail",
    hosts: [
      ...["meta01", "meta02", "meta03"].map((name) => ({ name })),
      ...["cm01", "cm02", "cm03"].map((name) => ({ name, dataDisks: 2 })),
    ],
  });
  folder = await mkdtemp(path.join(tmpdir(), "mfsctl-failover-"));
  const file = path.join(folder, "inventory.yaml");
  await writeFile(file, inventory());
  control = new ControlMachine({ inventory: file, state: folder });
  const { code, stderr } = await control.run("deploy");
  assert.equal(code, 0, stderr);
});

after(async () => {
  await lab.down();
  await rm(folder, { recursive: true, force: true });
});

/**
 * Writes files one after the other, each with fsync; a name goes into the manifest when its fsync has come back. A write
 * that was in hand when the master went waits for the chunk's lock, up to two minutes.
 */
const writer = `rm -f /root/stop; mkdir -p "/mnt/mfs/$1"; : > "/root/$1.done"; : > "/root/$1.failed"; i=0
while [ ! -e /root/stop ]; do i=$((i + 1))
if timeout 300 dd if=/dev/urandom "of=/mnt/mfs/$1/f$i" bs=1k count=1 conv=fsync 2> /dev/null
then echo "f$i" >> "/root/$1.done"; else echo "f$i" >> "/root/$1.failed"; fi; sleep 0.03; done; touch /root/stopped`;

async function startWriters(name: string): Promise<void> {
  for (const host of clients) {
    const start = `rm -f /root/stopped; setsid sh -c '${writer.replaceAll("'", `'\\''`)}' sh "$1" > /dev/null 2>&1 < /dev/null &`;
    await lab.sshOk(host, ["sh", "-c", start, "sh", `${name}-${host}`]);
    const wrote = `until [ "$(wc -l < "/root/$1.done")" -ge 20 ]; do sleep 0.1; done`;
    await lab.sshOk(host, ["timeout", "60", "sh", "-c", wrote, "sh", `${name}-${host}`]);
  }
}

/** Stops the writers; what was fsynced and is not there any more, and what the application saw fail. */
async function stopWriters(
  name: string,
): Promise<{ missing: number; failed: number; done: number }> {
  const sums = { missing: 0, failed: 0, done: 0 };
  for (const host of clients) {
    const count = `touch /root/stop; until [ -e /root/stopped ]; do sleep 0.1; done
m=$(find "/mnt/mfs/$1" -size 1024c -printf '%f\\n' | sort > /root/have; sort "/root/$1.done" | comm -23 - /root/have | wc -l)
echo "$m $(wc -l < "/root/$1.failed") $(wc -l < "/root/$1.done")"`;
    const argv = ["timeout", "330", "sh", "-c", count, "sh", `${name}-${host}`];
    const said = await lab.sshOk(host, argv, { timeoutMs: 340_000 });
    const [missing = NaN, failed = NaN, done = NaN] = said.trim().split(" ").map(Number);
    sums.missing += missing;
    sums.failed += failed;
    sums.done += done;
  }
  return sums;
}

/** The words of a hint's command, as a shell would read them; the control machine adds the inventory itself. */
function typed(hint: string): readonly string[] {
  const command = hint.slice(hint.lastIndexOf("mfsctl ") + "mfsctl ".length);
  const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? "",
  );
  return words.filter((word, index) => word !== "-i" && words[index - 1] !== "-i");
}

interface Result {
  readonly master: string;
  readonly chosen: string | null;
  readonly loss: {
    readonly kind: string;
    readonly changes?: string;
    readonly atLeast?: string;
  } | null;
  readonly secondsToFirstWrite: number | null;
}

const resultOf = (document: Document) => document.result as unknown as Result;

async function refused(...words: readonly string[]): Promise<NonNullable<Document["error"]>> {
  const { code, document } = await control.json("failover", ...words);
  assert.equal(code, 7, JSON.stringify(document));
  assert.ok(document.error);
  return document.error;
}

/** The number that was printed is never less than what a manifest shows. */
function neverLess({ loss }: Result, missing: number): void {
  assert.ok(loss !== null);
  if (loss.kind === "exact") assert.ok(Number(loss.changes) >= missing, JSON.stringify(loss));
  else assert.equal(loss.kind, "unknown");
}

const daemonPid = async (host: string, unit: string) =>
  (await lab.sshOk(host, ["systemctl", "show", "-P", "MainPID", unit])).trim();

test("power pulled during writes: refused while unfenced, then the typed hint recovers and nothing is hidden", async () => {
  await startWriters("pulled");
  await lab.kill("meta01");
  const error = await refused("--to", "meta02", "--ssh-timeout", "5");
  assert.match(error.message, /^Cannot fence "meta01"/);
  const { code, document, stderr } = await control.json(
    ...typed(error.hint ?? ""),
    "--ssh-timeout",
    "5",
  );
  assert.equal(code, 0, stderr);
  const result = resultOf(document);
  assert.equal(result.master, "meta02");
  assert.equal(result.loss?.kind, "unknown");
  assert.ok(result.secondsToFirstWrite !== null && result.secondsToFirstWrite > 0);
  const journals = path.join(folder, "mfsctl/lab");
  const texts = await Promise.all(
    (await readdir(journals)).map((name) => readFile(path.join(journals, name), "utf8")),
  );
  assert.ok(texts.some((text) => /"name":"secondsToFirstWrite","value":\d/.test(text)));
  assert.ok(
    texts.some((text) => text.includes('"name":"fencedBecause","value":"powered off by hand"')),
  );
  const { missing } = await stopWriters("pulled");
  neverLess(result, missing);
});

test("the old master powered on again does not serve, and deploy makes it a metalogger", async () => {
  await lab.boot("meta01");
  const start = await lab.ssh("meta01", ["systemctl", "start", "mfs-master.service"]);
  assert.notEqual(start.code, 0);
  const said = await lab.sshOk("meta01", ["journalctl", "-u", "mfs-master.service", "--no-pager"]);
  assert.match(said, /start guard: .*refusing to start on meta01/);
  assert.doesNotMatch(await lab.sshOk("meta01", ["ss", "-Hltn"]), /:(9419|9420|9421)\b/);
  const { code, stderr } = await control.run("deploy");
  assert.equal(code, 0, stderr);
  const files = await lab.sshOk("meta01", ["ls", data]);
  assert.match(files, /^metadata_ml\.mfs\.back$/m);
  assert.doesNotMatch(files, /^metadata\.mfs|^changelog\.\d/m);
  const enabled = await lab.ssh("meta01", ["systemctl", "is-enabled", "mfs-master.service"]);
  assert.equal(enabled.stdout.trim(), "disabled");
});

test("planned back under writes: loss 0 is proven and no application sees an error", async () => {
  await startWriters("planned");
  const { code, document, stderr } = await control.json("failover", "--to", "meta01", "--planned");
  assert.equal(code, 0, stderr);
  const result = resultOf(document);
  assert.deepEqual(result.loss, { kind: "exact", changes: "0" });
  assert.equal(result.master, "meta01");
  assert.equal(result.chosen, "meta02");
  const { missing, failed, done } = await stopWriters("planned");
  assert.deepEqual({ missing, failed }, { missing: 0, failed: 0 });
  assert.ok(done > 40);
  const again = await control.json("failover", "--to", "meta01", "--planned");
  assert.deepEqual([again.code, again.document.runId], [0, null], again.stderr);
});

test("recovery in place: clients and chunkservers are left alone", async () => {
  await startWriters("place");
  const mountPid = await daemonPid("cm01", "mfs-mount-mnt-mfs.service");
  const chunkserverPid = await daemonPid("cm01", "mfs-chunkserver.service");
  const killed = await daemonPid("meta01", "mfs-master.service");
  await lab.sshOk("meta01", ["kill", "-9", killed]);
  // A killed master may have answered without writing: nobody can call that an exact number.
  const error = await refused("--to", "meta01");
  assert.match(error.message, /unknown/);
  const { code, document, stderr } = await control.json(...typed(error.hint ?? ""));
  assert.equal(code, 0, stderr);
  assert.equal(resultOf(document).master, "meta01");
  const { missing, failed } = await stopWriters("place");
  neverLess(resultOf(document), missing);
  assert.equal(failed, 0);
  assert.equal(await daemonPid("cm01", "mfs-mount-mnt-mfs.service"), mountPid);
  assert.equal(await daemonPid("cm01", "mfs-chunkserver.service"), chunkserverPid);
});

test("stale, incomplete and foreign metadata are refused with exit code 7, and nothing is changed", async () => {
  for (const host of ["meta02", "meta03"]) {
    await lab.sshOk(host, ["systemctl", "stop", "mfs-metalogger.service"]);
  }
  const touch = 'for i in $(seq 30); do : > "/mnt/mfs/late$i"; done';
  await lab.sshOk("cm01", ["sh", "-c", touch]);
  await lab.sshOk("meta01", ["systemctl", "stop", "mfs-master.service"]);
  const hide = `mkdir -p /root/kept && cp -p ${data}/metadata* ${data}/changelog* /root/kept/`;
  for (const host of ["meta01", "meta02", "meta03"]) await lab.sshOk(host, ["sh", "-c", hide]);

  // The old disk still tells where its history ended, although its images are damaged.
  await lab.sshOk("meta01", [
    "sh",
    "-c",
    `cd ${data}; for f in metadata*; do truncate -s 1000 $f; done`,
  ]);
  const stale = await refused("--to", "meta02");
  const lost = /is (\d+), exactly/.exec(stale.message)?.[1];
  assert.ok(Number(lost) >= 30, stale.message);
  assert.match(stale.hint ?? "", new RegExp(`--accept-loss ${lost ?? ""}$`));
  await refused("--to", "meta02", "--accept-loss", String(Number(lost) - 1));
  const dry = await control.run(...typed(stale.hint ?? ""), "--dry-run");
  assert.equal(dry.code, 0, dry.stderr);

  for (const host of ["meta02", "meta03"]) {
    await lab.sshOk(host, ["sh", "-c", `rm ${data}/metadata*`]);
  }
  const incomplete = await refused("--to", "meta02", "--accept-loss", "unknown");
  assert.match(incomplete.message, /no host holds an unbroken set/);

  const foreign = `cp -p /root/kept/* ${data}/ && printf foreign0 | dd of=${data}/metadata_ml.mfs.back bs=1 seek=16 conv=notrunc`;
  await lab.sshOk("meta02", ["sh", "-c", foreign]);
  const other = await refused("--to", "meta02", "--accept-loss", "unknown");
  assert.match(other.message, /belong to another cluster/);

  await lab.sshOk("meta01", ["sh", "-c", `cp -p /root/kept/* ${data}/`]);
  const { code, document, stderr } = await control.json("failover", "--to", "meta01");
  assert.equal(code, 0, stderr);
  assert.equal(resultOf(document).master, "meta01");
  assert.equal((await lab.sshOk("cm01", ["sh", "-c", "ls /mnt/mfs | grep -c late"])).trim(), "30");
});
