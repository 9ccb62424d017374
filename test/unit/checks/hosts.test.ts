// Access, system, fuse, limits and clock: each check both ways.

import assert from "node:assert/strict";
import { test } from "node:test";
import { medianOffset } from "../../../src/checks/clock.ts";
import { MfsctlError } from "../../../src/errors.ts";
import { clusterText, hostFacts, unitFact, world } from "../../support/facts.ts";
import { hints, troubles } from "./judge.ts";

const { tools } = hostFacts("any");
const without = (...names: string[]) => new Set([...tools].filter((tool) => !names.includes(tool)));

test("a host that cannot be reached fails ssh with the reason and its hint", () => {
  const error = new MfsctlError("hostKey", "Cannot trust the host key", {
    hint: "mfsctl host trust cm01",
  });
  const before = world({ unreachable: new Map([["cm01", error]]) });
  assert.deepEqual(troubles(before, "ssh"), ["cm01 fail Cannot trust the host key"]);
  assert.deepEqual(hints(before, "ssh"), ["mfsctl host trust cm01"]);
  assert.deepEqual(troubles(before, "sudo"), []);
});

test("a host that lets in but not become root fails sudo, not ssh", () => {
  const error = new MfsctlError("checkFailed", "Cannot become root", { hint: "as root on cm01" });
  const before = world({ unreachable: new Map([["cm01", error]]) });
  assert.deepEqual(troubles(before, "ssh"), []);
  assert.deepEqual(troubles(before, "sudo"), ["cm01 fail Cannot become root"]);
});

test("commands that do not run as root fail", () => {
  assert.match(troubles(world({ facts: { cm01: { userId: 1000 } } }), "sudo").join(), /^cm01 fail/);
});

test("a host without a running systemd fails", () => {
  assert.match(
    troubles(world({ facts: { cm01: { units: new Map() } } }), "systemd").join(),
    /^cm01 fail/,
  );
  assert.match(
    troubles(world({ facts: { cm01: { tools: without("systemctl") } } }), "systemd").join(),
    /^cm01 fail/,
  );
});

test("a distribution without a known package manager fails, an untried processor warns", () => {
  const facts = { meta02: { family: ["alpine"] }, cm01: { architecture: "riscv64" } };
  const [first, second] = troubles(world({ facts }), "os");
  assert.match(first ?? "", /^meta02 fail Cannot install packages/);
  assert.match(second ?? "", /^cm01 warn .*"riscv64"/);
  const fedora = { cm01: { family: ["rhel"], tools: new Set([...tools, "dnf"]) } };
  assert.deepEqual(troubles(world({ facts: fedora }), "os"), []);
});

test("a user number that differs from the other hosts' warns there", () => {
  const usual = { user: { uid: 998, gid: 998 }, group: { gid: 998 } };
  const facts = { meta01: usual, meta02: usual, cm01: { ...usual, user: { uid: 1001, gid: 998 } } };
  assert.deepEqual(troubles(world({ facts }), "user"), [
    'cm01 warn The user "work" of "cm01" has number 1001, expected 998 as on the other hosts',
  ]);
  assert.deepEqual(troubles(world({ facts: { meta01: usual, meta02: usual } }), "user"), []);
});

test("a missing rsync warns where deploy can install it and fails where it cannot", () => {
  const lacking = { tools: without("rsync") };
  assert.deepEqual(troubles(world({ facts: { cm01: lacking } }), "tools"), [
    'cm01 warn "rsync" is missing on "cm01"; deploy installs it',
  ]);
  for (const helpless of [
    { tools: without("rsync", "apt-get") },
    { tools: without("rsync"), family: ["alpine"] },
  ]) {
    const before = world({ facts: { cm01: helpless } });
    assert.match(troubles(before, "tools").join(), /^cm01 fail Cannot install "rsync"/);
    assert.deepEqual(hints(before, "tools"), ["install rsync on cm01 by hand, then: mfsctl check"]);
  }
});

test("a missing program of the first moment fails, and the hint installs its package", () => {
  const before = world({ facts: { cm01: { tools: without("flock", "od") } } });
  assert.match(troubles(before, "tools").join(), /^cm01 fail .*flock, od not found/);
  assert.deepEqual(hints(before, "tools"), [
    "ssh root@10.0.0.11 'apt-get update && apt-get install -y util-linux coreutils'",
  ]);
});

test("fuse concerns clients only", () => {
  const facts = { meta01: { fuse: false, fuseLoadable: false } };
  assert.deepEqual(troubles(world({ facts }), "fuse"), []);
});

test("fuse that can be loaded warns, a kernel without it fails", () => {
  const loadable = world({ facts: { cm01: { fuse: false } } });
  assert.match(troubles(loadable, "fuse").join(), /^cm01 warn .*deploy loads it/);
  const absent = world({ facts: { cm01: { fuse: false, fuseLoadable: false } } });
  assert.match(troubles(absent, "fuse").join(), /^cm01 fail .*no FUSE/);
});

test("fuse without its device fails, fusermount is installed by deploy", () => {
  const device = world({ facts: { cm01: { paths: new Map() } } });
  assert.match(troubles(device, "fuse").join(), /^cm01 fail .*"\/dev\/fuse" is missing/);
  const program = world({ facts: { cm01: { tools: without("fusermount3") } } });
  assert.match(troubles(program, "fuse").join(), /^cm01 warn "fusermount3" is missing/);
});

test("nofile beyond the hard limit of a container fails and names the limit", () => {
  const init = { nofileHard: 20_000, mayRaise: false };
  const before = world({ facts: { cm01: { init } } });
  assert.deepEqual(troubles(before, "nofile"), [
    'cm01 fail Cannot give "work" on "cm01" 655360 open files: the hard limit is 20000, expected at least 655360',
  ]);
  assert.match(hints(before, "nofile").join(), /nofile: 20000/);
  const text = clusterText.replace("hosts:\n", "limits: { nofile: 20000 }\nhosts:\n");
  assert.deepEqual(troubles(world({ text, facts: { cm01: { init } } }), "nofile"), []);
});

test("nofile beyond the kernel's ceiling fails and the hint raises the ceiling", () => {
  const before = world({ facts: { cm01: { nrOpen: 65_536 } } });
  assert.match(troubles(before, "nofile").join(), /the hard limit is 65536/);
  assert.match(hints(before, "nofile").join(), /sysctl -p/);
});

test("a limit that could not be read is no reached limit", () => {
  const facts = { cm01: { nrOpen: Number.NaN } };
  assert.match(troubles(world({ facts }), "nofile").join(), /is unknown/);
});

test("a mount that gets fewer files than mfsmount wants warns, unless it wants fewer", () => {
  const init = { nofileHard: 20_000, mayRaise: false };
  const text = clusterText.replace("hosts:\n", "limits: { nofile: 16384 }\nhosts:\n");
  assert.deepEqual(troubles(world({ text, facts: { cm01: { init } } }), "mount-nofile"), [
    'cm01 warn The mount "/home/work/share" of "cm01" can open 16384 files, expected 100000',
  ]);
  const modest = text.replace("share }", "share, options: [mfsrlimitnofile=16384] }");
  const before = world({ text: modest, facts: { cm01: { init } } });
  assert.deepEqual(troubles(before, "mount-nofile"), []);
});

for (const { offsets, median } of [
  { offsets: [], median: 0 },
  { offsets: [7], median: 7 },
  { offsets: [0, 8000], median: 0 },
  { offsets: [-8000, 100], median: 100 },
  { offsets: [1, 2, 9000], median: 2 },
  { offsets: [5000, 5001, 0, 5002], median: 5000 },
]) {
  test(`the median of ${JSON.stringify(offsets)} is ${median}`, () => {
    assert.equal(medianOffset(offsets), median);
  });
}

test("a clock warns beyond one second and fails beyond five, one that is near does neither", () => {
  const facts = {
    meta01: { clockOffsetMs: 900 },
    meta02: { clockOffsetMs: -2000 },
    cm01: { clockOffsetMs: 8000 },
  };
  const [first, second, ...rest] = troubles(world({ facts }), "clock");
  assert.match(first ?? "", /^meta02 warn .* 2\.9 s behind/);
  assert.match(second ?? "", /^cm01 fail .* 7\.1 s ahead/);
  assert.deepEqual(rest, []);
});

test("a slow answer is no wrong clock", () => {
  const facts = { cm01: { clockOffsetMs: 2500, clockErrorMs: 2000 } };
  assert.deepEqual(troubles(world({ facts }), "clock"), []);
});

test("SELinux that enforces and a firewall that runs warn", () => {
  const units = new Map([["firewalld.service", unitFact({ active: "active" })]]);
  const before = world({ facts: { cm01: { selinuxEnforcing: true, units } } });
  assert.match(troubles(before, "selinux").join(), /^cm01 warn/);
  assert.match(troubles(before, "firewall").join(), /^cm01 warn "firewalld\.service" is active/);
  assert.match(hints(before, "firewall").join(), /firewall-cmd --permanent --add-port=9419-9422/);
});
