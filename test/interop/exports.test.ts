// mfsexports.cfg on a stock master and on ours: both list the same records and have the same checksum, so that a
// session made under one goes on under the other, and both let the same clients in.
// Spec: config-and-cli.md 8 and 16.7, wire-admin.md 3.1.1 and 3.11, wire-client-master-1.md 3.7.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { limits } from "../../daemons/protocol/limits.ts";
import { packet } from "../../daemons/protocol/packet.ts";
import { ExportsInfo } from "../../daemons/protocol/packets/admin-settings.ts";
import { Info, InfoAnswer } from "../../daemons/protocol/packets/admin.ts";
import { Register, RegisterAnswer } from "../../daemons/protocol/packets/client-register.ts";
import { rest } from "../../daemons/protocol/wire.ts";
import { Cluster } from "./cluster.ts";
import type { Player } from "./cluster.ts";
import { ourMaster } from "./support/our-master.ts";
import { bytesOf, newSession } from "./support/wire-session.ts";
import { until } from "./until.ts";

const limitMs = 120_000;
const modes = [0, 1, 2, 3] as const;
const ok = 0;
const accessRefused = 4;
const passwordNeeded = 36;
/** 3.0.117 and neighbours of 3.0.120 as clients send them: the last number doubled. */
const versions = [0x03_00_ea, 0x03_00_ee, 0x03_00_ef, 0x03_00_f0, 0x03_01_00];
const stockVersion = 0x03_00_ea;

const ExportsBytes = packet(
  "MATOCL_EXPORTS_INFO",
  521,
  { bytes: rest },
  { maxBody: limits.exportsBytes },
);

/** Files of exports, by what is special about them. */
const files: Readonly<Record<string, readonly string[]>> = {
  "no DEFAULTS": ["* / rw,alldirs,admin,maproot=0:0", "* . rw"],
  "DEFAULTS first": ["DEFAULTS rw,alldirs", "* /a ro", "* ."],
  "DEFAULTS in the middle": ["* /a rw", "defaults rw,umask=0022", "* /b", "* . "],
  "DEFAULTS last": ["* /a rw", "DEFAULTS rw"],
  "several DEFAULTS": [
    "DEFAULTS rw",
    "* /a",
    "Defaults mingoal=2,maxgoal=4",
    "* /b",
    "DEFAULTS ro,admin,dynamicip,ignoregid",
    "* /c",
  ],
  "one DEFAULTS twice": ["DEFAULTS rw", "DEFAULTS rw", "* /a"],
  "blanks and nothing": ["  DEFAULTS\t rw , admin ,alldirs  ", "DEFAULTS ,", "* /a", "* /b ,"],
  maproot: ["DEFAULTS maproot=5:6", "* /a rw", "* /b rw,maproot=0", "* . rw"],
  "maproot by name": ["DEFAULTS maproot=daemon", "* /a rw"],
  mapall: ["DEFAULTS mapall=12:13", "* /b maproot=0:0", "* /c mapall=20:21", "* . rw"],
  "mapall, then maproot": ["DEFAULTS mapall=12:13", "DEFAULTS maproot=7:8", "* /a rw"],
  "maproot, then mapall": ["DEFAULTS maproot=7:8", "DEFAULTS mapall=12:13", "* /a rw"],
  password: ["DEFAULTS password=secret", "* /a rw", "* /b password=other", "* . rw"],
  "empty password": ["DEFAULTS password=", "* /a"],
  md5pass: ["DEFAULTS md5pass=0123456789abcdef0123456789ABCDEF", "* /a rw"],
  minversion: ["DEFAULTS minversion=3.0.10", "* /a rw", "* /b minversion=2.1"],
  disable: ["DEFAULTS disable=unlink:rmdir", "* /a disable=chown", "DEFAULTS disable=read", "* ."],
  "trash times": ["DEFAULTS mintrashtime=1h,maxtrashtime=2w", "* /a rw", "* . rw"],
  "options that a meta line ignores": [
    "DEFAULTS maproot=5:6,mapall=7:8,admin,alldirs,ignoregid,disable=read",
    "* . rw",
  ],
  everything: [
    "DEFAULTS rw,alldirs,ignoregid,dynamicip,admin,maproot=1:2,mapall=3:4,disable=chown,password=x," +
      "minversion=3.0,mingoal=2,maxgoal=3,mintrashtime=60,maxtrashtime=120,umask=0027",
    "* /a",
    "* .",
  ],
  "unknown options": ["DEFAULTS rw,bogus", "* /a", "DEFAULTS / ro", "DEFAULTS .", "* /b"],
  "a comment behind": ["DEFAULTS rw # note", "* /a", "DEFAULTS password=x # note", "* /b"],
  "a wrong value": ["DEFAULTS admin,mingoal=12,rw", "* /a", "* /b mingoal=3"],
  "a wrong umask": ["DEFAULTS rw,umask=022", "* /a", "DEFAULTS umask=02271", "* /b"],
  "unknown operations": ["DEFAULTS disable=CHOWN:read:", "* /a", "* /b disable=chmod::mkdir"],
  "goals that cross": ["DEFAULTS mingoal=5", "* /a maxgoal=3", "DEFAULTS maxgoal=4", "* /b"],
  "no such user": ["DEFAULTS rw,maproot=nosuchuser", "* /a", "* /b mapall=nosuchuser"],
  "no such user id": ["DEFAULTS maproot=77777", "* /a maproot=77777:1"],
  "no such group": ["DEFAULTS rw", "DEFAULTS maproot=0:nosuchgroup,ro", "* /a"],
  "nothing behind, other words": ["DEFAULTS", "DEFAULTSrw", "DEFAULTS=rw /a", "* /a"],
  addresses: ["DEFAULTS rw", "0.0.0.0 / rw", "0.0.0.0/0 / rw", "10.0.0.0/255.0.0.0 /x alldirs"],
  "odd paths": ["* rw", "* a/b/ rw", "* /a//b rw", "* /a/../b rw", "10.0.0.1 - 10.0.0.2 / rw"],
  "bytes above 127": ["DEFAULTS password=ö", "* /ä/é rw"],
};

let sides: readonly [stock: Cluster, own: Cluster] | undefined;

before(
  async () => {
    sides = [await start("stock"), await start(ourMaster)];
  },
  { timeout: limitMs },
);

after(async () => {
  for (const cluster of sides ?? []) await cluster.down();
});

async function start(master: Player, exports: readonly string[] = ["* / rw"]): Promise<Cluster> {
  return await Cluster.start({ chunkservers: 0, master, exports });
}

function bothSides(): readonly [stock: Cluster, own: Cluster] {
  assert(sides !== undefined, "both clusters are up");
  return sides;
}

async function listed(cluster: Cluster, mode: number): Promise<string> {
  const { bytes } = await cluster.ask((client) =>
    client.request(ExportsInfo, { mode }, ExportsBytes),
  );
  return Buffer.from(bytes).toString("latin1");
}

let reloads = 0;

/** Makes these the exports of both running masters. A last line, new each time, says that they are in force. */
async function reload(lines: readonly string[]): Promise<void> {
  const path = `/marker-${reloads++}.`;
  for (const cluster of bothSides()) {
    await cluster.master.write("mfsexports.cfg", `${lines.join("\n")}\n10.200.0.1 ${path} ro\n`);
    cluster.master.reload();
    await until("the exports are reloaded", async () => (await listed(cluster, 0)).includes(path));
  }
}

/** All that a monitor can see of the exports. */
async function shown(cluster: Cluster): Promise<unknown> {
  const info = await cluster.ask((client) => client.request(Info, {}, InfoAnswer));
  const lists: string[] = [];
  for (const mode of modes) lists.push(await listed(cluster, mode));
  const text = await cluster.cli("-n", "-SEX");
  const checksum = "exportsChecksum" in info ? info.exportsChecksum : undefined;
  assert(checksum !== undefined, "the master is one of 3.0.32 or later");
  return { text: text.split("\n"), lists, checksum };
}

for (const [name, lines] of Object.entries(files)) {
  test(`both masters have the same exports: ${name}`, { timeout: limitMs }, async () => {
    const [stock, own] = bothSides();
    await reload(lines);
    assert.deepEqual(await shown(own), await shown(stock));
  });
}

/** The status of a registration; OK where a session was made. */
async function register(cluster: Cluster, request: Register): Promise<number> {
  const answer = await cluster.ask((client) => client.request(Register, request, RegisterAnswer));
  return "status" in answer ? answer.status : ok;
}

function sessionFrom(version: number): Register {
  return { ...newSession("exports"), version } as Register;
}

function metaSessionFrom(version: number): Register {
  const info = bytesOf("exports");
  return { variant: "newMetaSession", version, info, rejoin: { variant: "none" } };
}

/** The status of a registration is the same on both masters: this one. */
async function expectBoth(expected: number, request: Register): Promise<void> {
  for (const cluster of bothSides()) assert.equal(await register(cluster, request), expected);
}

test("the record of a DEFAULTS line lets nobody in", { timeout: limitMs }, async () => {
  for (const options of ["rw,alldirs,admin,maproot=0", "rw,password=secret"]) {
    await reload([`DEFAULTS ${options}`]);
    await expectBoth(accessRefused, sessionFrom(stockVersion));
    await expectBoth(accessRefused, metaSessionFrom(stockVersion));
  }
  await reload(["DEFAULTS rw,password=secret", "* /"]);
  await expectBoth(passwordNeeded, sessionFrom(stockVersion));
});

test(
  "a minimum version is not doubled as clients' versions are",
  { timeout: limitMs },
  async () => {
    await reload(["DEFAULTS rw,minversion=3.0.240", "* /", "* ."]);
    for (const version of versions) {
      const expected = version >= 0x03_00_f0 ? ok : accessRefused;
      await expectBoth(expected, sessionFrom(version));
      await expectBoth(expected, metaSessionFrom(version));
    }
  },
);

test("a minimum version of 3.0.234 lets mounts of 3.0.117 in", { timeout: limitMs }, async () => {
  await reload(["* / rw,minversion=3.0.235", "* . rw,minversion=3.0.235"]);
  for (const cluster of bothSides()) await assert.rejects(cluster.mount(), /Permission denied/);
  await reload(["* / rw,minversion=3.0.234", "* . rw,minversion=3.0.234"]);
  for (const cluster of bothSides()) {
    await cluster.umount(await cluster.mount());
    await cluster.umount(await cluster.mountMeta());
  }
});

test(
  "under exports with DEFAULTS a session goes on under the other master without a new registration",
  { timeout: limitMs },
  async () => {
    const exports = ["DEFAULTS rw,alldirs,disable=mkfifo", "* / maproot=0", "* ."];
    await using cluster = await start("stock", exports);
    for (const [first, second] of [
      ["stock", ourMaster],
      [ourMaster, "stock"],
    ] as const) {
      await become(cluster, first);
      const session = await cluster.ask((client) =>
        client.request(Register, newSession("exports"), RegisterAnswer),
      );
      assert(session.variant === "session");
      await become(cluster, second);
      const { sessionId, metaId } = session;
      const back = { variant: "reconnect", sessionId, version: stockVersion, metaId } as const;
      assert.equal(await register(cluster, back), ok);
    }
  },
);

async function become(cluster: Cluster, player: Player): Promise<void> {
  await cluster.master.stop();
  cluster.playMaster(player);
  await cluster.master.start();
}
