// A start that fails on a port leaves the data folder as it was, so that the next one needs no switch.
// Calls of the program. Spec: metadata-file.md 4.3, 4.4.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { test } from "node:test";
import { DaemonHome } from "../support/daemon-home.ts";
import { section } from "../support/raw-image.ts";
import { History } from "../unit/daemons/master/io/data-folder.ts";

const program = [path.resolve(import.meta.dirname, "../../bin/mfsmaster")];
const lockFile = ".mfsmaster.lock";
const history = new History();

interface Folder {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly switches?: readonly string[];
  /** The first change of a start. */
  readonly logs?: string;
}

/** An image whose edges need new numbers: the counter of edge ids is at its end. */
function imageOfOldEdges(): Buffer {
  const image = history.image(10);
  const name = section("EDGE", 0x11, Buffer.alloc(0)).subarray(0, 8);
  const header = image.indexOf(name);
  assert.notEqual(header, -1);
  image.writeBigUInt64BE(0x7fff_ffff_ffff_ffffn, header + 16);
  return image;
}

const folders: Readonly<Record<string, Folder>> = {
  "a new file system": { files: { "metadata.mfs": "MFSM NEW" }, logs: "|SETMETAID(" },
  "an orderly stop": {
    files: { "metadata.mfs": history.image(10), "changelog.0.mfs": history.log(5, 9) },
  },
  "an image whose edges get new numbers": {
    files: { "metadata.mfs": imageOfOldEdges() },
    logs: "|RENUMERATEEDGES(",
  },
  "a crash, with -a": {
    files: { "metadata.mfs.back": history.image(10), "changelog.0.mfs": history.log(5, 14) },
    switches: ["-a"],
  },
};

function configure(home: DaemonHome, busyPort: number): void {
  const exports = path.join(home.folder, "mfsexports.cfg");
  writeFileSync(exports, "* / rw,alldirs,maproot=0:0\n");
  const hosts = ["MATOML", "MATOCS", "MATOCL"].map((name) => `${name}_LISTEN_HOST = 127.0.0.1`);
  const free = ["MATOML", "MATOCS"].map((name) => `${name}_LISTEN_PORT = 0`);
  const last = `MATOCL_LISTEN_PORT = ${busyPort}`;
  home.configure([...hosts, ...free, last, `EXPORTS_FILENAME = ${exports}`]);
}

/** Names and contents, without the lock. */
function contents(data: string): ReadonlyMap<string, string> {
  const names = readdirSync(data).filter((name) => name !== lockFile);
  return new Map(names.map((name) => [name, readFileSync(path.join(data, name), "latin1")]));
}

for (const [what, { files, switches = [], logs = "" }] of Object.entries(folders)) {
  test(`a start on a busy port changes nothing: ${what}`, async () => {
    await using home = new DaemonHome(program);
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(path.join(home.data, name), content);
    }
    const before = contents(home.data);
    const owner = createServer().listen(0, "127.0.0.1");
    await once(owner, "listening");
    const { port } = owner.address() as AddressInfo;
    configure(home, port);
    const failed = await home.call(...switches, "start");
    owner.close();
    assert.equal(failed.code, 1, failed.stderr);
    assert.match(failed.stderr, /init: main master server module failed !!!/);
    assert.deepEqual(contents(home.data), before);
    const started = await home.call(...switches, "start");
    assert.equal(started.code, 0, started.stderr);
    assert.equal((await home.call("stop")).code, 0);
    const changes = [...contents(home.data)].filter(([name]) => name.startsWith("changelog"));
    assert.ok(
      changes
        .map(([, text]) => text)
        .join("")
        .includes(logs),
      `"${logs}" is not logged`,
    );
  });
}
