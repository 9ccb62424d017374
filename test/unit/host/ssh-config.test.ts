// The way to a host: what ssh_config says, what the inventory overrules.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { MfsctlError } from "../../../src/errors.ts";
import { parseHop, resolveTarget } from "../../../src/host/ssh-config.ts";

let folder: string;
let configFile: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "mfsctl-config-"));
  configFile = join(folder, "config");
  const lines = [
    "Host cm01",
    "  HostName 10.0.0.11",
    "  User work",
    "  Port 2222",
    "  IdentityFile ~/.ssh/id_%h_%r",
    "  IdentitiesOnly yes",
    "  IdentityAgent none",
    "  ProxyJump admin@gate:2200,inner",
    "Host alias",
    "  HostKeyAlias the-name",
    "Host gate",
    "  User other",
    "Host odd",
    "  ProxyCommand nc %h %p",
    "Host *",
    "  UserKnownHostsFile /a /b",
    "  GlobalKnownHostsFile none",
  ];
  await writeFile(configFile, `${lines.join("\n")}\n`);
});

after(() => rm(folder, { recursive: true, force: true }));

test("ssh_config gives address, port, user, keys and known_hosts files", async () => {
  const target = await resolveTarget({ name: "cm01", address: "cm01" }, { configFile });
  assert.deepEqual(
    { ...target, via: undefined },
    {
      name: "cm01",
      address: "10.0.0.11",
      port: 2222,
      user: "work",
      identityFiles: [`${homedir()}/.ssh/id_10.0.0.11_work`],
      identitiesOnly: true,
      agent: undefined,
      knownName: "[10.0.0.11]:2222",
      knownHostsFiles: ["/a", "/b"],
      hostKeys: [],
      via: undefined,
    },
  );
});

test("a chain of jumps is resolved from its end, each hop by ssh_config too", async () => {
  const target = await resolveTarget({ name: "cm01", address: "cm01" }, { configFile });
  const { via } = target;
  assert.deepEqual([via?.address, via?.port], ["inner", 22]);
  assert.deepEqual([via?.via?.address, via?.via?.port, via?.via?.user], ["gate", 2200, "admin"]);
  assert.equal(via?.via?.via, undefined);
});

test("the inventory wins over ssh_config", async () => {
  const target = await resolveTarget(
    {
      name: "cm01",
      address: "cm01",
      user: "root",
      port: 22,
      identityFile: "/key",
      knownHosts: "/known",
      jump: "none",
    },
    { configFile },
  );
  assert.deepEqual(
    [target.user, target.port, target.identityFiles, target.knownHostsFiles, target.via],
    ["root", 22, ["/key"], ["/known"], undefined],
  );
  assert.equal(target.knownName, "10.0.0.11");
});

test("a HostKeyAlias is the name in known_hosts", async () => {
  const wish = { name: "x", address: "alias", port: 2222 };
  assert.equal((await resolveTarget(wish, { configFile })).knownName, "the-name");
});

test("a ProxyCommand is refused by name rather than passed by", async () => {
  const wish = { name: "x", address: "odd" };
  await assert.rejects(
    resolveTarget(wish, { configFile }),
    /ProxyCommand 'nc %h %p', expected ProxyJump/,
  );
  assert.equal((await resolveTarget({ ...wish, jump: "none" }, { configFile })).via, undefined);
});

test("an address that ssh would take for an option is refused", async () => {
  for (const address of ["-oProxyCommand=x", "a b", ""]) {
    await assert.rejects(resolveTarget({ name: "x", address }, { configFile }), MfsctlError);
  }
});

test("hops are read as OpenSSH writes them", () => {
  const rows = [
    ["gate", undefined, "gate", undefined],
    ["me@gate:2200", "me", "gate", 2200],
    ["ssh://me@gate:2200", "me", "gate", 2200],
    ["[::1]:2200", undefined, "::1", 2200],
    ["me@fe80::1", "me", "fe80::1", undefined],
  ] as const;
  for (const [hop, user, address, port] of rows) {
    const { name, ...rest } = parseHop(hop);
    assert.deepEqual([name, rest.user, rest.address, rest.port], [hop, user, address, port]);
  }
  for (const hop of ["", "me@", ":22"]) assert.throws(() => parseHop(hop), MfsctlError);
});
