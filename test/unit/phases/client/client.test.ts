// Mounts that are missing, dead, made by hand, busy or foreign: what is planned and what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { MountLook, MountLooks } from "../../../../src/facts/mounts.ts";
import type { World } from "../../../../src/facts/world.ts";
import { mountClients, umountClients } from "../../../../src/runbooks/client.ts";
import type { Runbook } from "../../../../src/runner/phase.ts";
import { checkGatesAhead, observe, planAll } from "../../../../src/runner/plan.ts";
import { bareCluster, FakeControl, inventoryOf, smallText } from "../../../support/fake-hosts.ts";

const inventory = inventoryOf(smallText);
const path = "/home/work/share";
const unit = "mfs-mount-home-work-share.service";
const targets = [{ host: "cm01", path }];
const user = { pid: 77, user: "work", how: "fd", command: "tail -f log" };

function looking(look: MountLook): MountLooks {
  return new Map([["cm01", new Map([[path, look]])]]);
}

/** A deployed cluster's world, in which the client's unit and mounts are as told. */
async function world(
  changes: { active?: string; sources?: readonly string[] } = {},
): Promise<World> {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  await control.deploy();
  const seen = await observe(control.context);
  const facts = seen.facts.get("cm01");
  assert.ok(facts !== undefined);
  const { active = "active", sources = ["mfs#mfsmaster:9421"] } = changes;
  const state = facts.units.get(unit);
  assert.ok(state !== undefined);
  const changed = {
    ...facts,
    units: new Map([...facts.units, [unit, { ...state, active }]]),
    mounts: [
      ...facts.mounts.filter((mount) => mount.path !== path),
      ...sources.map((source) => ({ source, path, type: "fuse" })),
    ],
  };
  return { ...seen, facts: new Map([...seen.facts, ["cm01", changed]]) };
}

function plan(runbook: Runbook, seen: World): readonly string[] {
  checkGatesAhead(runbook.phases, seen);
  return planAll(runbook, seen).map(({ text }) => text.replace(/^(run|wait) +/, ""));
}

test("a mount that is well needs nothing", async () => {
  const looks = looking({ state: "live", users: [user] });
  assert.deepEqual(plan(mountClients(targets, { looks }), await world()), []);
});

test("a missing mount is started and proven by the master's session", async () => {
  const seen = await world({ active: "inactive", sources: [] });
  const steps = plan(mountClients(targets, { looks: new Map() }), seen);
  assert.ok(steps.includes(`systemctl start ${unit}`));
  assert.match(steps.at(-1) ?? "", /is connected/);
});

test("a dead mount is taken away lazily, layer by layer, and mounted again", async () => {
  const seen = await world({
    active: "failed",
    sources: ["mfs#mfsmaster:9421", "mfs#mfsmaster:9421"],
  });
  const looks = looking({ state: "dead", users: [user] });
  const steps = plan(mountClients(targets, { looks }), seen);
  assert.deepEqual(steps.slice(0, 2), [`umount -l ${path}`, `umount -l ${path}`]);
  assert.ok(steps.includes(`systemctl start ${unit}`));
});

test("a mount made by hand is replaced when idle, and refused with its users when busy", async () => {
  const seen = await world({ active: "inactive" });
  const idle = looking({ state: "live", users: [] });
  assert.equal(plan(mountClients(targets, { looks: idle }), seen)[0], `umount ${path}`);
  const busy = looking({ state: "live", users: [user] });
  assert.throws(() => plan(mountClients(targets, { looks: busy }), seen), {
    code: "refused",
    message: /pid 77 of work: tail -f log \(fd\)/,
    hint: /client mount cm01:\/home\/work\/share --lazy/,
  });
  const forced = plan(mountClients(targets, { looks: busy, lazy: true }), seen);
  assert.equal(forced[0], `umount -l ${path}`);
});

test("what a lazy unmount left running is restarted, for a start alone would do nothing", async () => {
  const seen = await world({ active: "active", sources: [] });
  const steps = plan(mountClients(targets, { looks: new Map() }), seen);
  assert.ok(steps.includes(`systemctl restart ${unit}`));
});

test("another file system at the path is never touched", async () => {
  const seen = await world({ active: "inactive", sources: ["/dev/sdb1"] });
  const looks = looking({ state: "live", users: [] });
  const gentle = { looks, lazy: false };
  assert.throws(() => plan(umountClients(targets, gentle), seen), { code: "refused" });
  assert.throws(() => plan(mountClients(targets, { looks, lazy: true }), seen), {
    message: /another file system is mounted there/,
  });
});

test("umount ends the unit after the mount, and a lazy one leaves its process to its users", async () => {
  const seen = await world();
  const idle = looking({ state: "live", users: [] });
  assert.deepEqual(plan(umountClients(targets, { looks: idle, lazy: false }), seen).slice(0, 2), [
    `umount ${path}`,
    `systemctl stop ${unit}`,
  ]);
  const busy = looking({ state: "live", users: [user] });
  assert.throws(() => plan(umountClients(targets, { looks: busy, lazy: false }), seen), {
    code: "refused",
    hint: /--lazy/,
  });
  assert.deepEqual(plan(umountClients(targets, { looks: busy, lazy: true }), seen), [
    `umount -l ${path}`,
  ]);
});

test("umount of what is not mounted does nothing", async () => {
  const seen = await world({ active: "inactive", sources: [] });
  assert.deepEqual(plan(umountClients(targets, { looks: new Map(), lazy: false }), seen), []);
});
