// Start, stop, restart and reload on simulated hosts: what is done, in which order, and what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { MountLooks } from "../../../../src/facts/mounts.ts";
import type { FakeCluster } from "../../../../src/host/fake/cluster.ts";
import type { Role } from "../../../../src/inventory/schema.ts";
import type { Selection } from "../../../../src/phases/services/selection.ts";
import {
  reloadServices,
  restartServices,
  startServices,
  stopServices,
} from "../../../../src/runbooks/services.ts";
import type { Runbook } from "../../../../src/runner/phase.ts";
import { checkGatesAhead, observe, planAll } from "../../../../src/runner/plan.ts";
import { runRunbook } from "../../../../src/runner/run.ts";
import {
  bareCluster,
  FakeControl,
  intentOf,
  inventoryOf,
  smallText,
} from "../../../support/fake-hosts.ts";

const inventory = inventoryOf(smallText);
const everything: Selection = { hosts: new Set(Object.keys(inventory.hosts)), roles: undefined };
const targets = [{ host: "cm01", path: "/home/work/share" }];
const idle: MountLooks = new Map([
  ["cm01", new Map([["/home/work/share", { state: "live", users: [] }]])],
]);
const mounts = { targets, looks: idle };

function only(role: Role): Selection {
  return { ...everything, roles: new Set([role]) };
}

async function deployed(): Promise<{ cluster: FakeCluster; control: FakeControl }> {
  const cluster = bareCluster(inventory);
  await new FakeControl(cluster, inventory).deploy();
  return { cluster, control: new FakeControl(cluster, inventory) };
}

async function carryOut(control: FakeControl, runbook: Runbook): Promise<readonly string[]> {
  control.hosts.calls.length = 0;
  await runRunbook({ runbook, intent: intentOf(inventory, runbook.name) }, control.context);
  return control.hosts.calls.map(({ host, argv }) => `${host} ${argv.join(" ")}`);
}

function order(calls: readonly string[], words: readonly string[]): readonly number[] {
  return words.map((word) => calls.findIndex((call) => call.includes(word)));
}

function active(cluster: FakeCluster, host: string, unit: string): string {
  return cluster.system(host).systemd.show(unit).active;
}

async function planned(control: FakeControl, runbook: Runbook): Promise<readonly string[]> {
  const world = await observe(control.context);
  checkGatesAhead(runbook.phases, world);
  return planAll(runbook, world).map(({ host, title }) => `${host}: ${title}`);
}

test("stop takes mounts away first and the master last, and start goes the other way", async () => {
  const { cluster, control } = await deployed();
  const stops = await carryOut(control, stopServices(everything, mounts));
  const places = order(stops, [
    "umount /home/work/share",
    "stop mfs-cgiserv",
    "stop mfs-chunkserver",
    "stop mfs-metalogger",
    "stop mfs-master",
  ]);
  assert.deepEqual(
    places,
    places.toSorted((left, right) => left - right),
  );
  assert.ok(!places.includes(-1), stops.join("\n"));
  assert.equal(active(cluster, "meta01", "mfs-master.service"), "inactive");
  const starts = await carryOut(control, startServices(everything, mounts, {}));
  const back = order(starts, [
    "start mfs-master",
    "start mfs-metalogger",
    "start mfs-chunkserver",
    "start mfs-cgiserv",
    "start mfs-mount-home-work-share",
  ]);
  assert.deepEqual(
    back,
    back.toSorted((left, right) => left - right),
  );
  assert.ok(!back.includes(-1), starts.join("\n"));
  assert.equal(active(cluster, "cm01", "mfs-mount-home-work-share.service"), "active");
});

test("start leaves alone what runs, and says so by an empty plan", async () => {
  const { control } = await deployed();
  assert.deepEqual(await planned(control, startServices(everything, mounts, {})), []);
});

test("a selection by role and host touches nothing else", async () => {
  const { control } = await deployed();
  const selection = { hosts: new Set(["cm01", "meta02"]), roles: new Set<Role>(["chunkserver"]) };
  const steps = await planned(control, stopServices(selection, { targets: [], looks: idle }));
  assert.deepEqual(steps, ["cm01: Stop mfs-chunkserver.service"]);
});

test("stop refuses a busy mount and names who uses it", async () => {
  const { control } = await deployed();
  const user = { pid: 4711, user: "work", how: "cwd", command: "tar xf big.tar" };
  const looks: MountLooks = new Map([
    ["cm01", new Map([["/home/work/share", { state: "live", users: [user] }]])],
  ]);
  await assert.rejects(planned(control, stopServices(everything, { targets, looks })), {
    code: "refused",
    message: /used by pid 4711 of work: tar xf big.tar \(cwd\), expected nobody/,
    hint: /client umount cm01:\/home\/work\/share --lazy/,
  });
});

test("--alone writes the reason before the master starts, and only where it does not run", async () => {
  const { cluster, control } = await deployed();
  const alone = { aloneBecause: "the others burnt down" };
  const selection = only("master");
  const none = { targets: [], looks: idle };
  assert.deepEqual(await planned(control, startServices(selection, none, alone)), []);
  cluster.system("meta01").systemd.stop("mfs-master.service");
  const steps = await planned(control, startServices(selection, none, alone));
  const write = steps.indexOf("meta01: Order the start without the other metadata hosts");
  assert.ok(write > 0 && write < steps.indexOf("meta01: Start mfs-master.service"));
});

test("restart takes chunkservers one at a time and waits for their chunks", async () => {
  const { control } = await deployed();
  const runbook = restartServices(only("chunkserver"), { targets: [], looks: idle }, {});
  const phase = runbook.phases.find(({ title }) => title.includes("chunkservers"));
  assert.equal(phase?.batch, 1);
  const steps = await planned(control, runbook);
  assert.equal(steps.filter((step) => step.endsWith("Wait until its chunks are back")).length, 2);
});

test("a resumed restart leaves alone what was restarted since", async () => {
  const { cluster, control } = await deployed();
  const none = { targets: [], looks: idle };
  const runbook = (sinceMs: number) => restartServices(only("chunkserver"), none, { sinceMs });
  cluster.sleep(60_000);
  const sinceMs = cluster.nowMs;
  cluster.sleep(60_000);
  cluster.system("cm01").systemd.restart("mfs-chunkserver.service");
  const steps = await planned(control, runbook(sinceMs));
  assert.ok(steps.some((step) => step === "cm02: Restart mfs-chunkserver.service"));
  assert.ok(!steps.some((step) => step.startsWith("cm01:")));
});

test("reload uses the daemon's own reload, and a restart names the key that needs it", async () => {
  const { cluster, control } = await deployed();
  const before = await planned(control, reloadServices(only("chunkserver"), {}));
  assert.ok(before.includes("cm01: Reload mfs-chunkserver.service"));
  const file = "/home/work/local/mfs/etc/mfs/mfschunkserver.cfg";
  const { files } = cluster.machine("cm01");
  files.write(file, `${files.read(file) ?? ""}LIMIT_GLIBC_MALLOC_ARENAS = 2\n`);
  const after = await planned(control, reloadServices(only("chunkserver"), {}));
  assert.ok(
    after.includes(
      "cm01: Restart mfs-chunkserver.service (LIMIT_GLIBC_MALLOC_ARENAS: read only at the start)",
    ),
    after.join("\n"),
  );
  assert.ok(after.includes("cm02: Reload mfs-chunkserver.service"));
});

test("reload refuses a file with a wrong line before any daemon is told", async () => {
  const { cluster, control } = await deployed();
  const file = "/home/work/local/mfs/etc/mfs/mfsexports.cfg";
  cluster.machine("meta01").files.write(file, "*  /  rw,nonsense\n");
  await assert.rejects(planned(control, reloadServices(everything, {})), {
    code: "refused",
    host: "meta01",
    hint: /deploy --overwrite/,
  });
});

test("services that were never deployed are refused with the command that installs them", async () => {
  const control = new FakeControl(bareCluster(inventory), inventory);
  await assert.rejects(planned(control, startServices(everything, mounts, {})), {
    code: "refused",
    hint: "mfsctl deploy",
  });
});
