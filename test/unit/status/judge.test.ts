// When a cluster counts as healthy, and what is said where it is not. Unknown is never healthy.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { MfsctlError } from "../../../src/errors.ts";
import type { MountLook } from "../../../src/facts/mounts.ts";
import type { HostFacts } from "../../../src/facts/host-facts.ts";
import type { World } from "../../../src/facts/world.ts";
import { observe } from "../../../src/runner/plan.ts";
import { judgeStatus } from "../../../src/status/judge.ts";
import type { StatusReport } from "../../../src/status/report.ts";
import { size, statusText } from "../../../src/status/text.ts";
import type { StatusView } from "../../../src/status/view.ts";
import type { ClusterState } from "../../../src/wire/cluster-state.ts";
import type { Disk } from "../../../src/wire/disks.ts";
import { bareCluster, FakeControl, inventoryOf, smallText } from "../../support/fake-hosts.ts";

const inventory = inventoryOf(smallText);
let well: StatusView;

function disk(path: string, changes: Partial<Disk> = {}): Disk {
  return {
    path: `${path}/`,
    markedForRemoval: false,
    damaged: false,
    invalid: false,
    scanPercent: undefined,
    chunks: 1,
    usedBytes: 1,
    totalBytes: 100,
    lastError: undefined,
    ...changes,
  };
}

before(async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  await control.deploy();
  const world = await observe(control.context);
  const last = Number(world.cluster?.info.metaVersion ?? 0n) - 1;
  well = {
    world: withImages(world),
    looks: new Map([["cm01", new Map([["/home/work/share", { state: "live", users: [] }]])]]),
    lastChanges: new Map([
      ["meta02", last],
      ["meta03", last],
    ]),
    disks: new Map([
      ["cm01", [disk("/mnt/a"), disk("/data/mfs")]],
      ["cm02", [disk("/mnt/a")]],
    ]),
  };
});

/** Images of simulated masters are short; a real one is longer than its header. */
function withImages(world: World): World {
  const image = { name: "metadata_ml.mfs.back", size: 3000, mtimeMs: 0 };
  const facts = new Map(world.facts);
  for (const name of ["meta02", "meta03"]) {
    const found = facts.get(name);
    if (found !== undefined) facts.set(name, { ...found, dataFiles: [image], heads: new Map() });
  }
  return { ...world, facts };
}

function withWorld(changes: Partial<World>): StatusView {
  return { ...well, world: { ...well.world, ...changes } };
}

function withFacts(name: string, change: (facts: HostFacts) => HostFacts): StatusView {
  const found = well.world.facts.get(name);
  assert.ok(found !== undefined);
  return withWorld({ facts: new Map([...well.world.facts, [name, change(found)]]) });
}

function withCluster(change: (cluster: ClusterState) => ClusterState): StatusView {
  assert.ok(well.world.cluster !== undefined);
  return withWorld({ cluster: change(well.world.cluster) });
}

function withLook(look: MountLook): StatusView {
  return { ...well, looks: new Map([["cm01", new Map([["/home/work/share", look]])]]) };
}

/** The findings that make the cluster unhealthy; there must be some. */
function sick(view: StatusView): readonly string[] {
  const report = judgeStatus(view);
  assert.equal(report.healthy, false);
  return report.findings
    .filter(({ weight }) => weight !== "note")
    .map(({ weight, host, message }) => `${weight} ${host ?? "-"} ${message}`);
}

function notes(report: StatusReport): readonly string[] {
  return report.findings.filter(({ weight }) => weight === "note").map(({ message }) => message);
}

test("a deployed cluster is healthy and says so in the last line", () => {
  const report = judgeStatus(well);
  assert.deepEqual(report.findings, []);
  assert.equal(report.healthy, true);
  const text = statusText(report);
  assert.match(text.split("\n").at(-1) ?? "", /^Healthy: all 5 hosts of lab serve/);
  assert.match(text, /meta02 {2}connected {2}up to date {2}has an image/);
});

test("a host that cannot be reached is unknown, and unknown is not healthy", () => {
  const facts = new Map(well.world.facts);
  facts.delete("cm02");
  const lost = new MfsctlError("unreachable", "Cannot reach 'cm02': no answer", { host: "cm02" });
  const view = withWorld({ facts, unreachable: new Map([["cm02", lost]]) });
  assert.deepEqual(sick(view), ["unknown cm02 Cannot reach 'cm02': no answer"]);
  const report = judgeStatus(view);
  assert.equal(report.hosts.find(({ name }) => name === "cm02")?.services[0]?.state, "unknown");
});

test("a master that does not answer leaves everything that only it knows unknown", () => {
  const report = judgeStatus(withWorld({ cluster: undefined }));
  assert.equal(report.healthy, false);
  assert.equal(report.chunks, null);
  assert.deepEqual(
    report.metaloggers.map(({ connected, lag }) => [connected, lag]),
    [
      [null, null],
      [null, null],
    ],
  );
  assert.match(statusText(report), /Chunks: unknown/);
});

test("a stopped chunkserver is found by its unit and by the master", () => {
  const stopped = withFacts("cm02", (facts) => {
    const unit = facts.units.get("mfs-chunkserver.service");
    assert.ok(unit !== undefined);
    const units = new Map([
      ...facts.units,
      ["mfs-chunkserver.service", { ...unit, active: "failed" }],
    ]);
    return { ...facts, units };
  });
  assert.deepEqual(sick(stopped), ["problem cm02 mfs-chunkserver.service is failed"]);
  const gone = withCluster((cluster) => ({
    ...cluster,
    chunkservers: cluster.chunkservers.filter(({ ip }) => ip !== "10.0.0.12"),
  }));
  assert.deepEqual(sick(gone), ["problem cm02 The chunkserver is not connected to the master"]);
});

test("chunks that are missing, endangered or below their goal are problems, inexact counts unknown", () => {
  const counted = (changes: object) =>
    withCluster((cluster) => ({
      ...cluster,
      chunks: { ...cluster.chunks, all: { ...cluster.chunks.all, ...changes } },
    }));
  assert.deepEqual(sick(counted({ missing: 3 })), [
    "problem - 3 chunks without any copy: files cannot be read",
  ]);
  assert.equal(sick(counted({ endangered: 1, undergoal: 2 })).length, 2);
  const inexact = withCluster((cluster) => ({
    ...cluster,
    chunks: { ...cluster.chunks, matrixExact: false },
  }));
  assert.match(sick(inexact)[0] ?? "", /^unknown - The counts of chunks are not exact/);
});

test("a metalogger's lag is counted in changes, and one that cannot be read is unknown", () => {
  const last = Number(well.world.cluster?.info.metaVersion ?? 0n) - 1;
  const behind = (changes: number): StatusView => ({
    ...well,
    lastChanges: new Map([...well.lastChanges, ["meta02", last - changes]]),
  });
  const little = judgeStatus(behind(7));
  assert.equal(little.metaloggers[0]?.lag, 7);
  assert.equal(little.healthy, true);
  assert.deepEqual(sick(behind(20_000)), ["problem meta02 The metalogger is 20000 changes behind"]);
  const unread = { ...well, lastChanges: new Map([["meta03", last]]) };
  assert.deepEqual(sick(unread), ["unknown meta02 How far the metalogger has come cannot be read"]);
});

test("a metalogger that never downloaded an image is no candidate, and that is a problem", () => {
  const view = withFacts("meta03", (facts) => ({ ...facts, dataFiles: [] }));
  assert.match(sick(view)[0] ?? "", /holds no complete image/);
});

test("dead and silent mounts, and mounts without a session, are problems", () => {
  assert.match(sick(withLook({ state: "dead", users: [] }))[0] ?? "", /is dead/);
  assert.match(sick(withLook({ state: "silent", users: [] }))[0] ?? "", /does not answer/);
  const noSession = withCluster((cluster) => ({ ...cluster, sessions: [] }));
  assert.match(sick(noSession)[0] ?? "", /has no session with the master/);
});

test("damaged, unusable, absent and unread disks are told apart", () => {
  const disks = (changes: Partial<Disk>): StatusView => ({
    ...well,
    disks: new Map([...well.disks, ["cm02", [disk("/mnt/a", changes)]]]),
  });
  assert.match(sick(disks({ damaged: true }))[0] ?? "", /^problem cm02 \/mnt\/a is damaged/);
  assert.match(sick(disks({ invalid: true }))[0] ?? "", /^problem cm02 \/mnt\/a cannot be used/);
  assert.match(sick(disks({ scanPercent: 40 }))[0] ?? "", /^unknown cm02 .*scanned \(40 %\)/);
  assert.match(
    sick({ ...well, disks: new Map([...well.disks, ["cm02", []]]) })[0] ?? "",
    /does not use it/,
  );
  const unread = new Map(well.disks);
  unread.delete("cm02");
  assert.match(
    sick({ ...well, disks: unread })[0] ?? "",
    /^unknown cm02 \/mnt\/a: the chunkserver/,
  );
  const marked = judgeStatus(disks({ markedForRemoval: true }));
  assert.equal(marked.healthy, true);
  assert.deepEqual(notes(marked), ["/mnt/a is marked for removal"]);
});

test("a master other than the inventory's is a note, a second running master a problem", () => {
  const moved = judgeStatus(
    withWorld({ mastership: { host: "meta02", token: 7, recorded: true } }),
  );
  assert.ok(notes(moved).some((note) => /The master is "meta02" since token 7/.test(note)));
  assert.ok(moved.findings.some(({ message }) => /A second master runs on "meta01"/.test(message)));
});

test("sizes are read in binary units", () => {
  assert.deepEqual([0, 1023, 1536, 1_073_741_824, 549_755_813_888].map(size), [
    "0 B",
    "1023 B",
    "1.5 KiB",
    "1.0 GiB",
    "512 GiB",
  ]);
});
