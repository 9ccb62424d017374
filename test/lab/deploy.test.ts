// Deploy on six bare hosts, killed at five steps drawn by a seed, then a tree over two clients and a second deploy.
// Seed: MFSCTL_TEST_SEED, printed, so that a failure can be repeated.

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Lab } from "./lab.ts";
import { ControlMachine } from "./support/mfsctl.ts";

const nofile = 16_384;
const seed = Number(process.env["MFSCTL_TEST_SEED"] ?? randomInt(1_000_000));
/** Steps after which mfsctl is killed; each starts from where the one before was cut off. */
const kills = 5;
const longestGap = 18;

let lab: Lab;
let folder: string;
let control: ControlMachine;

/** A small generator with a seed (mulberry32), for the steps to kill at. */
function draw(state: number): () => number {
  let s = state;
  return () => {
    s = (s + 0x6d2b79f5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function inventory(extra = ""): string {
  const chunkserver = (name: string, client: boolean) =>
    `  ${name}: { address: ${lab.address(name)}, roles: [chunkserver${client ? ", client" : ""}], disks: [{ path: /data/d1, mountpoint: required }, { path: /data/d2, mountpoint: required }]${client ? ", mounts: [{ path: /mnt/mfs, goal: 2 }]" : ""} }`;
  return `cluster: lab
engine: packages
ssh: { user: root, identity_file: ${lab.identityFile}, known_hosts: ${lab.knownHosts} }
limits: { nofile: ${nofile} }
exports:
  - "*  /  rw,alldirs,maproot=0"
hosts:
  meta01: { address: ${lab.address("meta01")}, roles: [master] }
  meta02: { address: ${lab.address("meta02")}, roles: [metalogger] }
  meta03: { address: ${lab.address("meta03")}, roles: [metalogger, monitor] }
${chunkserver("cm01", true)}
${chunkserver("cm02", true)}
${chunkserver("cm03", false)}
settings:
  mfsmaster: { CHUNKS_LOOP_MIN_TIME: 60 }
${extra}`;
}

before(async () => {
  lab = await Lab.up({
    name: "dep",
    hosts: [
      { name: "meta01" },
      { name: "meta02" },
      { name: "meta03" },
      { name: "cm01", dataDisks: 2 },
      { name: "cm02", dataDisks: 2 },
      { name: "cm03", dataDisks: 2 },
    ],
  });
  folder = await mkdtemp(path.join(tmpdir(), "mfsctl-deploy-"));
  const file = path.join(folder, "inventory.yaml");
  await writeFile(file, inventory());
  control = new ControlMachine({ inventory: file, state: folder });
});

after(async () => {
  await lab.down();
  await rm(folder, { recursive: true, force: true });
});

test("killed at five drawn steps, deploy is resumed each time and converges", async (t) => {
  const next = draw(seed);
  const gaps = Array.from({ length: kills }, () => 1 + Math.floor(next() * longestGap));
  t.diagnostic(`seed ${seed}: killed after ${gaps.join(", ")} steps`);
  for (const [index, gap] of gaps.entries()) {
    let steps = 0;
    const { ended } = control.start(index === 0 ? ["deploy"] : ["resume"], (line, child) => {
      if (line.startsWith("› ") && ++steps === gap) child.kill("SIGKILL");
    });
    const { signal, stderr } = await ended;
    assert.equal(signal, "SIGKILL", stderr);
    const rival = await control.json("deploy");
    assert.equal(rival.code, 6, rival.stderr);
    assert.match(rival.document.error?.message ?? "", /"(deploy|resume)" of .* holds it/);
    const freed = await control.run(
      "lock",
      "release",
      "--while-running",
      "--reason",
      "its mfsctl was killed",
    );
    assert.equal(freed.code, 0, freed.stderr);
  }
  const last = await control.run("resume");
  assert.equal(last.code, 0, last.stderr);
});

test("a tree written on one client is the same on the other", async () => {
  await lab.sshOk("cm01", [
    "sh",
    "-c",
    "cp -a /usr/share/common-licenses /mnt/mfs/tree && dd if=/dev/urandom of=/mnt/mfs/tree/big bs=1M count=70 status=none && sync /mnt/mfs/tree/big",
  ]);
  const sums = ["sh", "-c", "cd /mnt/mfs/tree && find . -type f -exec sha256sum {} + | sort"];
  assert.equal(await lab.sshOk("cm02", sums), await lab.sshOk("cm01", sums));
});

/** Start times and process ids of everything that deploy runs: equal before and after means no restart. */
async function processes(): Promise<string> {
  const show = [
    "sh",
    "-c",
    "systemctl show 'mfs-*' -p Id,MainPID,ExecMainStartTimestampMonotonic; stat -c '%n %Y' /home/work/local/mfs/etc/mfs/* /etc/systemd/system/mfs-*",
  ];
  const all = await Promise.all(lab.hosts.map(async (host) => lab.sshOk(host, show)));
  return all.join("\n");
}

test("a second deploy changes nothing, restarts nothing and costs at most three round trips a host", async () => {
  const earlier = await processes();
  const { code, document, stderr } = await control.json("deploy");
  assert.equal(code, 0, stderr);
  assert.equal(document.result["changes"], 0);
  const trips = Object.entries(document.result["roundTrips"] as Record<string, number>);
  assert.equal(trips.length, 6);
  for (const [host, count] of trips) assert.ok(count <= 3, `${host}: ${count} round trips`);
  assert.equal(await processes(), earlier);
});

test("running daemons and mounts have the limit of open files that they should have", async () => {
  const limit = async (host: string, unit: string) => {
    const text = await lab.sshOk(host, [
      "sh",
      "-c",
      `sed -n 's/^Max open files *//p' "/proc/$(systemctl show -P MainPID ${unit})/limits"`,
    ]);
    return Number(text.trim().split(/\s+/)[0]);
  };
  assert.equal(await limit("meta01", "mfs-master"), nofile);
  assert.equal(await limit("cm03", "mfs-chunkserver"), nofile);
  assert.equal(await limit("cm01", "mfs-mount-mnt-mfs"), nofile);
  // The stock metalogger sets 4096 itself, whatever it is given.
  assert.equal(await limit("meta02", "mfs-metalogger"), 4096);
});

test("a changed setting is written once and reloaded, not restarted; a hand edit is refused", async () => {
  const file = path.join(folder, "inventory.yaml");
  await writeFile(
    file,
    inventory().replace("CHUNKS_LOOP_MIN_TIME: 60", "CHUNKS_LOOP_MIN_TIME: 61"),
  );
  const pid = ["systemctl", "show", "-P", "MainPID", "mfs-master"];
  const earlier = await lab.sshOk("meta01", pid);
  const changed = await control.json("deploy");
  assert.equal(changed.code, 0, changed.stderr);
  // The three metadata hosts' files and the running master's reload.
  assert.equal(changed.document.result["changes"], 4);
  assert.equal(await lab.sshOk("meta01", pid), earlier);

  const config = "/home/work/local/mfs/etc/mfs/mfschunkserver.cfg";
  await lab.sshOk("cm03", ["sh", "-c", `echo 'HDD_TEST_SPEED = 9' >> ${config}`]);
  const refused = await control.json("deploy");
  assert.equal(refused.code, 7);
  assert.match(refused.document.error?.message ?? "", /edited by hand/);
  const forced = await control.json("deploy", "--overwrite", config);
  assert.equal(forced.code, 0, forced.stderr);
});

test("a wrong host key ends with exit code 5 and names the key", async () => {
  const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
  const file = path.join(folder, "wrong-key.yaml");
  await writeFile(
    file,
    inventory().replace("roles: [master] }", `roles: [master], ssh: { host_key: "${key}" } }`),
  );
  const other = new ControlMachine({ inventory: file, state: folder });
  const { code, document } = await other.json("deploy");
  assert.equal(code, 5);
  assert.equal(document.error?.code, "hostKey");
  assert.equal(document.error.node, "meta01");
});
