// SshHost against a real sshd: what programs are given, what they answer, and what happens when the wire breaks.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { MfsctlError } from "../../../src/errors.ts";
import type { Host } from "../../../src/host/host.ts";
import type { SshHosts } from "../../../src/host/pool.ts";
import { portOf, startSshd, type Sshd } from "./sshd.ts";

let sshd: Sshd;
let hosts: SshHosts;
let host: Host;

before(async () => {
  sshd = await startSshd();
  hosts = sshd.hosts();
  host = await hosts.host("cm01");
});

after(async () => {
  await hosts?.close();
  await sshd?.stop();
});

function code(expected: string) {
  return (error: unknown): boolean => error instanceof MfsctlError && error.code === expected;
}

const sh = (script: string, ...args: string[]) => ({
  argv: ["sh", "-c", script, "sh", ...args] as [string, ...string[]],
});

test("argv arrives word for word, with quotes, line breaks, unicode and empty words", async () => {
  const words = [
    "a b",
    "it's",
    '"$HOME`id`"',
    "two\nlines\n",
    "åß∂ 🧀",
    "",
    "-n",
    "\\n\\",
    "*",
    "~",
  ];
  const { stdout } = await host.exec({ argv: ["printf", "%s\\0", ...words] });
  assert.deepEqual(stdout.toString().split("\0").slice(0, -1), words);
});

test("exit codes are answers, not errors", async () => {
  for (const expected of [0, 1, 3, 255]) {
    assert.equal((await host.exec(sh(`exit ${expected}`))).code, expected);
  }
  assert.equal((await host.exec({ argv: ["no-such-program"] })).code, 127);
});

test("the first word is a program, never a builtin of the login shell", async () => {
  assert.equal((await host.exec({ argv: ["exit", "3"] })).code, 127);
  const { stdout } = await host.exec({ argv: ["echo", "a\\tb"] });
  assert.equal(stdout.toString(), "a\\tb\n");
});

test("death by a signal is 128 and its number", async () => {
  assert.equal((await host.exec(sh("kill -KILL $$"))).code, 137);
  assert.equal((await host.exec(sh("kill -TERM $$"))).code, 143);
});

test("trap: words on stderr with code 0 are no failure", async () => {
  const output = await host.exec(sh("echo careful >&2; echo fine"));
  assert.deepEqual(
    [output.code, output.stdout.toString(), output.stderr.toString()],
    [0, "fine\n", "careful\n"],
  );
});

test("trap: one MiB of arbitrary bytes survives both ways", async () => {
  const bytes = randomBytes(1024 * 1024);
  const { stdout, code: exit } = await host.exec({ argv: ["cat"], stdin: bytes });
  assert.equal(exit, 0);
  assert.ok(stdout.equals(bytes));
});

test("a program that does not read its stdin ends all the same", async () => {
  const output = await host.exec({ argv: ["true"], stdin: randomBytes(8 * 1024 * 1024) });
  assert.equal(output.code, 0);
});

test("no stdin is an empty stdin", async () => {
  assert.equal((await host.exec({ argv: ["cat"] })).stdout.length, 0);
});

test("trap: 200 calls at one time pass through eight channels of one connection", async () => {
  const fresh = sshd.hosts();
  const one = await fresh.host("cm01");
  const before = (await sshd.connections()).length;
  const calls = Array.from({ length: 200 }, (_, index) =>
    one.exec({ argv: ["echo", String(index)] }),
  );
  const said = (await Promise.all(calls)).map((output) => output.stdout.toString().trim());
  assert.deepEqual(
    said,
    Array.from({ length: 200 }, (_, index) => String(index)),
  );
  assert.equal((await sshd.connections()).length, before);
  assert.equal(one.roundTrips, 200);
  await fresh.close();
});

test("a batch is one round trip, in order, each command on its own", async () => {
  const start = host.roundTrips ?? 0;
  const outputs = await host.batch([
    sh("echo one; exit 1"),
    { argv: ["cat"], stdin: Buffer.from([0, 255, 10, 39]) },
    { argv: ["exit"] },
    sh("echo bad >&2; cd /; kill -KILL $$"),
    { argv: ["cat"] },
    sh("pwd"),
  ]);
  assert.equal((host.roundTrips ?? 0) - start, 1);
  assert.deepEqual(
    outputs.map((output) => output.code),
    [1, 0, 127, 137, 0, 0],
  );
  assert.equal(outputs[0]?.stdout.toString(), "one\n");
  assert.deepEqual([...(outputs[1]?.stdout ?? [])], [0, 255, 10, 39]);
  assert.equal(outputs[3]?.stderr.toString(), "bad\n");
  assert.equal(outputs[4]?.stdout.length, 0);
});

test("a batch of 300 commands answers 300 times", async () => {
  const commands = Array.from({ length: 300 }, (_, index) =>
    sh(`echo $1; exit $(($1 % 7))`, String(index)),
  );
  const outputs = await host.batch(commands);
  assert.deepEqual(
    outputs.map((output) => [output.stdout.toString(), output.code]),
    commands.map((_, index) => [`${index}\n`, index % 7]),
  );
});

test("a command that takes too long is given up with timedOut", async () => {
  await assert.rejects(host.exec({ argv: ["sleep", "20"], timeoutMs: 300 }), code("timedOut"));
  assert.equal((await host.exec({ argv: ["true"] })).code, 0);
});

test("programs given up do not use up the sessions of the server, and their neighbours finish", async () => {
  const pipe = join(sshd.folder, "pipe");
  await host.exec({ argv: ["mkfifo", pipe] });
  const neighbour = host.exec({ argv: ["cat", pipe] });
  for (let round = 0; round < 3; round += 1) {
    const calls = Array.from({ length: 7 }, () =>
      assert.rejects(host.exec({ argv: ["sleep", "20"], timeoutMs: 300 }), code("timedOut")),
    );
    await Promise.all(calls);
  }
  assert.equal((await host.exec({ argv: ["true"] })).code, 0);
  await host.exec(sh('echo done >"$1"', pipe));
  assert.equal((await neighbour).stdout.toString(), "done\n");
});

test("a batch command that outlives its own limit answers 124, the others still answer", async () => {
  const outputs = await host.batch([
    { argv: ["sleep", "20"], timeoutMs: 200 },
    { argv: ["echo", "next"] },
  ]);
  assert.deepEqual(
    outputs.map((output) => output.code),
    [124, 0],
  );
});

test("an aborted call ends with interrupted, in the queue and while running", async () => {
  const controller = new AbortController();
  const calls = Array.from({ length: 20 }, () =>
    host.exec({ argv: ["sleep", "20"] }, { signal: controller.signal }),
  );
  const rejections = calls.map((call) => assert.rejects(call, code("interrupted")));
  controller.abort();
  await Promise.all(rejections);
  assert.equal((await host.exec({ argv: ["true"] })).code, 0);
});

test("a command line beyond the limit of Linux is refused by name", async () => {
  await assert.rejects(
    host.exec({ argv: ["echo", "x".repeat(140_000)] }),
    /expected at most 131071/,
  );
});

test("trap: when the server's process dies everything running is rejected and the next call logs in anew", async () => {
  const fresh = sshd.hosts();
  const one = await fresh.host("cm01");
  const { stdout } = await one.exec(sh("ps -o ppid= -p $$"));
  const connection = Number(stdout.toString());
  const marks = [1, 2, 3].map((index) => join(sshd.folder, `mark${index}`));
  const running = marks.map((mark) =>
    assert.rejects(one.exec(sh('mkfifo "$1"; read -r x <"$1"', mark)), code("unreachable")),
  );
  process.kill(connection, "SIGKILL");
  await Promise.all(running);
  assert.equal((await one.exec({ argv: ["true"] })).code, 0);
  await fresh.close();
});

test("trap: a TCP reset is an error of the call, never an uncaught one", async () => {
  const sockets: Socket[] = [];
  const proxy = createServer((near) => {
    const far = connect(sshd.port, "127.0.0.1");
    sockets.push(near);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    near.pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const entry = sshd.entry({ port: portOf(proxy), hostKeys: [sshd.hostKey] });
  const fresh = sshd.hosts({ entries: [entry] });
  const one = await fresh.host("cm01");
  const running = assert.rejects(one.exec({ argv: ["sleep", "20"] }), code("unreachable"));
  assert.equal((await one.exec({ argv: ["true"] })).code, 0);
  for (const socket of sockets) socket.resetAndDestroy();
  await running;
  assert.equal((await one.exec({ argv: ["echo", "again"] })).stdout.toString(), "again\n");
  assert.equal(sockets.length, 2);
  await fresh.close();
  proxy.close();
});

test("connect opens a stream that starts at the host, and names a port where nobody listens", async () => {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  const stream = await host.connect({ address: "127.0.0.1", port });
  stream.write("ping");
  const [answer] = (await once(stream, "data")) as [Buffer];
  assert.equal(answer.toString(), "ping");
  stream.destroy();
  server.close();
  await once(server, "close");
  await assert.rejects(host.connect({ address: "127.0.0.1", port }), code("unreachable"));
});

test("a host that does not answer is unreachable within the time given", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const entry = sshd.entry({ port: portOf(silent) });
  const fresh = sshd.hosts({ entries: [entry], timeoutMs: 300 });
  await assert.rejects(fresh.host("cm01"), code("unreachable"));
  await fresh.close();
  silent.close();
});

test("a key that is not accepted is authFailed and says what was tried", async () => {
  const entry = sshd.entry({ user: "nobody" });
  const fresh = sshd.hosts({ entries: [entry] });
  await assert.rejects(fresh.host("cm01"), (error: unknown) => {
    assert.ok(error instanceof MfsctlError);
    assert.equal(error.code, "authFailed");
    assert.deepEqual(error.details, [`identity file '${sshd.identity}'`]);
    return true;
  });
  await fresh.close();
});

test("twelve hosts at one time stay below the server's limit of logins under way", async () => {
  const entries = Array.from({ length: 12 }, (_, index) => sshd.entry({ name: `cm${index}` }));
  const fresh = sshd.hosts({ entries });
  const all = await Promise.all(entries.map((entry) => fresh.host(entry.name)));
  assert.equal(all.length, 12);
  await fresh.close();
});

test("a closed host refuses to be used", async () => {
  const fresh = sshd.hosts();
  const one = await fresh.host("cm01");
  await fresh.close();
  await assert.rejects(one.exec({ argv: ["true"] }), /it is closed/);
});
