// The life of a daemon, with the example daemon as processes of their own.
// Spec: config-and-cli.md 1.1, 1.2, 2.2 and 2.3; the same is compared with the real mfsmaster in test/interop.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { DaemonHome } from "../../../support/daemon-home.ts";
import { DatagramReceiver } from "../../../support/datagram-receiver.ts";
import { until } from "../../../interop/until.ts";

const startLines = (home: DaemonHome) =>
  [
    "open files limit has been set to: N",
    `working directory: ${home.data}`,
    "lockfile created and locked",
    "initializing mfsmaster modules ...",
    "example file has been loaded",
    "mfsmaster daemon initialized properly",
    "",
  ].join("\n");

/** The machine may not allow the limit that is wanted. */
function withoutNumber(stderr: string): string {
  return stderr.replace(/(set to:) \d+/, "$1 N");
}

function lockText(home: DaemonHome): string {
  return readFileSync(path.join(home.data, ".mfsmaster.lock"), "utf8");
}

test("spec 1.1: start, test, reload, info and stop of a running daemon", async () => {
  await using home = new DaemonHome();
  const start = await home.call("start");
  assert.deepEqual([start.code, withoutNumber(start.stderr)], [0, startLines(home)]);
  const owner = await home.owner();
  assert.deepEqual(await home.call("test"), {
    code: 0,
    stdout: "",
    stderr: `mfsmaster pid: ${owner}\n`,
  });
  assert.equal(lockText(home), `${owner}\n`);
  assert.equal((await home.call("reload")).stderr, "reload signal has been sent\n");
  assert.equal((await home.call("info")).stderr, "info signal has been sent\n");
  const comm = readFileSync(`/proc/${owner}/comm`, "utf8");
  assert.equal(comm, "mfsmaster\n");
  const stop = await home.call("stop");
  assert.equal(
    stop.stderr,
    `sending SIGTERM to lock owner (pid:${owner})\nwaiting for termination terminated\n`,
  );
  assert.equal(stop.code, 0);
  assert.ok(existsSync(path.join(home.data, "stopped")));
});

test("spec 1.1: without a daemon stop and kill are well, the others fail", async () => {
  await using home = new DaemonHome();
  const ends: readonly (readonly [string, number, string])[] = [
    ["stop", 0, "can't find process to terminate\n"],
    ["kill", 0, "can't find process to terminate\n"],
    ["test", 1, "mfsmaster is not running\n\0"],
    ["reload", 1, "can't find process to send reload signal\n\0"],
    ["info", 1, "can't find process to send info signal\n\0"],
  ];
  for (const [action, code, stderr] of ends) {
    assert.deepEqual(await home.call(action), { code, stdout: "", stderr }, action);
  }
  const again = await home.call("try-restart");
  assert.equal(again.code, 1);
  assert.match(again.stderr, /can't find process to restart\n$/);
});

test("spec 1.1: a second start is refused and leaves the first alone", async () => {
  await using home = new DaemonHome();
  await home.call("start");
  const owner = await home.owner();
  const second = await home.call("start");
  assert.equal(second.code, 1);
  assert.match(second.stderr, /can't start: lockfile is already locked by another process\n$/);
  assert.equal(await home.owner(), owner);
  assert.equal(lockText(home), `${owner}\n`);
});

test("of several starts at once exactly one gets the lock", async () => {
  await using home = new DaemonHome();
  const ends = await Promise.all([1, 2, 3, 4].map(() => home.call("start")));
  assert.equal(ends.filter(({ code }) => code === 0).length, 1);
  assert.equal(ends.filter(({ code }) => code === 1).length, 3);
  assert.equal(lockText(home), `${await home.owner()}\n`);
});

test("of two restarts at once one daemon is left, and both calls say what happened", async () => {
  await using home = new DaemonHome();
  await home.call("start");
  const ends = await Promise.all([home.call("restart"), home.call("restart")]);
  assert.ok(ends.some(({ code }) => code === 0));
  assert.notEqual(await home.owner(), null);
});

test("a restart becomes the new daemon, whose process id stands in the file", async () => {
  await using home = new DaemonHome();
  await home.call("start");
  const before = await home.owner();
  const restart = await home.call("restart");
  assert.match(restart.stderr, /waiting for termination terminated\ninitializing/);
  const after = await home.owner();
  assert.notEqual(after, before);
  assert.equal(lockText(home), `${after}\n`);
});

test("after kill -9, and with a stale process id in the file, a start works", async () => {
  await using home = new DaemonHome();
  await home.call("start");
  assert.equal((await home.call("kill")).code, 0);
  assert.equal((await home.call("test")).code, 1);
  writeFileSync(path.join(home.data, ".mfsmaster.lock"), `${process.pid}\n1234567\n`);
  assert.equal((await home.call("test")).code, 1);
  assert.equal((await home.call("start")).code, 0);
  assert.equal(lockText(home), `${await home.owner()}\n`);
});

test("spec 2.1: a module that fails ends the start with its name and exit code 1", async () => {
  await using home = new DaemonHome(undefined, ["EXAMPLE_FAILS = init"]);
  const { code, stderr } = await home.call("start");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /example reason\ninit: example module failed !!!\nerror occurred during initialization - exiting\n$/,
  );
});

test("spec 1.2: a daemon that dies while it starts makes the call fail", async () => {
  await using home = new DaemonHome(undefined, ["EXAMPLE_FAILS = death"]);
  assert.equal((await home.call("start")).code, 1);
  home.configure(["EXAMPLE_FAILS = bug"]);
  const { code, stderr } = await home.call("start");
  assert.equal(code, 1);
  assert.match(stderr, /example bug/);
  if (process.getuid?.() !== 0) return;
  home.configure(["WORKING_USER = nosuchuser"]);
  const wrong = await home.call("start");
  assert.equal(wrong.code, 1);
  assert.ok(wrong.stderr.endsWith("nosuchuser: no such user !!!\n"));
});

test("a lock that is not released in time ends the wait", async () => {
  await using home = new DaemonHome(undefined, ["EXAMPLE_FAILS = never"]);
  const loading = home.foreground({}, "start");
  await until("the lock is held", async () => (await home.owner()) !== null);
  const { code, stderr } = await home.call("-t", "0", "stop");
  assert.equal(code, 1);
  assert.match(stderr, /waiting for termination :giving up\n\0$/);
  const ended = once(loading, "exit");
  loading.kill("SIGKILL");
  await ended;
});

test("spec 2.3: in the foreground SIGINT ends in order, with every line in its place", async () => {
  await using home = new DaemonHome();
  const child = home.foreground({}, "start");
  assert.ok(child.stderr !== null);
  const said = text(child.stderr);
  await until("the daemon holds its lock", async () => (await home.owner()) === child.pid);
  const ended = once(child, "exit");
  child.kill("SIGINT");
  assert.deepEqual(await ended, [0, null]);
  const tag = `mfsmaster[${child.pid}]: `;
  const lines = (await said).split("\n").filter((line) => !/[sg]et (?:uid|gid|to)/.test(line));
  assert.deepEqual(lines, [
    `working directory: ${home.data}`,
    "lockfile created and locked",
    "initializing mfsmaster modules ...",
    `${tag}example file has been loaded`,
    "example file has been loaded",
    "mfsmaster daemon initialized properly",
    `${tag}terminate signal received`,
    `${tag}exited from main loop`,
    "exited from main loop",
    `${tag}exiting ...`,
    "exiting ...",
    `${tag}process exited successfully (status:0)`,
    "process exited successfully (status:0)",
    "",
  ]);
});

test("a reload names what changed, and what waits for the next start", async () => {
  await using home = new DaemonHome();
  const socket = path.join(home.folder, "log");
  const receiver = new DatagramReceiver(socket);
  await home.call("start");
  const lines: string[] = [];
  const arrived = (part: string) => () => {
    lines.push(...receiver.take());
    return lines.some((line) => line.includes(part));
  };
  home.configure(["EXAMPLE_WORD = hello", "FILE_UMASK = 007"]);
  await home.call("reload");
  await until("the reload is logged", arrived("example word: hello (EXAMPLE_WORD)"));
  await until("a fixed option is named", arrived("name=FILE_UMASK"));
  await home.call("info");
  await until("the info is logged", arrived("example info"));
  home.configure(["EXAMPLE_WORD = stop"]);
  await home.call("reload");
  await until("the daemon ends on its own wish", arrived("process exited successfully (status:3)"));
  receiver.close();
});

test("systemd hears when the daemon is ready, reloads and stops", async () => {
  await using home = new DaemonHome();
  const socket = path.join(home.folder, "notify");
  const receiver = new DatagramReceiver(socket);
  const heard: string[] = [];
  const hears = (part: string) => () => {
    heard.push(...receiver.take());
    return heard.some((state) => state.startsWith(part));
  };
  const child = home.foreground({ NOTIFY_SOCKET: socket }, "start");
  child.stderr?.resume();
  await until("it is ready", hears(`READY=1\nMAINPID=${child.pid}`));
  heard.length = 0;
  child.kill("SIGHUP");
  await until("it reloads", hears("RELOADING=1"));
  await until("it is ready again", hears("READY=1"));
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await until("it stops", hears("STOPPING=1"));
  await ended;
  receiver.close();
});

test("restore ends the running daemon first and gives the program's own answer", async () => {
  await using home = new DaemonHome();
  await home.call("start");
  const { code, stderr } = await home.call("restore");
  assert.equal(code, 0);
  assert.match(stderr, /terminated\nexample restore\n$/);
  assert.equal(await home.owner(), null);
  home.configure(["EXAMPLE_FAILS = x"]);
  assert.equal((await home.call("restore")).code, 1);
});
