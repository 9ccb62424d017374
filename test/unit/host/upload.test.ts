// An upload that the network cuts in the middle: the file on the host keeps its old content.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { MfsctlError } from "../../../src/errors.ts";
import { writeFileCommand } from "../../../src/host/files.ts";
import { portOf, startSshd, type Sshd } from "./sshd.ts";

let sshd: Sshd;

before(async () => {
  sshd = await startSshd();
});

after(() => sshd?.stop());

test("a reset after half of the content leaves the old file, and the same upload then succeeds", async () => {
  const path = join(sshd.folder, "metadata.cfg");
  await writeFile(path, "old\n");
  const content = randomBytes(1024 * 1024);
  let budget = content.length / 2;
  const proxy = createServer((near) => {
    const far = connect(sshd.port, "127.0.0.1");
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    near.on("data", (bytes) => {
      budget -= bytes.length;
      if (budget < 0) near.resetAndDestroy();
    });
    near.pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const entry = sshd.entry({ port: portOf(proxy), hostKeys: [sshd.hostKey] });
  const hosts = sshd.hosts({ entries: [entry] });
  const host = await hosts.host("cm01");
  const command = writeFileCommand({ path, content, mode: 0o644 });
  await assert.rejects(host.exec(command), (error: unknown) => {
    return error instanceof MfsctlError && error.code === "unreachable";
  });
  assert.equal(await readFile(path, "utf8"), "old\n");
  budget = Number.POSITIVE_INFINITY;
  assert.equal((await host.exec(command)).code, 0);
  assert.ok((await readFile(path)).equals(content));
  await hosts.close();
  proxy.close();
});
