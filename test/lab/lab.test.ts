// The lab proves itself: what the other tests in this folder take for granted about their hosts.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { run } from "./command.ts";
import { Lab } from "./lab.ts";

const name = "self";

/** Everything on this machine that bears the lab's name. */
async function traces(lab: string): Promise<string[]> {
  const lists = await Promise.all([
    readFile("/proc/mounts", "utf8"),
    run(["losetup", "-a"]).then((answer) => answer.stdout),
    run(["ip", "-o", "link"]).then((answer) => answer.stdout),
    run(["ip", "netns"]).then((answer) => answer.stdout),
    run(["find", "/sys/fs/cgroup", "-path", `*/mfs-lab/${lab}-*`]).then((answer) => answer.stdout),
    run(["ps", "-eo", "args"]).then((answer) => answer.stdout),
    readdir("/var/tmp").then((entries) => entries.join("\n")),
  ]);
  const trace = new RegExp(`mfs-lab-${lab}|mfs-lab/${lab}-|\\b${lab}(br0|-)`);
  return lists.flatMap((text) => text.split("\n")).filter((line) => trace.test(line));
}

describe("a lab of two hosts", () => {
  let lab: Lab;

  before(async () => {
    lab = await Lab.up({ name, hosts: [{ name: "one" }, { name: "two", dataDisks: 2 }] });
  });

  after(async () => {
    await lab.down();
    assert.deepEqual(await traces(name), [], "down leaves nothing behind");
    assert.ok((await readFile(path.join(lab.logs, "two.log"), "utf8")).includes("systemd"));
  });

  test("each host has booted with systemd as its first process and nothing failed", async () => {
    for (const host of lab.hosts) {
      assert.equal(await lab.sshOk(host, ["cat", "/proc/1/comm"]), "systemd\n");
      assert.equal(await lab.sshOk(host, ["systemctl", "is-system-running"]), "running\n");
      assert.equal(await lab.sshOk(host, ["hostname"]), `${host}\n`);
    }
  });

  test("a host is bare: no MooseFS, no Node, no rsync, no fuse3, but the device for it", async () => {
    for (const program of ["mfsmaster", "mfsmount", "node", "rsync", "fusermount3"]) {
      assert.notEqual((await lab.ssh("one", ["which", program])).code, 0, program);
    }
    await lab.sshOk("one", ["test", "-w", "/dev/fuse"]);
    assert.match(await lab.sshOk("one", ["cat", "/etc/debian_version"]), /^12\./);
  });

  test("hosts know each other by name", async () => {
    await lab.sshOk("one", ["ping", "-c", "1", "-W", "2", "two"]);
  });

  test("ssh accepts the hosts' own keys only", async () => {
    const stranger = path.join(lab.folder, "stranger");
    const known = await readFile(lab.knownHosts, "utf8");
    await writeFile(
      stranger,
      known
        .replaceAll(lab.address("one"), "0.0.0.0")
        .replaceAll(lab.address("two"), lab.address("one")),
    );
    const [program, ...words] = lab.sshArgv("one");
    const changed = words.map((word) => word.replace(lab.knownHosts, stranger));
    const answer = await run([program, ...changed, "true"]);
    assert.equal(answer.code, 255);
    assert.match(answer.stderr, /host key/i);
  });

  test("apt installs a package through the proxy", async () => {
    const options = ["-q", "-o", "APT::Update::Error-Mode=any"];
    await lab.sshOk("one", ["apt-get", ...options, "update"]);
    await lab.sshOk("one", [
      "apt-get",
      ...options,
      "install",
      "-y",
      "--no-install-recommends",
      "rsync",
    ]);
    assert.match(await lab.sshOk("one", ["rsync", "--version"]), /^rsync/);
  });

  test("data disks are file systems of their own", async () => {
    const printed = await lab.sshOk("two", ["stat", "-c", "%d", "/", "/data/d1", "/data/d2"]);
    assert.equal(new Set(printed.trim().split("\n")).size, 3);
    assert.equal(
      await lab.sshOk("two", ["stat", "-f", "-c", "%T", "/data/d1", "/data/d2"]),
      "ext2/ext3\next2/ext3\n",
    );
  });

  test("a power cut keeps what was synced and loses what was not, on every disk", async () => {
    const folders = ["/root", "/data/d1", "/data/d2"];
    const boot = await lab.sshOk("two", ["cat", "/proc/sys/kernel/random/boot_id"]);
    for (const folder of folders) {
      await lab.sshOk("two", [
        "sh",
        "-c",
        `cd ${folder}; echo kept >synced; sync synced; echo lost >>synced; echo lost >unsynced`,
      ]);
    }
    await lab.kill("two");
    assert.equal((await lab.ssh("two", ["true"])).code, 255);
    await lab.boot("two");
    assert.notEqual(await lab.sshOk("two", ["cat", "/proc/sys/kernel/random/boot_id"]), boot);
    for (const folder of folders) {
      assert.equal(await lab.sshOk("two", ["cat", `${folder}/synced`]), "kept\n");
      assert.equal((await lab.ssh("two", ["test", "-s", `${folder}/unsynced`])).code, 1);
    }
    assert.equal(await lab.sshOk("two", ["systemctl", "is-system-running"]), "running\n");
  });

  test("a host that is cut off runs on, and answers again when healed", async () => {
    await lab.sshOk("one", ["touch", "/run/before"]);
    await lab.cut("one");
    assert.equal((await lab.ssh("one", ["true"])).code, 255);
    await lab.heal("one");
    await lab.sshOk("one", ["test", "-e", "/run/before"]);
  });

  test("stopping a service on one host leaves the other host's service alone", async () => {
    for (const host of lab.hosts)
      await lab.sshOk(host, ["systemd-run", "-q", "--unit=probe", "sleep", "600"]);
    await lab.sshOk("one", ["systemctl", "stop", "probe"]);
    assert.equal(await lab.sshOk("two", ["systemctl", "is-active", "probe"]), "active\n");
    assert.equal((await lab.ssh("one", ["pgrep", "-x", "sleep"])).code, 1);
  });

  test("the hard limit of open files is reported", async (t) => {
    const limit = Number(await lab.sshOk("one", ["sh", "-c", "ulimit -Hn"]));
    t.diagnostic(`hard limit of open files on a host: ${limit}`);
    assert.ok(limit >= 16_384, `the tests' inventory asks for 16384, the limit is ${limit}`);
  });

  test("a second lab of the same name is refused and leaves the first alone", async () => {
    await assert.rejects(Lab.up({ name, hosts: [{ name: "one" }] }), { code: "inUse" });
    await lab.sshOk("one", ["true"]);
  });
});

test("what a killed test leaves behind is swept", async () => {
  const source = `const { Lab } = await import(${JSON.stringify(path.join(import.meta.dirname, "lab.ts"))});
    await Lab.up({ name: "dead", hosts: [{ name: "one", dataDisks: 1 }] });
    process.stdout.write("up");`;
  const child = spawn(
    process.execPath,
    ["--input-type=module", "-e", `${source} setInterval(() => {}, 1000);`],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.notDeepEqual(await traces("dead"), []);
  assert.deepEqual(await Lab.sweep(), ["dead"]);
  assert.deepEqual(await traces("dead"), []);
});

test("a test that is ended by a signal takes its lab down", async () => {
  const source = `const { Lab } = await import(${JSON.stringify(path.join(import.meta.dirname, "lab.ts"))});
    await Lab.up({ name: "term", hosts: [{ name: "one" }] });
    process.stdout.write("up");`;
  const child = spawn(
    process.execPath,
    ["--input-type=module", "-e", `${source} setInterval(() => {}, 1000);`],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  await once(child, "exit");
  assert.deepEqual(await traces("term"), []);
});
