// LocalHost answers like a host over SSH does.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";

import { MfsctlError } from "../../../src/errors.ts";
import { LocalHost } from "../../../src/host/local.ts";
import { portOf } from "./sshd.ts";

const host = new LocalHost("here");

function code(expected: string) {
  return (error: unknown): boolean => error instanceof MfsctlError && error.code === expected;
}

test("one MiB of arbitrary bytes survives both ways", async () => {
  const bytes = randomBytes(1024 * 1024);
  const { stdout } = await host.exec({ argv: ["cat"], stdin: bytes });
  assert.ok(stdout.equals(bytes));
});

test("exit codes, signals, missing programs and files that are none answer as a shell does", async () => {
  assert.equal((await host.exec({ argv: ["sh", "-c", "exit 3"] })).code, 3);
  assert.equal((await host.exec({ argv: ["sh", "-c", "kill -KILL $$"] })).code, 137);
  assert.equal((await host.exec({ argv: ["no-such-program"] })).code, 127);
  assert.equal((await host.exec({ argv: ["/etc/passwd"] })).code, 126);
});

test("words on stderr are no failure, and final line breaks are kept", async () => {
  const output = await host.exec({ argv: ["sh", "-c", "echo careful >&2; echo fine"] });
  assert.deepEqual(
    [output.code, output.stdout.toString(), output.stderr.toString()],
    [0, "fine\n", "careful\n"],
  );
});

test("a program that does not read its stdin ends all the same", async () => {
  const stdin = randomBytes(4 * 1024 * 1024);
  assert.equal((await host.exec({ argv: ["true"], stdin })).code, 0);
});

test("a time limit is timedOut, an abort is interrupted", async () => {
  const slow = ["sleep", "20"] as const;
  await assert.rejects(host.exec({ argv: slow, timeoutMs: 100 }), code("timedOut"));
  const controller = new AbortController();
  const call = host.exec({ argv: slow }, { signal: controller.signal });
  controller.abort();
  await assert.rejects(call, code("interrupted"));
  await assert.rejects(
    host.exec({ argv: slow }, { signal: AbortSignal.abort() }),
    code("interrupted"),
  );
});

test("output beyond the limit is an error, not a full memory", async () => {
  await assert.rejects(
    host.exec({ argv: ["head", "-c", "70000000", "/dev/zero"] }),
    code("internal"),
  );
});

test("a batch answers in order", async () => {
  const outputs = await host.batch([{ argv: ["echo", "a"] }, { argv: ["false"] }]);
  assert.deepEqual(
    outputs.map((output) => [output.code, output.stdout.toString()]),
    [
      [0, "a\n"],
      [1, ""],
    ],
  );
});

test("connect opens a stream, and a closed port is unreachable", async () => {
  const server = createServer((socket) => socket.end("hello")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const target = { address: "127.0.0.1", port: portOf(server) };
  const stream = await host.connect(target);
  const [answer] = (await once(stream, "data")) as [Buffer];
  assert.equal(answer.toString(), "hello");
  stream.destroy();
  server.close();
  await once(server, "close");
  await assert.rejects(host.connect(target), code("unreachable"));
});
