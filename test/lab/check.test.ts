// Every fault that `mfsctl check` knows, planted on bare hosts one after the other: found by name before any change, in
// check and in deploy alike, and the hint is run as typed. See docs/checks.md.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { run } from "./command.ts";
import { Lab } from "./lab.ts";
import { faults, type Fault } from "./support/faults.ts";
import { ControlMachine } from "./support/mfsctl.ts";

interface Finding {
  readonly check: string;
  readonly host: string;
  readonly level: "ok" | "warn" | "fail";
  readonly message: string;
  readonly hint: string;
}

let lab: Lab;
let folder: string;

function inventory(): string {
  return `cluster: lab
engine: packages
ssh: { user: root, identity_file: ${lab.identityFile}, known_hosts: ${lab.knownHosts} }
limits: { nofile: 16384 }
exports:
  - "*  /  rw,alldirs,maproot=0"
hosts:
  meta01: { address: ${lab.address("meta01")}, roles: [master] }
  meta02: { address: ${lab.address("meta02")}, roles: [metalogger] }
  cm01: { address: ${lab.address("cm01")}, roles: [chunkserver, client], disks: [{ path: /data/d1, mountpoint: required }, { path: /data/d2, mountpoint: required }], mounts: [{ path: /mnt/mfs }] }
`;
}

/** A control machine with an inventory of its own. */
async function controlWith(text: string, name = "inventory.yaml"): Promise<ControlMachine> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return new ControlMachine({ inventory: file, state: folder });
}

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "mfsctl-check-"));
  lab = await Lab.up({
    name: "chk",
    hosts: [{ name: "meta01" }, { name: "meta02" }, { name: "cm01", dataDisks: 2 }],
  });
});

after(async () => {
  await lab.down();
  await rm(folder, { recursive: true, force: true });
});

/** Everything that a deploy could touch on all hosts, with the time of its last change of any kind. */
async function traces(): Promise<readonly string[]> {
  const script = String.raw`find /etc /home /root /data /mnt /srv /opt /usr/bin /usr/sbin /usr/local /var/lib/dpkg /var/lib/mfsctl /var/lib/mfs \
    -printf '%p %y %s %m %u:%g %C@\n' 2> /dev/null; systemctl list-units --all --plain --no-legend 'mfs*' 'moosefs*'`;
  const all = await Promise.all(
    lab.hosts.map(async (host) => {
      const { stdout } = await lab.ssh(host, ["sh", "-c", script]);
      return stdout.split("\n").map((line) => `${host} ${line}`);
    }),
  );
  return all.flat();
}

async function checked(control: ControlMachine) {
  const { code, document, stderr } = await control.json("check");
  const findings = (document.result["findings"] ?? []) as readonly Finding[];
  return { code, findings, stderr, failures: findings.filter(({ level }) => level === "fail") };
}

/** Types the command of a hint: on this machine, or as root on the host where it says so. */
async function type({ host, hint }: Finding) {
  const asRoot = `as root on ${host}: `;
  if (hint.startsWith(asRoot)) return lab.ssh(host, ["sh", "-c", hint.slice(asRoot.length)]);
  const [command = ""] = hint.split(/ (?:ends|mounts|shows) /);
  assert.match(command, /^ssh /);
  return run(["sh", "-c", command]);
}

async function tryHint(fault: Fault, finding: Finding, control: ControlMachine): Promise<void> {
  if ("reads" in fault.hint) return assert.match(finding.hint, fault.hint.reads);
  const { code, stdout, stderr } = await type(finding);
  assert.equal(code, 0, `${finding.hint}\n${stdout}${stderr}`);
  if ("shows" in fault.hint) return assert.match(stdout, fault.hint.shows);
  const { failures } = await checked(control);
  assert.deepEqual(failures, [], finding.hint);
}

for (const fault of faults) {
  const { name, host, checks, message, inventory: change = (text: string) => text } = fault;
  test(`${name} is found by check and by deploy before any change, with a hint that works`, async () => {
    const control = await controlWith(change(inventory()));
    try {
      await lab.sshOk(host, ["sh", "-ec", fault.plant]);
      const { code, failures, stderr } = await checked(control);
      assert.equal(code, 3, stderr);
      assert.deepEqual(
        failures.map((each) => `${each.host} ${each.check}`),
        checks.map((check) => `${host} ${check}`),
      );
      const last = failures.at(-1);
      assert.ok(last !== undefined);
      assert.match(last.message, message);

      const earlier = await traces();
      const deploy = await control.json("deploy");
      const { error, runId } = deploy.document;
      assert.equal(deploy.code, 3, `${error?.message}\n${deploy.stderr}`);
      assert.equal(error?.code, "checkFailed");
      assert.equal(error.node, host);
      assert.equal(runId, null);
      assert.match(error.message, message);
      const seen = new Set(earlier);
      assert.deepEqual(
        (await traces()).filter((line) => !seen.has(line)),
        [],
      );

      await tryHint(fault, last, control);
    } finally {
      await lab.ssh(host, ["sh", "-c", fault.remove]);
    }
  });
}

test("with all faults gone nothing fails, and what deploy installs by itself only warns", async () => {
  const { code, findings, failures, stderr } = await checked(await controlWith(inventory()));
  assert.equal(code, 0, stderr);
  assert.deepEqual(failures, []);
  const rsync = findings.filter(({ message }) => message.startsWith('"rsync" is missing'));
  assert.deepEqual(
    rsync.map(({ check, level, hint }) => ({ check, level, hint })),
    lab.hosts.map(() => ({ check: "tools", level: "warn", hint: "mfsctl deploy" })),
  );
});

const eightMistakes = [
  [/^cluster: lab$/m, "cluster: Lab", /:1:10 cluster: is "Lab"/],
  [/^engine:/m, "engin:", /:2:1 engin: unknown key/],
  [/nofile: 16384/, "nofile: many", /:4:19 limits\.nofile: is "many"/],
  [/rw,alldirs/, "rw,aldirs", /:6:5 exports\[0\]: .*aldirs/],
  [
    /address: [\d.]+, roles: \[metalogger\]/,
    "address: 10.0.0.999, roles: [metalogger]",
    /:9:22 hosts\.meta02\.address: is "10\.0\.0\.999"/,
  ],
  [/\[chunkserver,/, "[chunkserver, monitr,", /:10:\d+ hosts\.cm01\.roles\[1\]: is "monitr"/],
  [/path: \/data\/d2/, "path: /data/d1/x", /:10:\d+ hosts\.cm01\.disks\[1\].*: is "\/data\/d1\/x"/],
  [/path: \/mnt\/mfs/, "path: mnt/mfs", /:10:\d+ hosts\.cm01\.mounts\[0\]\.path: is "mnt\/mfs"/],
] as const;

test("an inventory with eight mistakes ends every command with exit 2 and eight located messages", async () => {
  const text = eightMistakes.reduce(
    (all, [right, wrong]) => all.replace(right, wrong),
    inventory(),
  );
  const control = await controlWith(text, "broken.yaml");
  for (const command of ["validate", "check", "deploy"]) {
    const { code, document } = await control.json(command);
    assert.equal(code, 2, command);
    const { details = [] } = document.error ?? {};
    assert.equal(details.length, eightMistakes.length, details.join("\n"));
    for (const [index, [, , message]] of eightMistakes.entries()) {
      assert.match(details[index] ?? "", message);
    }
  }
});
