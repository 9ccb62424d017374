// The daemons' own files from an inventory. Spec: config-and-cli.md 3 to 10.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDisks } from "../../../daemons/config/hdd.ts";
import { parseConfig } from "../../../daemons/config/parse-config.ts";
import { MfsctlError } from "../../../src/errors.ts";
import type { Inventory, InventoryHost } from "../../../src/inventory/schema.ts";
import {
  chunkserverConfig,
  exportsFile,
  hddFile,
  masterConfig,
  metaloggerConfig,
  topologyFile,
} from "../../../src/render/files.ts";

const settings = { mfsmaster: {}, mfschunkserver: {}, mfsmetalogger: {} };

const host: InventoryHost = {
  name: "cm01",
  address: "10.0.0.11",
  connection: "ssh",
  roles: ["chunkserver"],
  disks: [
    { path: "/mnt/hda", mountpoint: "any" },
    { path: "/mnt/hdb", mountpoint: "required", leave_free: "4GiB" },
    { path: "/mnt/hdc", mountpoint: "any", limit: "1.5T" },
  ],
  mounts: [],
  labels: ["A", "B"],
  ssh: {},
  settings,
};

const inventory: Inventory = {
  cluster: "prod",
  engine: "packages",
  user: "work",
  group: "staff",
  prefix: "/home/work/local/mfs",
  master_name: "mfsmaster",
  ssh: { user: "root", port: 22, host_keys: "strict" },
  limits: { nofile: 655360 },
  fuse: { from: "package" },
  exports: ["*  /  rw,alldirs,mapall=work:work"],
  topology: ["10.0.0.0/24 r1"],
  failover: { via: "hosts" },
  settings,
  hosts: { cm01: host },
};

function problemsOf(run: () => string): MfsctlError {
  let caught: unknown;
  assert.throws(run, (error) => {
    caught = error;
    return true;
  });
  assert.ok(caught instanceof MfsctlError);
  assert.equal(caught.code, "invalidInventory");
  return caught;
}

test("the master gets its account, paths and files", () => {
  const { values, problems } = parseConfig("mfsmaster", masterConfig(inventory, host));
  assert.deepEqual(problems, []);
  assert.equal(values["WORKING_USER"], "work");
  assert.equal(values["WORKING_GROUP"], "staff");
  assert.equal(values["DATA_PATH"], "/home/work/local/mfs/var/mfs");
  assert.equal(values["EXPORTS_FILENAME"], "/home/work/local/mfs/etc/mfs/mfsexports.cfg");
  assert.equal(values["TOPOLOGY_FILENAME"], "/home/work/local/mfs/etc/mfs/mfstopology.cfg");
});

test("metaloggers and chunkservers get the master's address, chunkservers their labels and disks", () => {
  const logger = parseConfig("mfsmetalogger", metaloggerConfig(inventory, host, "10.0.0.1"));
  assert.equal(logger.values["MASTER_HOST"], "10.0.0.1");
  const server = parseConfig("mfschunkserver", chunkserverConfig(inventory, host, "mfsmaster"));
  assert.deepEqual([...logger.problems, ...server.problems], []);
  assert.equal(server.values["MASTER_HOST"], "mfsmaster");
  assert.equal(server.values["LABELS"], "A,B");
  assert.equal(server.values["HDD_CONF_FILENAME"], "/home/work/local/mfs/etc/mfs/mfshdd.cfg");
  assert.doesNotMatch(chunkserverConfig(inventory, { ...host, labels: [] }, "m"), /LABELS/);
});

test("a host's settings win over the inventory's, and both over mfsctl's", () => {
  const all = { ...settings, mfsmaster: { CHUNKS_LOOP_MIN_TIME: 60, BACK_LOGS: 20 } };
  const own = { ...settings, mfsmaster: { BACK_LOGS: 10, SYSLOG_IDENT: "other", DATA_PATH: "/x" } };
  const text = masterConfig({ ...inventory, settings: all }, { ...host, settings: own });
  const { values } = parseConfig("mfsmaster", text);
  assert.deepEqual(
    ["CHUNKS_LOOP_MIN_TIME", "BACK_LOGS", "SYSLOG_IDENT", "DATA_PATH"].map((name) => values[name]),
    [60, 10, "other", "/x"],
  );
});

test("every file opens with who wrote it, and every line of it is explained", () => {
  const files = [
    masterConfig(inventory, host),
    metaloggerConfig(inventory, host, "m"),
    chunkserverConfig(inventory, host, "m"),
    exportsFile(inventory),
    topologyFile(inventory),
    hddFile(inventory, host, new Set()),
  ];
  for (const text of files) {
    assert.match(text, /^# Written by mfsctl for cluster "prod": edits are shown by "mfsctl plan"/);
    assert.ok(text.endsWith("\n") && !text.endsWith("\n\n"), text);
  }
});

test("exports and topology lines are written as they are", () => {
  assert.match(exportsFile(inventory), /^\* {2}\/ {2}rw,alldirs,mapall=work:work$/m);
  assert.match(topologyFile(inventory), /^10\.0\.0\.0\/24 r1$/m);
  assert.doesNotMatch(topologyFile({ ...inventory, topology: [] }), /^[^#]/m);
});

test("marked disks get a star, sizes are kept", () => {
  const text = hddFile(inventory, host, new Set(["/mnt/hdb", "/mnt/none"]));
  assert.match(text, /^\/mnt\/hda\n\*\/mnt\/hdb -4GiB\n\/mnt\/hdc 1\.5T\n$/m);
  assert.deepEqual(
    parseDisks(text).disks.map((disk) => disk.markedForRemoval),
    [false, true, false],
  );
});

test("a line that a daemon would misread is refused with all problems at once", () => {
  const wrong = { ...settings, mfschunkserver: { HDD_TEST_SPEDD: 1, MASTER_TIMEOUT: 5 } };
  const error = problemsOf(() =>
    chunkserverConfig({ ...inventory, settings: wrong }, host, "127.0.0.1"),
  );
  assert.equal(error.host, "cm01");
  assert.equal(error.details.length, 3);
  assert.match(error.details.join("\n"), /"HDD_TEST_SPEDD = 1": .*did you mean "HDD_TEST_SPEED"/);
  const exports = ["* / rw # all", "10.0.0.300 / rw"];
  assert.equal(problemsOf(() => exportsFile({ ...inventory, exports })).details.length, 2);
  problemsOf(() => topologyFile({ ...inventory, topology: ["10.0.0.1"] }));
  const disks = [{ path: "/mnt/a", mountpoint: "any" as const, limit: "4K" }];
  problemsOf(() => hddFile(inventory, { ...host, disks }, new Set()));
});
