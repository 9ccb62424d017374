// The log: repetition is bounded, peers cannot forge lines, and syslog gets what the C library would send.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { limits } from "../../../../daemons/base/limits.ts";
import { facilities, syslogSink } from "../../../../daemons/runtime/log-sinks.ts";
import { Log } from "../../../../daemons/runtime/log.ts";
import { ServiceManager } from "../../../../daemons/runtime/service-manager.ts";
import { DatagramReceiver } from "../../../support/datagram-receiver.ts";

function listen() {
  const lines: string[] = [];
  const clock = { ms: 0 };
  const sink = {
    write: (_level: string, line: string) => lines.push(line),
    close: () => undefined,
  };
  return { lines, clock, log: new Log([sink], () => clock.ms) };
}

test("fields come behind the text, quoted where they need it", () => {
  const { log, lines } = listen();
  log.info("peer left", { address: "10.0.0.1", reason: "too big", count: 3n });
  log.debug("not written at the usual level");
  assert.deepEqual(lines, ['peer left address=10.0.0.1 reason="too big" count=3']);
});

test("control characters of a peer's text do not start a line of their own", () => {
  const { log, lines } = listen();
  log.info("name a\nb\u001b[2J");
  assert.deepEqual(lines, ["name a\\x0ab\\x1b[2J"]);
});

test("a text that comes again and again is counted instead of written", () => {
  const { log, lines, clock } = listen();
  for (let count = 0; count < limits.logRepeats + 90; count++) log.info("disk is full", { count });
  assert.equal(lines.length, limits.logRepeats);
  log.info("another text");
  assert.equal(lines.length, limits.logRepeats + 1);
  clock.ms += limits.logRepeatWindowMs;
  log.info("disk is full");
  assert.deepEqual(lines.slice(-2), [
    "disk is full (90 more of these were not written)",
    "disk is full",
  ]);
});

test("ever new texts do not let the memory of repetition grow", () => {
  const { log, lines } = listen();
  for (let count = 0; count < limits.logRepeatTexts * 3; count++) log.info(`text ${count}`);
  assert.equal(lines.length, limits.logRepeatTexts * 3);
});

test("syslog gets priority, local time, name and process id; a missing listener costs nothing", (context) => {
  const folder = mkdtempSync(path.join(tmpdir(), "mfs-log-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const socketPath = path.join(folder, "log");
  const sink = syslogSink({ ident: "mfsmaster", facility: facilities.daemon, path: socketPath });
  sink.write("error", "nobody listens");
  const receiver = new DatagramReceiver(socketPath);
  sink.write("warning", "something");
  const [line = "", ...more] = receiver.take();
  assert.match(line, /^<28>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d mfsmaster\[\d+\]: something$/);
  assert.deepEqual(more, []);
  sink.write("info", "x".repeat(limits.logBytes * 2));
  assert.equal(receiver.take()[0]?.length, limits.logBytes);
  sink.close();
  receiver.close();
});

test("systemd is told on its socket, be it a path or an abstract name", () => {
  const name = `@mfs-notify-${process.pid}`;
  const receiver = new DatagramReceiver(name);
  const manager = new ServiceManager({ NOTIFY_SOCKET: name });
  manager.ready();
  manager.reloading();
  manager.stopping();
  const [ready, reloading, stopping] = receiver.take();
  assert.equal(ready, `READY=1\nMAINPID=${process.pid}`);
  assert.match(reloading ?? "", /^RELOADING=1\nMONOTONIC_USEC=\d+$/);
  assert.equal(stopping, "STOPPING=1");
  receiver.close();
  new ServiceManager({}).ready();
});
