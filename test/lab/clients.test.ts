// The daily commands on real hosts: the pipeline of docs/ci.md, exports changed under live mounts, mounts that are busy,
// dead or made by hand, a stopped chunkserver, everything stopped and started, and the way out.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Lab } from "./lab.ts";
import { ControlMachine } from "./support/mfsctl.ts";

const root = path.resolve(import.meta.dirname, "../..");
const mountUnit = "mfs-mount-mnt-mfs.service";
const chunkserver = "mfs-chunkserver.service";

let lab: Lab;
let folder: string;
let control: ControlMachine;

function inventory(exports: readonly string[]): string {
  const store = (name: string) =>
    `  ${name}: { address: ${lab.address(name)}, roles: [chunkserver, client], disks: [{ path: /data/d1, mountpoint: required }], mounts: [{ path: /mnt/mfs, goal: 2 }] }`;
  return `cluster: daily
engine: packages
ssh: { user: root, identity_file: ${lab.identityFile}, known_hosts: ${lab.knownHosts} }
limits: { nofile: 16384 }
exports:
${exports.map((line) => `  - "${line}"`).join("\n")}
hosts:
  meta01: { address: ${lab.address("meta01")}, roles: [master] }
  meta02: { address: ${lab.address("meta02")}, roles: [metalogger] }
${store("cm01")}
${store("cm02")}
`;
}

const everybody = "*  /  rw,alldirs,maproot=0";

before(async () => {
  lab = await Lab.up({
    name: "cli",
    hosts: [
      { name: "meta01" },
      { name: "meta02" },
      { name: "cm01", dataDisks: 1 },
      { name: "cm02", dataDisks: 1 },
    ],
  });
  folder = await mkdtemp(path.join(tmpdir(), "mfsctl-clients-"));
  const file = path.join(folder, "inventory.yaml");
  await writeFile(file, inventory([everybody]));
  control = new ControlMachine({ inventory: file, state: folder });
});

after(async () => {
  await lab.down();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a command that must end with a code. */
async function ends(code: number, ...words: readonly string[]): Promise<string> {
  const ended = await control.run(...words);
  assert.equal(ended.code, code, `mfsctl ${words.join(" ")}:\n${ended.stdout}\n${ended.stderr}`);
  return `${ended.stdout}${ended.stderr}`;
}

/** Looks again until the cluster is healthy: copies come back in their own time. */
async function healthyWithin(seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const { code, stdout } = await control.run("status");
    if (code === 0) return;
    assert.ok(performance.now() < deadline, stdout);
    await pause(1000);
  }
}

async function mainPid(host: string, unit: string): Promise<string> {
  return (await lab.sshOk(host, ["systemctl", "show", "-P", "MainPID", unit])).trim();
}

/** A writer in the mount that fsyncs a line at a time and counts; it ends with the first error. */
async function startWriter(host: string): Promise<void> {
  const line =
    "cd /mnt/mfs && exec 3>>/mnt/mfs/log && i=0 && while i=$((i + 1)) && echo $i >&3 && sync /proc/self/fd/3; do echo $i > /run/written; sleep 0.05; done";
  await lab.sshOk(host, ["systemd-run", "--quiet", "--unit=writer", "bash", "-c", line]);
}

async function written(host: string): Promise<number> {
  const { stdout } = await lab.ssh(host, ["cat", "/run/written"]);
  return Number(stdout.trim() || "0");
}

/** Waits until the writer has come further than it was. */
async function writerGoesOn(host: string): Promise<void> {
  const before = await written(host);
  for (let tries = 0; tries < 50; tries += 1) {
    if ((await written(host)) > before) return;
    await pause(200);
  }
  assert.fail(`the writer stands still at ${before}`);
}

async function runPipeline(): Promise<{ code: number | null; output: string }> {
  const page = await readFile(path.join(root, "docs/ci.md"), "utf8");
  const script = /```sh\n([\s\S]*?)```/.exec(page)?.[1];
  assert.ok(script !== undefined, "docs/ci.md has no shell block");
  const child = spawn("sh", ["-c", script], {
    cwd: folder,
    env: {
      ...process.env,
      CI: "true",
      HOME: folder,
      XDG_STATE_HOME: folder,
      MFSCTL_INVENTORY: path.join(folder, "inventory.yaml"),
      PATH: `${path.join(root, "bin")}:${process.env["PATH"] ?? ""}`,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

test("the pipeline of docs/ci.md deploys bare hosts, and a second time changes nothing", async () => {
  const first = await runPipeline();
  assert.equal(first.code, 0, first.output);
  const status = JSON.parse(await readFile(path.join(folder, "status.json"), "utf8")) as {
    result: { healthy: boolean; mounts: { state: string }[] };
  };
  assert.equal(status.result.healthy, true);
  assert.deepEqual(
    status.result.mounts.map(({ state }) => state),
    ["live", "live"],
  );
  const second = await runPipeline();
  assert.equal(second.code, 0, second.output);
  assert.match(second.output, /Nothing to change/);
});

test("a saved plan is refused once the hosts are no longer as they were", async () => {
  const drift = await ends(0, "deploy", "--plan", path.join(folder, "plan.json"));
  assert.match(drift, /No change/);
  await lab.sshOk("meta01", ["systemctl", "disable", "--quiet", "mfs-witness.socket"]);
  assert.match(
    await ends(7, "deploy", "--plan", path.join(folder, "plan.json")),
    /Cannot apply the plan/,
  );
});

test("exports are changed by a reload under live mounts, and writes go on", async () => {
  await startWriter("cm01");
  await writerGoesOn("cm01");
  const master = await mainPid("meta01", "mfs-master.service");
  const mount = await mainPid("cm01", mountUnit);
  const file = path.join(folder, "inventory.yaml");
  await writeFile(file, inventory([everybody, "*  .  rw"]));
  assert.match(await ends(0, "deploy"), /meta01: Reload mfs-master.service/);
  assert.equal(await mainPid("meta01", "mfs-master.service"), master);
  assert.equal(await mainPid("cm01", mountUnit), mount);
  await writerGoesOn("cm01");
});

test("a busy mount is not taken away, and its users are named", async () => {
  const writer = await mainPid("cm01", "writer.service");
  const refusal = await control.json("client", "umount", "cm01:/mnt/mfs");
  assert.equal(refusal.code, 7);
  assert.match(
    refusal.document.error?.message ?? "",
    new RegExp(`used by (.*; )?pid ${writer} of root: \\S*bash`),
  );
  assert.equal(refusal.document.error?.hint?.includes("--lazy"), true);
  await ends(7, "stop", "--node", "cm01");
  assert.notEqual(await mainPid("cm01", chunkserver), "0");
  assert.match(await ends(0, "client", "status", "cm01"), new RegExp(`used by pid ${writer}`));
});

test("a lazy unmount lets open files work on, and the mount comes back", async () => {
  await ends(0, "client", "umount", "cm01:/mnt/mfs", "--lazy");
  assert.notEqual((await lab.ssh("cm01", ["mountpoint", "-q", "/mnt/mfs"])).code, 0);
  await writerGoesOn("cm01");
  await lab.sshOk("cm01", ["systemctl", "stop", "writer"]);
  await ends(3, "client", "status", "cm01");
  await ends(0, "client", "mount", "cm01:/mnt/mfs");
  const lines = await lab.sshOk("cm01", ["sh", "-c", "tail -n 1 /mnt/mfs/log"]);
  assert.ok(Number(lines) >= (await written("cm01")));
});

test("a mount made by hand and a dead mount are repaired as the field guide does it", async () => {
  await lab.sshOk("cm02", ["systemctl", "stop", mountUnit]);
  await lab.sshOk("cm02", ["mfsmount", "/mnt/mfs", "-H", "mfsmaster"]);
  await ends(0, "client", "mount", "cm02");
  assert.notEqual(await mainPid("cm02", mountUnit), "0");
  await lab.sshOk("cm02", ["systemctl", "stop", mountUnit]);
  await lab.sshOk("cm02", ["mfsmount", "/mnt/mfs", "-H", "mfsmaster"]);
  await lab.sshOk("cm02", ["sh", "-c", "kill -9 $(pidof mfsmount)"]);
  assert.match(await ends(3, "client", "status", "cm02"), /cm02:\/mnt\/mfs {2}dead/);
  assert.match(await ends(0, "client", "mount", "cm02"), /cm02: Unmount \/mnt\/mfs lazily/);
  await ends(0, "client", "status");
});

test("a stopped chunkserver makes the cluster unhealthy, and a started one healthy again", async () => {
  await ends(0, "stop", "--role", "chunkserver", "--node", "cm02");
  const sick = await control.json("status");
  assert.equal(sick.code, 3);
  const findings = JSON.stringify(sick.document.result["findings"]);
  assert.match(findings, /mfs-chunkserver.service is inactive/);
  assert.match(findings, /chunks with one copy left/);
  await ends(0, "start", "--role", "chunkserver");
  await healthyWithin(60);
});

test("a host that cannot be reached is unknown, and so the cluster is not healthy", async () => {
  await lab.cut("meta02");
  try {
    const { code, document } = await control.json("status", "--ssh-timeout", "3");
    assert.equal(code, 3);
    assert.match(JSON.stringify(document.result["findings"]), /"weight":"unknown","host":"meta02"/);
  } finally {
    await lab.heal("meta02");
  }
});

test("a key that is read only at the start makes reload a restart that names it", async () => {
  const file = "/home/work/local/mfs/etc/mfs/mfschunkserver.cfg";
  const before = await mainPid("cm01", chunkserver);
  await ends(0, "reload", "--role", "chunkserver", "--node", "cm01");
  assert.equal(await mainPid("cm01", chunkserver), before);
  await lab.sshOk("cm01", ["sh", "-c", `echo 'LIMIT_GLIBC_MALLOC_ARENAS = 2' >> ${file}`]);
  const said = await ends(0, "reload", "--role", "chunkserver", "--node", "cm01");
  assert.match(said, /LIMIT_GLIBC_MALLOC_ARENAS: read only at the start/);
  assert.notEqual(await mainPid("cm01", chunkserver), before);
});

test("everything is stopped and started in order, the master alone if ordered, and the data is there", async () => {
  await ends(0, "stop");
  const { document } = await control.json("history", "--lines", "1");
  const [run] = document.result["runs"] as { runId: string }[];
  const steps = await ends(0, "history", run?.runId ?? "");
  const places = [
    "Unmount /mnt/mfs",
    "Stop mfs-chunkserver",
    "Stop mfs-metalogger",
    "Stop mfs-master",
  ];
  const found = places.map((place) => steps.indexOf(place));
  assert.ok(!found.includes(-1), steps);
  assert.deepEqual(
    found,
    found.toSorted((left, right) => left - right),
  );
  const master = ["start", "--role", "master", "--ssh-timeout", "3"];
  await lab.cut("meta02");
  try {
    assert.match(await ends(5, ...master), /1 of 2 metadata hosts gave the lease/);
    await ends(0, ...master, "--alone", "meta02 is cut off");
    const log = await lab.sshOk("meta01", ["journalctl", "-o", "cat", "-u", "mfs-master"]);
    assert.match(log, /starting without an answer, as ordered: meta02 is cut off/);
  } finally {
    await lab.heal("meta02");
  }
  await ends(0, "start");
  await healthyWithin(60);
  await lab.sshOk("cm02", ["test", "-s", "/mnt/mfs/log"]);
});

test("goals, logs, exec and the lock answer from the real hosts", async () => {
  assert.match(await ends(0, "goal", "set", "/log", "1"), /Set goal 1 on 1 files and folders/);
  assert.match(await ends(0, "goal", "get", "/log"), /\/log: goal 1 \(1 files, 0 folders\)/);
  assert.match(await ends(0, "logs", "--role", "master", "--lines", "5"), /^meta01 {2}\d{4}-/m);
  assert.match(
    await ends(4, "exec", "--node", "cm*", "--", "sh", "-c", "exit 1"),
    /Failed on cm01, cm02/,
  );
  assert.match(
    await ends(0, "exec", "--node", "cm02", "--", "sh", "-c", "hostname"),
    /^cm02: cm02$/m,
  );
  assert.match(await ends(0, "lock", "status"), /^Free$/m);
  assert.match(await ends(0, "resume"), /Nothing to resume|Done/);
});

test("destroy keeps strangers' files and what links point to, and takes nothing without a word", async () => {
  await ends(9, "destroy");
  await ends(9, "destroy", "--confirm", "prod");
  await lab.sshOk("cm01", [
    "sh",
    "-c",
    "mkdir /data/outside && echo keep > /data/outside/keep && ln -s /data/outside /data/d1/01/link && echo mine > /data/d1/mine",
  ]);
  await ends(0, "destroy", "--confirm", "daily", "--remove-data");
  assert.equal(
    await lab.sshOk("cm01", ["cat", "/data/outside/keep", "/data/d1/mine"]),
    "keep\nmine\n",
  );
  const left = await lab.sshOk("cm01", ["ls", "-A", "/data/d1"]);
  assert.deepEqual(left.trim().split("\n").toSorted(), ["lost+found", "mine"]);
  assert.equal(await lab.sshOk("meta01", ["ls", "-A", "/home/work/local/mfs/var/mfs"]), "");
  assert.equal(
    await lab.sshOk("meta01", ["sh", "-c", "ls /etc/systemd/system | grep -c ^mfs- || true"]),
    "0\n",
  );
});
