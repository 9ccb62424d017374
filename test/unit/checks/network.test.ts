// Ports, the master's name and the ways between hosts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { neededBy } from "../../../src/checks/endpoints.ts";
import { foreignEntries } from "../../../src/checks/network.ts";
import {
  judgeReach,
  reachFindings,
  type Answers,
  type Reached,
} from "../../../src/checks/reach.ts";
import type { World } from "../../../src/facts/world.ts";
import { MfsctlError } from "../../../src/errors.ts";
import type { Command, Host, Hosts, Output } from "../../../src/host/host.ts";
import { clusterText, listener, pathFact, unitFact, world } from "../../support/facts.ts";
import { hints, troubles } from "./judge.ts";

test("a stranger on a port of the master fails and is named", () => {
  const before = world({ facts: { meta01: { listeners: [listener(9420)] } } });
  assert.deepEqual(troubles(before, "ports"), [
    'meta01 fail Cannot listen on port 9420 of "meta01" for mfs-master.service: "nginx" (process 4711) holds it, expected it free',
  ]);
});

test("a stranger on a port that only a failover needs warns", () => {
  const before = world({ facts: { meta02: { listeners: [listener(9421)] } } });
  assert.match(troubles(before, "ports").join(), /^meta02 warn .* once "meta02" is master/);
});

test("our own daemon on its port is fine, also when a child of it shares the socket", () => {
  const units = new Map([["mfs-chunkserver.service", unitFact({ active: "active", pid: 100 })]]);
  for (const pids of [[100], [101, 100]]) {
    const listeners = [listener(9422, { process: "mfschunkserver", pid: pids[0], pids })];
    assert.deepEqual(troubles(world({ facts: { cm01: { units, listeners } } }), "ports"), []);
  }
});

test("a MooseFS process outside of its unit fails, and the hint ends it", () => {
  const listeners = [listener(9422, { process: "mfschunkserver", pid: 77 })];
  const stale = world({ facts: { cm01: { listeners } } });
  assert.deepEqual(troubles(stale, "ports"), [
    'cm01 fail Cannot listen on port 9422 of "cm01" for mfs-chunkserver.service: "mfschunkserver" (process 77), which no unit of mfsctl runs, holds it, expected it free',
  ]);
  assert.deepEqual(hints(stale, "ports"), [
    "ssh root@10.0.0.11 'kill 77' ends it; ssh root@10.0.0.11 'systemctl status --no-pager 77' shows what it is",
  ]);
  const units = new Map([["moosefs-chunkserver.service", unitFact({ active: "active", pid: 77 })]]);
  assert.match(
    hints(world({ facts: { cm01: { listeners, units } } }), "ports").join(),
    /^ssh root@10\.0\.0\.11 'systemctl stop moosefs-chunkserver\.service' ends it/,
  );
});

test("a MooseFS process beside a unit that runs, or left by it, fails with all who share its socket", () => {
  const listeners = [listener(9422, { process: "mfschunkserver", pid: 77, pids: [77, 78] })];
  for (const unit of [
    unitFact({ active: "active", pid: 100 }),
    unitFact({ active: "failed" }),
    unitFact({ active: "activating" }),
  ]) {
    const units = new Map([["mfs-chunkserver.service", unit]]);
    const before = world({ facts: { cm01: { listeners, units } } });
    assert.match(troubles(before, "ports").join(), /^cm01 fail/);
    assert.match(hints(before, "ports").join(), /'kill 77 78' ends it/);
  }
});

test("a second master fails also on a host where none should start", () => {
  const listeners = [listener(9421, { process: "mfsmaster", pid: 77 })];
  assert.match(
    troubles(world({ facts: { meta02: { listeners } } }), "ports").join(),
    /^meta02 fail .*port 9421/,
  );
});

test("a socket of systemd is looked up in its list, a process without a name by its port", () => {
  const listeners = [listener(9420, { process: "systemd", pid: 1 })];
  assert.match(
    hints(world({ facts: { meta01: { listeners } } }), "ports").join(),
    /'systemctl list-sockets --all --no-pager' shows what it is/,
  );
  const nameless = [listener(9420, { process: undefined, pid: undefined, pids: [] })];
  assert.match(
    hints(world({ facts: { meta01: { listeners: nameless } } }), "ports").join(),
    /'ss -ltnp sport = :9420' shows/,
  );
});

test("systemd holds the witness port only while its socket unit is active", () => {
  const listeners = [listener(9428, { process: "systemd", pid: 1, address: "*" })];
  const units = new Map([["mfs-witness.socket", unitFact({ active: "active" })]]);
  assert.deepEqual(troubles(world({ facts: { meta01: { listeners, units } } }), "ports"), []);
  assert.match(troubles(world({ facts: { meta01: { listeners } } }), "ports").join(), /9428/);
});

test("ports follow the settings, and another address is no clash", () => {
  const text = clusterText.replace(
    "hosts:\n",
    "settings: { mfsmaster: { MATOCL_LISTEN_PORT: 9500, MATOCL_LISTEN_HOST: 10.0.0.1 } }\nhosts:\n",
  );
  const on = (address: string, port: number) =>
    troubles(
      world({ text, facts: { meta01: { listeners: [listener(port, { address })] } } }),
      "ports",
    );
  assert.match(on("0.0.0.0", 9500).join(), /port 9500/);
  assert.match(on("10.0.0.1", 9500).join(), /port 9500/);
  assert.deepEqual(on("127.0.0.1", 9500), []);
  assert.deepEqual(on("[::1]", 9500), []);
  assert.deepEqual(on("0.0.0.0", 9421), []);
});

test("each host needs the ports of its roles, also those of a later master", () => {
  const needs = (host: string) => neededBy(world(), host).map((end) => `${end.host}:${end.port}`);
  assert.deepEqual(needs("cm01"), [
    "meta01:9420",
    "meta01:9421",
    "meta01:9425",
    "meta02:9420",
    "meta02:9421",
  ]);
  assert.deepEqual(needs("meta02"), ["meta01:9419", "meta01:9421", "meta01:9428"]);
  assert.deepEqual(needs("meta01"), ["meta02:9419", "meta02:9421", "meta02:9428", "cm01:9422"]);
});

/** All ports answer alike, but for some `host address:port`. */
function answers(
  before: World,
  usual: Reached,
  special: Readonly<Record<string, Reached>> = {},
): Answers {
  return new Map(
    [...before.facts.keys()].map((host) => [
      host,
      new Map(
        neededBy(before, host).map((end): [string, Reached] => {
          const at = `${before.inventory.hosts[end.host]?.address}:${end.port}`;
          return [at, special[`${host} ${at}`] ?? usual];
        }),
      ),
    ]),
  );
}

function blocked(before: World, seen: Answers): readonly string[] {
  return judgeReach(before, seen)
    .filter(({ level }) => level !== "ok")
    .map(({ host, level, message }) => `${host} ${level} ${message}`);
}

test("refusals are fine while nothing listens, and so are open ports", () => {
  assert.deepEqual(blocked(world(), answers(world(), "closed")), []);
  assert.deepEqual(blocked(world(), answers(world(), "open")), []);
});

test("silence is a firewall, told with both ends, all that suffer in one line", () => {
  const before = world();
  const special = { "cm01 10.0.0.1:9421": "silent", "meta02 10.0.0.1:9421": "silent" } as const;
  assert.deepEqual(blocked(before, answers(before, "closed", special)), [
    'meta01 fail Cannot reach port 9421 of "meta01" (10.0.0.1) from "meta02", "cm01": no answer within 2 s, expected the port open between them',
  ]);
});

test("a way that is rejected is no closed port", () => {
  const before = world();
  const seen = answers(before, "closed", { "cm01 10.0.0.2:9420": "blocked" });
  assert.match(blocked(before, seen).join(), /^meta02 fail .*there is no way to it/);
});

test("a refusal where a daemon listens for all is a firewall", () => {
  const before = world({
    facts: { meta01: { listeners: [listener(9420, { process: "mfsmaster" })] } },
  });
  assert.match(
    blocked(before, answers(before, "closed")).join(),
    /^meta01 fail .*although a daemon listens/,
  );
});

test("the monitor's page is missed by nobody but people", () => {
  const before = world();
  const seen = answers(before, "closed", { "cm01 10.0.0.1:9425": "silent" });
  assert.match(blocked(before, seen).join(), /^meta01 warn .*9425/);
});

test("a host that could not probe fails, and one that is down is no target", () => {
  const before = world();
  const seen = new Map(answers(before, "closed"));
  seen.delete("cm01");
  assert.match(blocked(before, seen).join(), /^cm01 fail Cannot probe/);
  const gone = world({
    unreachable: new Map([["meta01", new MfsctlError("unreachable", "gone")]]),
  });
  assert.deepEqual(blocked(gone, answers(gone, "closed")), []);
});

/** A host whose ports all look alike, and which notes what it was asked. */
function probingHosts(reached: Reached, asked: string[][]): Hosts {
  const batch = async (commands: readonly Command[]): Promise<readonly Output[]> =>
    commands.map(({ argv }) => {
      const targets = argv.slice(4);
      asked.push(targets);
      const lines = targets.map((target) => `${target} ${reached}\n`).join("");
      return { code: 0, stdout: Buffer.from(lines), stderr: Buffer.alloc(0) };
    });
  return { host: async (name) => ({ name, batch }) as unknown as Host, close: async () => {} };
}

test("probing asks each host once for all its targets and judges the answers", async () => {
  const asked: string[][] = [];
  const found = await reachFindings(probingHosts("silent", asked), world());
  assert.equal(asked.length, 3);
  assert.deepEqual(asked[1], ["10.0.0.1:9419", "10.0.0.1:9421", "10.0.0.1:9428"]);
  assert.equal(found.filter(({ level }) => level === "fail").length, 9);
  assert.ok(found.every(({ check }) => check === "reach"));
});

test("lines of other blocks and by hand name the master, those of this cluster's block do not", () => {
  const content = `127.0.0.1 localhost
10.0.0.9 other MfsMaster # by hand
::1 mfsmaster
# 10.0.0.8 mfsmaster
# mfsctl begin lab
10.0.0.1 mfsmaster
# mfsctl end lab
# mfsctl begin twin
10.0.0.7 mfsmaster
# mfsctl end twin
`;
  assert.deepEqual(foreignEntries(content, "mfsmaster", "lab"), ["10.0.0.9", "10.0.0.7"]);
});

test("another entry for the master's name fails, the same one by hand warns", () => {
  const withHosts = (content: string) =>
    world({ facts: { cm01: { paths: new Map([["/etc/hosts", pathFact("file", { content })]]) } } });
  const loop = withHosts("127.0.1.1 cm01 mfsmaster\n");
  assert.match(troubles(loop, "master-name").join(), /^cm01 fail .*"127\.0\.1\.1" for it/);
  const same = withHosts("10.0.0.1 mfsmaster\n");
  assert.match(troubles(same, "master-name").join(), /^cm01 warn/);
});

test("with a moving address nothing else in /etc/hosts may name the master", () => {
  const text = clusterText.replace(
    "hosts:\n",
    "failover: { via: vip, vip: { address: 10.0.0.100/24, interface: eth0 } }\nhosts:\n",
  );
  const hosts = (content: string) => ({
    paths: new Map([["/etc/hosts", pathFact("file", { content })]]),
  });
  const facts = {
    meta01: hosts("10.0.0.100 mfsmaster\n"),
    meta02: hosts("127.0.0.1 localhost\n"),
    cm01: hosts("10.0.0.1 mfsmaster\n"),
  };
  const [first, second, ...rest] = troubles(world({ text, facts }), "master-name");
  assert.match(first ?? "", /^meta01 warn .*by hand/);
  assert.match(second ?? "", /^cm01 fail .*"10\.0\.0\.1" for it, expected "10\.0\.0\.100"/);
  assert.deepEqual(rest, []);
});

test("with rewritten configuration nobody asks for the name", () => {
  const text = clusterText.replace("hosts:\n", "failover: { via: config }\nhosts:\n");
  assert.deepEqual(troubles(world({ text }), "master-name"), []);
});
