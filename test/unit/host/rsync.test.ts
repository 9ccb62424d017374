// rsync under the trust of the connection: with a real sshd, a jump host, sudo, and a server that lies.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { MfsctlError } from "../../../src/errors.ts";
import type { SshHosts } from "../../../src/host/pool.ts";
import { rsyncOverSsh, sshFiles } from "../../../src/host/rsync.ts";
import { resolveTarget } from "../../../src/host/ssh-config.ts";
import { makeKey, startSshd, type Sshd } from "./sshd.ts";

let sshd: Sshd;
let hosts: SshHosts;
let folder: string;
let here: string;
let there: string;

before(async () => {
  sshd = await startSshd();
  const jumped = { jump: `127.0.0.1:${sshd.port}` };
  hosts = sshd.hosts({
    entries: [
      sshd.entry(),
      sshd.entry({ name: "behind", ...jumped }),
      sshd.entry({ name: "admin", sudo: true }),
      sshd.entry({ name: "here", connection: "local" }),
    ],
  });
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mfsctl rsync's test-"));
  here = join(folder, "here");
  there = join(folder, "there $(touch oops); it's");
  await mkdir(here);
  await mkdir(there);
  await writeFile(join(here, "a file"), "one", { mode: 0o640 });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

after(async () => {
  await hosts?.close();
  await sshd?.stop();
});

async function leftovers(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("mfsctl-rsync-"));
}

for (const name of ["cm01", "behind", "here"]) {
  test(`a folder is pushed to and pulled from '${name}', names and modes unharmed`, async () => {
    const host = await hosts.host(name);
    await host.rsync({ direction: "push", local: `${here}/`, remote: `${there}/` });
    assert.equal(await readFile(join(there, "a file"), "utf8"), "one");
    assert.equal((await stat(join(there, "a file"))).mode & 0o777, 0o640);
    await writeFile(join(there, "b"), "two");
    await host.rsync({ direction: "pull", local: `${here}/`, remote: `${there}/` });
    assert.equal(await readFile(join(here, "b"), "utf8"), "two");
  });
}

test("contents decide, not size and time", async () => {
  const host = await hosts.host("cm01");
  const request = { direction: "push", local: `${here}/`, remote: `${there}/` } as const;
  await host.rsync(request);
  const { atime, mtime } = await stat(join(here, "a file"));
  await writeFile(join(there, "a file"), "two");
  await utimes(join(there, "a file"), atime, mtime);
  await host.rsync(request);
  assert.equal(await readFile(join(there, "a file"), "utf8"), "one");
});

test("a server that shows another key than the connection saw is refused, and nothing is copied", async () => {
  const wish = { ...sshd.entry() };
  const target = await resolveTarget(wish, { configFile: sshd.configFile });
  const lie = await makeKey(join(folder, "lie"));
  const hostKey = Buffer.from(lie.split(" ")[1] ?? "", "base64");
  const request = { direction: "push", local: `${here}/`, remote: `${there}/` } as const;
  const copy = { host: "cm01", hops: [{ target, hostKey }], request, timeoutMs: 10_000 };
  await assert.rejects(rsyncOverSsh(copy), (error: unknown) => {
    assert.ok(error instanceof MfsctlError);
    assert.equal(error.code, "unreachable");
    assert.match(error.details.join("\n"), /Host key verification failed/);
    return true;
  });
  assert.deepEqual(await readdir(there), []);
});

test("a jump host that shows another key is refused by rsync's own ssh too", async () => {
  const target = await resolveTarget(sshd.entry(), { configFile: sshd.configFile });
  const lie = await makeKey(join(folder, "lie"));
  const wrong = Buffer.from(lie.split(" ")[1] ?? "", "base64");
  const right = Buffer.from(sshd.hostKey.split(" ")[1] ?? "", "base64");
  const hops = [
    { target, hostKey: wrong },
    { target, hostKey: right },
  ];
  const request = { direction: "push", local: `${here}/`, remote: `${there}/` } as const;
  await assert.rejects(
    rsyncOverSsh({ host: "cm01", hops, request, timeoutMs: 10_000 }),
    (error: unknown) => error instanceof MfsctlError && error.code === "unreachable",
  );
  assert.deepEqual(await readdir(there), []);
});

test("a failed copy shows rsync's last lines", async () => {
  const host = await hosts.host("cm01");
  const request = { direction: "push", local: join(here, "absent"), remote: there } as const;
  await assert.rejects(host.rsync(request), (error: unknown) => {
    assert.ok(error instanceof MfsctlError);
    assert.equal(error.code, "someHostsFailed");
    assert.match(error.details.join("\n"), /No such file/);
    return true;
  });
});

test("a relative path and a pattern of the far side are refused before anything runs", async () => {
  const host = await hosts.host("cm01");
  for (const remote of ["data", "-e", "/data/*"]) {
    await assert.rejects(
      host.rsync({ direction: "pull", local: here, remote }),
      /plain absolute path/,
    );
  }
});

test("under sudo the far side runs 'sudo -n rsync'", async () => {
  const log = join(folder, "log");
  const fake = `#!/bin/sh\necho "$*" >>'${log.replaceAll("'", "'\\''")}'\nshift\nexec "$@"\n`;
  await writeFile(join(sshd.folder, "bin", "sudo"), fake, { mode: 0o755 });
  const host = await hosts.host("admin");
  await host.rsync({ direction: "push", local: `${here}/`, remote: `${there}/` });
  assert.match(await readFile(log, "utf8"), /^-n rsync --server /);
  assert.equal(await readFile(join(there, "a file"), "utf8"), "one");
});

test("an aborted copy ends with interrupted", async () => {
  const host = await hosts.host("cm01");
  const signal = AbortSignal.abort();
  const request = { direction: "push", local: here, remote: there } as const;
  await assert.rejects(host.rsync(request, { signal }), (error: unknown) => {
    return error instanceof MfsctlError && error.code === "interrupted";
  });
});

test("the temporary ssh_config and known_hosts are gone after every copy", async () => {
  assert.deepEqual(await leftovers(), []);
});

test("a value that ssh_config cannot hold is refused, not passed on", async () => {
  const target = await resolveTarget(sshd.entry(), { configFile: sshd.configFile });
  const hostKey = Buffer.from(sshd.hostKey.split(" ")[1] ?? "", "base64");
  const user = 'a"\nProxyCommand touch /tmp/oops';
  const hops = [{ target: { ...target, user }, hostKey }];
  assert.throws(() => sshFiles({ folder, hops, timeoutMs: 1000 }), MfsctlError);
});
