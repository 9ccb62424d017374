// The same calls on the real mfsmaster and on ours: equal output and exit codes, and each finds the other by its lock.
// Ours is the example daemon, whose modules say less; needs moosefs-master 3.0.117. Spec: config-and-cli.md 1 and 2.
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { test } from "node:test";
import { usage } from "../../daemons/runtime/command-line.ts";
import { DaemonHome, exampleDaemon } from "../support/daemon-home.ts";
import type { CallEnd } from "../support/daemon-home.ts";

const stockMaster = ["mfsmaster"];

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return ports;
}

async function newHome(program: readonly string[]): Promise<DaemonHome> {
  const home = new DaemonHome(program);
  const ports = await freePorts(3);
  const exports = path.join(home.folder, "mfsexports.cfg");
  writeFileSync(exports, "* / rw,alldirs,maproot=0:0\n* . rw\n");
  writeFileSync(path.join(home.data, "metadata.mfs"), "MFSM NEW");
  const listen = ["MATOML", "MATOCS", "MATOCL"].flatMap((name, index) => [
    `${name}_LISTEN_HOST = 127.0.0.1`,
    `${name}_LISTEN_PORT = ${ports[index]}`,
  ]);
  home.configure([`EXPORTS_FILENAME = ${exports}`, ...listen]);
  return home;
}

/** What may differ: folders, process ids, and what the modules say while they load. */
function comparable(end: CallEnd, home: DaemonHome): CallEnd {
  const stderr = end.stderr
    .replaceAll(home.folder, "HOME")
    .replaceAll(/pid: ?\d+/g, "pid N")
    .replaceAll(/mfsmaster\[\d+\]/g, "mfsmaster[N]")
    .replace(/(modules \.\.\.\n)[^]*(mfsmaster daemon initialized)/, "$1$2");
  return { ...end, stderr };
}

async function compare(calls: readonly (readonly string[])[]): Promise<void> {
  await using theirs = await newHome(stockMaster);
  await using ours = await newHome(exampleDaemon);
  for (const words of calls) {
    const expected = comparable(await theirs.call(...words), theirs);
    const seen = comparable(await ours.call(...words), ours);
    assert.deepEqual(seen, expected, words.join(" "));
  }
}

test("spec 1: version, usage and refused words are those of the real master, byte for byte", async () => {
  await using home = new DaemonHome();
  const words = [
    ["-h"],
    ["-v"],
    ["-e"],
    ["-s"],
    ["-?"],
    ["-c"],
    ["-t"],
    ["bogus"],
    ["a", "b"],
    [""],
  ];
  for (const each of [...words, ["--help"], ["-vh"], ["stop", "-v"], ["-d", "a", "b"]]) {
    assert.deepEqual(await home.bare(...each), await home.with(stockMaster, each), each.join(" "));
  }
});

test("spec 1: the usage of the three daemons is that of the real ones", async () => {
  await using home = new DaemonHome();
  for (const daemon of ["mfsmaster", "mfschunkserver", "mfsmetalogger"] as const) {
    assert.equal(usage(daemon, daemon), (await home.with([daemon], ["-h"])).stdout);
  }
});

test("spec 1.1: a whole life gives the lines and exit codes of the real master", async () => {
  const words =
    "test stop kill reload info try-restart start test status start reload info restart test";
  const calls = `${words} try-restart stop test START stop`.split(" ").map((word) => [word]);
  await compare(calls);
});

test("spec 1.1: switches around an action give what the real master gives", async () => {
  await compare([
    ["-u", "test"],
    ["-f", "test"],
    ["-d", "stop"],
    ["-f", "reload"],
    ["-f", "try-restart"],
    ["-t", "abc", "test"],
    ["-x", "-x", "-a", "-i", "test"],
    ["--", "test"],
    ["-n", "start"],
    ["-f", "start"],
    ["-t5", "stop"],
  ]);
});

test("spec 1.1, 3: bad lines, folders and files are refused as by the real master", async () => {
  const settings: readonly (readonly string[])[] = [
    ["DATA_PATH = /no/such"],
    ["  # indented note", "BAD LINE HERE", "LONE", "= x"],
    ["WORKING_USER = nosuchuser"],
    ["WORKING_GROUP = nosuchgroup"],
    ["WORKING_USER = #54321", "WORKING_GROUP ="],
    ["DATA_PATH = /proc/self/net"],
  ];
  await using theirs = await newHome(stockMaster);
  await using ours = await newHome(exampleDaemon);
  for (const lines of settings) {
    for (const words of [["test"], ["stop"], ["-f", "test"], ["-f", "start"]]) {
      const noData = lines.some((line) => line.startsWith("DATA_PATH"));
      if (!noData && words.includes("start")) continue;
      theirs.configure(lines);
      ours.configure(lines);
      const expected = comparable(await theirs.call(...words), theirs);
      assert.deepEqual(
        comparable(await ours.call(...words), ours),
        expected,
        `${lines[0]} ${words.join(" ")}`,
      );
    }
  }
  for (const words of [
    ["-c", "/no/such", "test"],
    ["-c", "/no/such", "-f", "start"],
  ]) {
    assert.deepEqual(await ours.bare(...words), await theirs.bare(...words));
  }
});

test("spec 2.2: the real program finds, reloads, ends and restarts a daemon of ours", async () => {
  await using home = await newHome(exampleDaemon);
  const real = (action: string) => home.with(stockMaster, ["-c", home.config, action]);
  assert.equal((await home.call("start")).code, 0);
  const owner = await home.owner();
  assert.equal((await real("test")).stderr, `mfsmaster pid: ${owner}\n`);
  assert.match((await real("start")).stderr, /already locked by another process/);
  assert.equal((await real("reload")).stderr, "reload signal has been sent\n");
  assert.match(
    (await real("restart")).stderr,
    new RegExp(`\\(pid:${owner}\\)[^]*initialized properly`),
  );
  assert.notEqual(await home.owner(), owner);
  assert.equal((await real("stop")).code, 0);
});

test("spec 2.2: our program finds, ends and replaces the real master", async () => {
  await using home = await newHome(stockMaster);
  const ours = (action: string) => home.with(exampleDaemon, ["-c", home.config, action]);
  assert.equal((await home.call("start")).code, 0);
  const pid = /pid: (\d+)/.exec((await home.call("test")).stderr)?.[1];
  assert.equal((await ours("test")).stderr, `mfsmaster pid: ${pid}\n`);
  assert.match((await ours("start")).stderr, /already locked by another process/);
  assert.equal((await ours("info")).code, 0);
  const restart = await ours("restart");
  assert.match(restart.stderr, new RegExp(`sending SIGTERM to lock owner \\(pid:${pid}\\)`));
  assert.equal(restart.code, 0);
  assert.equal((await home.call("stop")).code, 0);
});
