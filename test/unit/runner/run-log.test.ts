// What a run writes down when something is in the way: a full disk of the control machine, a kill between two phases.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import path from "node:path";
import { mock, test } from "node:test";
import { RunError } from "../../../src/cli/output.ts";
import type { FakeCluster } from "../../../src/host/fake/cluster.ts";
import { run } from "../../../src/runner/actions.ts";
import { listRuns, type RunRecord } from "../../../src/runner/journal.ts";
import { readMirror } from "../../../src/runner/mirror.ts";
import type { Phase } from "../../../src/runner/phase.ts";
import { runRunbook, type Watcher } from "../../../src/runner/run.ts";
import {
  bareCluster,
  FakeControl,
  intentOf,
  inventoryOf,
  smallText,
} from "../../support/fake-hosts.ts";

const inventory = inventoryOf(smallText);
const metadataHosts = ["meta01", "meta02", "meta03"];

/** Lets this machine take so many more writes to files, then none. */
async function fillAfter(
  writes: number,
  folder: string,
): Promise<{ readonly [Symbol.dispose]: () => void }> {
  const probe = path.join(folder, "probe");
  const file = await open(probe, "w");
  const prototype = Object.getPrototypeOf(file) as typeof file;
  const append = Reflect.get(prototype, "appendFile") as (
    this: typeof file,
    text: string,
  ) => Promise<void>;
  let left = writes;
  const patched = mock.method(prototype, "appendFile", function (this: typeof file, text: string) {
    left -= 1;
    if (left >= 0) return append.call(this, text);
    const full = new Error("ENOSPC: no space left on device, write");
    return Promise.reject(Object.assign(full, { code: "ENOSPC" }));
  });
  await file.close();
  await rm(probe);
  return { [Symbol.dispose]: () => patched.mock.restore() };
}

async function failedDeploy(control: FakeControl): Promise<RunError> {
  const error = await control.deploy().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof RunError, String(error));
  return error;
}

function leases(cluster: FakeCluster): readonly string[] {
  return metadataHosts.filter(
    (name) => cluster.machine(name).files.stat("/var/lib/mfsctl/lease") !== undefined,
  );
}

async function mirrored(cluster: FakeCluster, name: string): Promise<RunRecord | undefined> {
  const control = new FakeControl(cluster, inventory);
  return (await readMirror(await control.hosts.host(name), 1))[0];
}

for (const writes of [0, 1, 2, 3, 4, 40]) {
  test(`a disk of this machine that is full after ${writes} lines ends the run, frees the lock and tells what to do`, async () => {
    const cluster = bareCluster(inventory);
    const control = new FakeControl(cluster, inventory);
    using _full = await fillAfter(writes, control.journals);
    const error = await failedDeploy(control);
    assert.equal(error.exitCode, 7);
    assert.match(error.message, /Cannot write the journal ".*": ENOSPC/);
    assert.match(error.hint ?? "", /free space on this machine, then: mfsctl resume/);
    assert.equal(error.nodes.length, 5);
    assert.deepEqual(leases(cluster), []);
    const copy = await mirrored(cluster, "meta03");
    assert.equal(copy?.outcome, "failed");
  });
}

test("a disk that is full at the last line of a run frees the lock too", async () => {
  const cluster = bareCluster(inventory);
  await new FakeControl(cluster, inventory).deploy();
  const control = new FakeControl(cluster, inventory);
  using _full = await fillAfter(5, control.journals); // begin, token, phase, step, done
  const phase: Phase = {
    title: "Touch",
    hosts: () => ["cm01"],
    plan: () => [run("Touch", ["touch", "/tmp/touched"])],
  };
  const request = {
    runbook: { name: "touch", phases: [phase] },
    intent: intentOf(inventory, "touch"),
  };
  await assert.rejects(runRunbook(request, control.context), /Cannot write the journal/);
  assert.deepEqual(leases(cluster), []);
  assert.equal((await mirrored(cluster, "meta02"))?.outcome, "failed");
});

test("a folder for journals that cannot be made ends the run and frees the lock", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory, { journals: "/dev/null/journals" });
  const error = await failedDeploy(control);
  assert.equal(error.exitCode, 7);
  assert.match(error.hint ?? "", /make the folder writable/);
  assert.deepEqual(leases(cluster), []);
});

const touches = (names: readonly string[]): readonly Phase[] =>
  names.map((name) => ({
    title: `Touch ${name}`,
    hosts: () => ["cm01", "cm02"],
    plan: () => [run(`Touch ${name}`, ["touch", `/tmp/${name}`])],
  }));

/** Runs phases that touch files, and dies with the call that touches the last one. */
async function killedInPhase(
  cluster: FakeCluster,
  options: { readonly names: readonly string[]; readonly watcher?: Watcher },
): Promise<void> {
  const control = new FakeControl(cluster, inventory);
  const { names, watcher } = options;
  control.hosts.before = ({ argv }) => {
    if (argv.includes(`/tmp/${names.at(-1) ?? ""}`)) control.hosts.killAfter(1);
  };
  const request = {
    runbook: { name: "touch", phases: touches(names) },
    intent: intentOf(inventory, "touch"),
    ...(watcher === undefined ? {} : { watcher }),
  };
  await runRunbook(request, control.context).catch(() => undefined);
  assert.ok(control.hosts.dead);
}

test("after a kill another machine sees the steps of every phase that came to its end", async () => {
  const cluster = bareCluster(inventory);
  await killedInPhase(cluster, { names: ["a", "b", "c"] });
  for (const name of metadataHosts) {
    const record = await mirrored(cluster, name);
    assert.equal(record?.outcome, "broken");
    const done = record.entries.flatMap((entry) =>
      entry.event === "done" ? [`${entry.host} ${entry.title}`] : [],
    );
    assert.deepEqual(done.sort(), ["cm01 Touch a", "cm01 Touch b", "cm02 Touch a", "cm02 Touch b"]);
  }
});

test("after a kill another machine sees what was decided in the phase in hand", async () => {
  const cluster = bareCluster(inventory);
  const watcher: Watcher = {
    phase: (title) => (title === "Touch b" ? [{ name: "loss", value: 12 }] : []),
  };
  await killedInPhase(cluster, { names: ["a", "b"], watcher });
  const record = await mirrored(cluster, "meta02");
  assert.ok(record?.entries.some((entry) => entry.event === "decision" && entry.value === 12));
});

test("a copy of the journal in the middle of a run is one call a host", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  const request = {
    runbook: { name: "touch", phases: touches(["a", "b", "c"]) },
    intent: intentOf(inventory, "touch"),
  };
  await runRunbook(request, control.context);
  const copies = control.hosts.calls.filter(
    ({ host, argv }) =>
      host === "meta02" && argv.some((word) => word.startsWith("/var/lib/mfsctl/journal")),
  );
  // Begin and end also make room; in between stand the ends of the first two phases.
  assert.equal(copies.length, 2 + 1 + 1 + 2);
});

test("a metadata host that takes no copy is left behind until the end, and the run goes on", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  let tried = 0;
  control.hosts.failOn(({ host, argv }) => {
    const isCopy = host === "meta02" && argv.some((word) => word.endsWith(".jsonl"));
    if (isCopy) tried += 1;
    return isCopy && tried === 1;
  });
  await control.deploy();
  assert.equal(tried, 2);
  assert.equal((await mirrored(cluster, "meta02"))?.outcome, "ok");
  assert.equal((await listRuns(control.journals)).length, readdirSync(control.journals).length);
});
