// What a master says to metaloggers. Spec: metalogger.md 1 and 2.

import assert from "node:assert/strict";
import { once } from "node:events";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { joinBlocks } from "../../../../../daemons/protocol/packet.ts";
import type { Packet } from "../../../../../daemons/protocol/packet.ts";
import { GetConfig, GetVersion, Nop } from "../../../../../daemons/protocol/packets/any.ts";
import {
  DownloadPiece,
  EndDownload,
  RegisterMetalogger,
  StartDownload,
} from "../../../../../daemons/protocol/packets/metalogger.ts";
import { ProtocolError } from "../../../../../daemons/protocol/protocol-error.ts";
import { ChangelogHistory } from "../../../../../daemons/master/io/changelog-history.ts";
import { MetaloggerPort } from "../../../../../daemons/master/io/metalogger-port.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

const version = 0x00_03_00_ea;
const headerBytes = 8;

/** A port on connections that remember what was sent. */
class Stand {
  readonly folder = new TemporaryFolder();
  readonly history = new ChangelogHistory(1, { seconds: 1800, bytesMax: 1 << 24 });
  readonly sent: string[] = [];
  readonly closed: string[] = [];
  readonly turns = new EventEmitter();
  nowMs = 1000;
  unsentBytes = 0;
  flushes = 0;
  readonly port = new MetaloggerPort({
    peers: {
      send: (peer, packet, body) => this.sent.push(`${peer} ${packet.describe(body)}`),
      close: (peer, reason) => this.closed.push(`${peer} ${reason}`),
      unsentBytes: () => this.unsentBytes,
      run: (inputs) => {
        inputs();
        this.turns.emit("turn");
      },
    },
    history: this.history,
    dataPath: this.folder.path,
    clockMs: () => this.nowMs,
    flushLog: () => this.flushes++,
    optionText: (name) => `<${name}>`,
    log: () => undefined,
  });

  from<T>(peer: number, packet: Packet<T>, body: T): void {
    const frame = joinBlocks(packet.encode(body));
    this.port.frame(peer, packet.id, frame.subarray(headerBytes));
  }

  register(peer: number, wanted?: bigint): void {
    this.port.connected(peer, 0x0a00_0000 + peer);
    const head = { version, timeoutSeconds: 10 };
    if (wanted === undefined) this.from(peer, RegisterMetalogger, { variant: "fresh", ...head });
    else this.from(peer, RegisterMetalogger, { variant: "resume", ...head, wanted });
  }

  change(): void {
    const change = this.history.next;
    this.history.append(`100|ACCESS(${change})`, 100);
    this.port.push(change, `100|ACCESS(${change})`);
  }

  /** What was sent since the last call. */
  take(): readonly string[] {
    return this.sent.splice(0);
  }

  [Symbol.dispose](): void {
    this.port.close();
    this.folder[Symbol.dispose]();
  }
}

/** Versions of the changes that were pushed. */
function versionsOf(sent: readonly string[]): readonly number[] {
  return sent.map((line) => Number(/version=(0x[0-9A-F]+)/.exec(line)?.[1]));
}

test("spec 2.1: a fresh metalogger gets the changes from now on, and no answer", () => {
  using stand = new Stand();
  stand.change();
  stand.register(1);
  assert.deepEqual(stand.take(), []);
  stand.change();
  const [line = "", ...more] = stand.take();
  assert.match(line, /^1 MATOAN_METACHANGES_LOG change/);
  assert.deepEqual(versionsOf([line]), [2]);
  assert.deepEqual(more, []);
});

test("spec 2.1: one that comes back gets what it missed, then what is new", () => {
  using stand = new Stand();
  for (let count = 0; count < 20; count++) stand.change();
  stand.register(1, 15n);
  stand.change();
  assert.deepEqual(versionsOf(stand.take()), [15, 16, 17, 18, 19, 20, 21]);
});

test("spec 2.1: a history that is too short gives only what is new", () => {
  using stand = new Stand();
  stand.change();
  // Change 0 is older than everything there ever was.
  stand.register(1, 0n);
  assert.deepEqual(stand.take(), []);
  stand.change();
  assert.equal(stand.take().length, 1);
});

test("spec 2.1: a long history comes in portions, and no change is lost or doubled", async () => {
  using stand = new Stand();
  for (let count = 0; count < 25_000; count++) stand.change();
  stand.register(1, 1n);
  const all: string[] = [...stand.take()];
  assert.equal(all.length, 10_000);
  stand.unsentBytes = 1;
  stand.change();
  await once(stand.turns, "turn");
  assert.deepEqual(stand.take(), [], "nothing while the last portion is on its way");
  stand.unsentBytes = 0;
  while (all.length < 25_001) {
    await once(stand.turns, "turn");
    all.push(...stand.take());
  }
  stand.change();
  all.push(...stand.take());
  const wrong = versionsOf(all).findIndex((found, index) => found !== index + 1);
  assert.equal(wrong, -1);
  assert.equal(all.length, 25_002);
});

test("spec 2.2: all registered metaloggers hear of a rotation", () => {
  using stand = new Stand();
  stand.register(1);
  stand.register(2);
  stand.port.connected(3, 3);
  stand.port.rotate();
  assert.deepEqual(
    stand.take().map((line) => line.slice(0, 1)),
    ["1", "2"],
  );
});

test("spec 2.1: a second registration is refused", () => {
  using stand = new Stand();
  stand.register(1);
  const again = () =>
    stand.from(1, RegisterMetalogger, { variant: "fresh", version, timeoutSeconds: 10 });
  assert.throws(again, ProtocolError);
});

test("spec 1.1: a quiet connection is kept alive, a silent one closed", () => {
  using stand = new Stand();
  stand.register(1);
  stand.port.watch();
  for (let second = 0; second < 10; second++) {
    stand.nowMs += 1000;
    stand.port.watch();
  }
  const nops = stand.take().filter((line) => line.includes("ANTOAN_NOP"));
  assert.equal(nops.length, 2, "one after each third of the timeout");
  assert.deepEqual(stand.closed, []);
  stand.nowMs += 1000;
  stand.port.watch();
  assert.deepEqual(stand.closed, ["1 silent for 10 s"]);
});

test("spec 1.1: a pause of the master is not held against metaloggers", () => {
  using stand = new Stand();
  stand.register(1);
  stand.port.watch();
  stand.nowMs += 60_000;
  stand.port.watch();
  assert.deepEqual(stand.closed, []);
});

/** Answers to a download packet, once its reading is done. */
async function pieces(stand: Stand, offset: number, length: number): Promise<readonly string[]> {
  const turn = once(stand.turns, "turn");
  stand.from(1, DownloadPiece, { offset, length });
  await turn;
  return stand.take();
}

test("spec 2.3: image and logs are those of the moment when the image was asked for", async () => {
  using stand = new Stand();
  stand.folder.write("metadata.mfs.back", "an image");
  stand.folder.write("changelog.0.mfs", "newest");
  stand.folder.write("changelog.1.mfs", "older one");
  stand.register(1);
  stand.from(1, StartDownload, { file: 1 });
  assert.equal(stand.flushes, 1, "lines of this turn are in the log");
  assert.match(stand.take().join(), /sizeBytes=8/);
  stand.folder.write("changelog.0.mfs.new", "");
  const crc = crc32(Buffer.from("image"));
  assert.deepEqual(await pieces(stand, 3, 5), [
    `1 MATOAN_DOWNLOAD_DATA {offset=3, crc=${crc}, 5 bytes}`,
  ]);
  stand.from(1, EndDownload, {});
  stand.from(1, StartDownload, { file: 11 });
  stand.from(1, StartDownload, { file: 12 });
  assert.match(stand.take().join(), /sizeBytes=6.*sizeBytes=9/);
});

test("spec 2.4: a file that is not there is an error, a log that is not there is empty", () => {
  using stand = new Stand();
  stand.register(1);
  for (const file of [2, 1, 11, 12]) stand.from(1, StartDownload, { file });
  const answers = stand
    .take()
    .map((line) => (line.includes("code=255") ? "error" : line.slice(-13)));
  assert.deepEqual(answers.slice(0, 2), ["error", "error"]);
  assert.ok(answers.slice(2).every((line) => line.includes("sizeBytes=0")));
});

test("spec 2.5: a piece beyond the end, of no file or of an unknown file ends the connection", async () => {
  using stand = new Stand();
  stand.folder.write("metadata.mfs.back", "an image");
  stand.register(1);
  stand.from(1, DownloadPiece, { offset: 0, length: 1 });
  stand.from(1, StartDownload, { file: 9 });
  stand.from(1, StartDownload, { file: 1 });
  await pieces(stand, 5, 9);
  assert.equal(stand.closed.length, 3);
});

test("requests that come while a piece is read are answered in their order", async () => {
  using stand = new Stand();
  stand.folder.write("metadata.mfs.back", "an image");
  stand.register(1);
  stand.from(1, StartDownload, { file: 1 });
  stand.take();
  const turn = once(stand.turns, "turn");
  stand.from(1, DownloadPiece, { offset: 0, length: 8 });
  stand.from(1, EndDownload, {});
  stand.from(1, StartDownload, { file: 11 });
  assert.deepEqual(stand.take(), []);
  await turn;
  assert.deepEqual(
    stand.take().map((line) => line.split(" ")[1]),
    ["MATOAN_DOWNLOAD_DATA", "MATOAN_DOWNLOAD_INFO"],
  );
});

test("spec 2.7: version and options are told, also before registration", () => {
  using stand = new Stand();
  stand.port.connected(1, 1);
  stand.from(1, GetVersion, { variant: "numbered", messageId: 5 });
  stand.from(1, GetConfig, { messageId: 6, name: "DATA_PATH" });
  stand.from(1, Nop, { padding: new Uint8Array(0) });
  const [told = "", option = "", ...more] = stand.take();
  assert.match(told, /messageId=5, version=3\.0\.117, .*3\.0\.117-1/);
  assert.match(option, /ANTOAN_CONFIG_VALUE/);
  assert.deepEqual(more, []);
});

test("registered metaloggers are listed with version and address", () => {
  using stand = new Stand();
  stand.register(1);
  stand.port.connected(2, 2);
  assert.deepEqual(
    stand.port.list().map((one) => ({ version: one.version, ip: one.ip })),
    [{ version, ip: 0x0a00_0001 }],
  );
});
