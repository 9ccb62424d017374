// Strict host keys against a real sshd, directly and through a jump host: what is refused, and in which words.

import assert from "node:assert/strict";
import { execa } from "execa";
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { MfsctlError } from "../../../src/errors.ts";
import type { HostEntry } from "../../../src/host/pool.ts";
import { makeKey, startSshd, type Sshd } from "./sshd.ts";

let sshd: Sshd;
let otherKey: string;
let name: string;

before(async () => {
  sshd = await startSshd();
  otherKey = await makeKey(join(sshd.folder, "other"));
  name = `[127.0.0.1]:${sshd.port}`;
});

beforeEach(async () => {
  await writeFile(sshd.knownHosts, `${name} ${sshd.hostKey}\n`);
});

after(() => sshd?.stop());

/** Logs in and answers "ok", or the error's code, message, hint and details in one text. */
async function logIn(
  change?: Partial<HostEntry>,
  further: readonly HostEntry[] = [],
): Promise<string> {
  const hosts = sshd.hosts({ entries: [sshd.entry(change), ...further] });
  try {
    const host = await hosts.host("cm01");
    assert.equal((await host.exec({ argv: ["true"] })).code, 0);
    return "ok";
  } catch (error) {
    assert.ok(error instanceof MfsctlError, String(error));
    return [`${error.code}: ${error.message}`, `-> ${error.hint}`, ...error.details].join("\n");
  } finally {
    await hosts.close();
  }
}

async function fingerprintOf(path: string): Promise<string> {
  const { stdout } = await execa("ssh-keygen", ["-l", "-f", path]);
  return stdout.split(" ")[1] ?? "";
}

test("a key under [host]:port is trusted", async () => {
  assert.equal(await logIn(), "ok");
});

test("a key under a hashed name is trusted", async () => {
  await execa("ssh-keygen", ["-H", "-f", sshd.knownHosts]);
  assert.equal(await logIn(), "ok");
});

test("trap: an unknown key is refused with its fingerprint and the next command", async () => {
  await writeFile(sshd.knownHosts, "");
  assert.equal(
    await logIn(),
    `hostKey: Cannot trust the host key of 'cm01' (${name}): ssh-ed25519 ` +
      `${await fingerprintOf(`${sshd.folder}/host.pub`)} is not known, expected a known key\n` +
      "-> mfsctl host trust cm01",
  );
});

test("a key known for the plain host is not known for another port", async () => {
  await writeFile(sshd.knownHosts, `127.0.0.1 ${sshd.hostKey}\n`);
  assert.match(await logIn(), /^hostKey: .* is not known/);
});

test("a wrong key is refused with the place of the known one", async () => {
  await writeFile(sshd.knownHosts, `# first line\n${name} ${otherKey}\n`);
  assert.equal(
    await logIn(),
    `hostKey: Cannot trust the host key of 'cm01' (${name}): ssh-ed25519 ` +
      `${await fingerprintOf(`${sshd.folder}/host.pub`)}, expected ssh-ed25519 ` +
      `${await fingerprintOf(`${sshd.folder}/other.pub`)} of '${sshd.knownHosts}:2'\n` +
      "-> Only if the host was installed anew: mfsctl host trust cm01",
  );
});

test("a revoked key is refused though another line trusts it", async () => {
  await appendFile(sshd.knownHosts, `@revoked * ${sshd.hostKey}\n`);
  assert.match(await logIn(), new RegExp(`^hostKey: .* is revoked at '${sshd.knownHosts}:2'`));
});

test("a certificate authority vouches for nothing, and the error says so", async () => {
  await writeFile(sshd.knownHosts, `@cert-authority * ${sshd.hostKey}\n`);
  assert.match(await logIn(), /^hostKey: .*\n.*\n'.*:1' is a @cert-authority line/);
});

test("pinned keys win over known_hosts, both ways", async () => {
  await writeFile(sshd.knownHosts, "");
  assert.equal(await logIn({ hostKeys: [otherKey, sshd.hostKey] }), "ok");
  const print = await fingerprintOf(`${sshd.folder}/host.pub`);
  assert.equal(await logIn({ hostKeys: [print] }), "ok");
  await writeFile(sshd.knownHosts, `${name} ${sshd.hostKey}\n`);
  assert.match(await logIn({ hostKeys: [otherKey] }), /^hostKey: .* of 'the inventory'/);
  assert.match(await logIn({ hostKeys: ["ssh-ed25519 AAAA"] }), /^invalidInventory: /);
});

test("the known_hosts file of the inventory is the only one believed", async () => {
  const file = join(sshd.folder, "known_hosts_of_the_inventory");
  await writeFile(file, "");
  assert.match(await logIn({ knownHosts: file }), /^hostKey: /);
});

test("the known type of key is asked for where a server has several", async () => {
  const rsa = await makeKey(join(sshd.folder, "rsa"), "rsa");
  const two = await startSshd([`HostKey ${sshd.folder}/rsa`]);
  await writeFile(sshd.knownHosts, `[127.0.0.1]:${two.port} ${rsa}\n`);
  assert.equal(await logIn({ port: two.port, identityFile: two.identity }), "ok");
  await two.stop();
});

test("a jump host's key is verified like any other, and the way through it works", async () => {
  const jump = `127.0.0.1:${sshd.port}`;
  assert.equal(await logIn({ jump, hostKeys: [sshd.hostKey] }), "ok");
  await writeFile(sshd.knownHosts, `${name} ${otherKey}\n`);
  assert.match(
    await logIn({ jump, hostKeys: [sshd.hostKey] }),
    new RegExp(`^hostKey: Cannot trust the host key of '${jump}'`),
  );
});

test("a jump may name an inventory host, and a chain of two works", async () => {
  await writeFile(sshd.knownHosts, "");
  const gate = sshd.entry({ name: "gate", hostKeys: [sshd.hostKey] });
  const inner = sshd.entry({ name: "inner", hostKeys: [sshd.hostKey] });
  assert.equal(await logIn({ jump: "gate,inner", hostKeys: [sshd.hostKey] }, [gate, inner]), "ok");
});

test("hosts that jump through each other are refused, not followed for ever", async () => {
  const gate = sshd.entry({ name: "gate", jump: "cm01" });
  assert.match(
    await logIn({ jump: "gate" }, [gate]),
    /^invalidInventory: .* more than 8 jump hosts/,
  );
});

test("scanHostKey shows the key without trusting it, and its line makes it trusted", async () => {
  await writeFile(sshd.knownHosts, "");
  const hosts = sshd.hosts();
  const seen = await hosts.scanHostKey("cm01");
  await hosts.close();
  assert.equal(seen.pin, sshd.hostKey);
  assert.equal(seen.fingerprint, await fingerprintOf(`${sshd.folder}/host.pub`));
  assert.match(await logIn(), /^hostKey: /);
  await writeFile(sshd.knownHosts, `${seen.line}\n`);
  assert.equal(await logIn(), "ok");
});
