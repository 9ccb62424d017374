// A run and what disturbs it: interrupts, a lost lock, a second run. The run-book is deploy on simulated hosts.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { RunError } from "../../../src/cli/output.ts";
import { MfsctlError } from "../../../src/errors.ts";
import type { FakeCluster } from "../../../src/host/fake/cluster.ts";
import { listRuns } from "../../../src/runner/journal.ts";
import type { Phase } from "../../../src/runner/phase.ts";
import { run } from "../../../src/runner/actions.ts";
import { runRunbook } from "../../../src/runner/run.ts";
import {
  bareCluster,
  FakeControl,
  intentOf,
  inventoryOf,
  smallText,
} from "../../support/fake-hosts.ts";

const inventory = inventoryOf(smallText);

async function failure(promise: Promise<unknown>): Promise<MfsctlError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof MfsctlError, String(error));
  return error;
}

function leases(cluster: FakeCluster): number {
  return [...cluster.machines.values()].filter(
    ({ files }) => files.stat("/var/lib/mfsctl/lease") !== undefined,
  ).length;
}

/** Calls \`then\` before the first call that has the word. */
function onCall(control: FakeControl, word: string, then: () => void | Promise<void>): void {
  let done = false;
  control.hosts.before = async ({ argv }) => {
    if (done || !argv.includes(word)) return;
    done = true;
    await then();
  };
}

test("the first Ctrl-C lets the steps in hand finish, frees the lock and ends with 130", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  onCall(control, "install", () => control.stopping.abort());
  const error = await failure(control.deploy());
  assert.equal(error.exitCode, 130);
  assert.match(error.hint ?? "", /resume/);
  assert.equal(leases(cluster), 0);
  for (const name of cluster.machines.keys())
    assert.ok(cluster.machine(name).packages.has("rsync"));
  assert.ok(![...cluster.machines.values()].some(({ users }) => users.has("work")));
  const [record] = await listRuns(control.journals);
  assert.equal(record?.outcome, "interrupted");
  const open = new Set<string>();
  for (const entry of record?.entries ?? []) {
    if (entry.event === "step") open.add(`${entry.host} ${entry.title}`);
    if (entry.event === "done") open.delete(`${entry.host} ${entry.title}`);
  }
  assert.deepEqual([...open], []);
});

test("Ctrl-C in a wait leaves it at once", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  const { sleep } = control.context;
  let naps = 0;
  cluster.blocked.add("meta02 10.0.0.1:9419");
  cluster.blocked.add("meta03 10.0.0.1:9419");
  const context = {
    sleep: async (ms: number, signal: AbortSignal) => {
      naps += 1;
      control.stopping.abort();
      await sleep(ms, signal);
    },
  };
  const error = await failure(control.deploy({}, context));
  assert.equal(error.exitCode, 130);
  assert.ok(naps <= 2);
  assert.equal(leases(cluster), 0);
});

test("Ctrl-C while mfsctl only looks ends at once and takes no lock", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  control.stopping.abort();
  assert.equal((await failure(control.deploy())).exitCode, 130);
  assert.deepEqual(control.hosts.calls, []);
});

test("the second Ctrl-C ends at once and leaves the lease to expire", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  onCall(control, "install", () => {
    control.stopping.abort();
    control.abort.abort();
  });
  const error = await failure(control.deploy());
  const calls = control.hosts.calls.length;
  assert.equal(error.exitCode, 130);
  assert.equal(leases(cluster), 3);
  assert.ok(calls < 40, `${calls} calls`);
  assert.equal((await listRuns(control.journals))[0]?.outcome, "interrupted");
});

test("Ctrl-C while the lock is waited for ends with 130", async () => {
  const cluster = bareCluster(inventory);
  const other = new FakeControl(cluster, inventory, { seed: 0.9 });
  other.hosts.killAfter(8);
  await other.deploy().catch(() => undefined);
  const control = new FakeControl(cluster, inventory);
  const context = {
    lockWaitSeconds: 600,
    sleep: async (ms: number, signal: AbortSignal) => {
      control.stopping.abort();
      await control.context.sleep(ms, signal);
    },
  };
  assert.equal((await failure(control.deploy({}, context))).exitCode, 130);
});

test("two deploys at once: one runs, the other gets exit code 6 and the owner's name", async () => {
  const cluster = bareCluster(inventory);
  const [first, second] = await Promise.allSettled([
    new FakeControl(cluster, inventory, { seed: 0.1 }).deploy(),
    new FakeControl(cluster, inventory, { seed: 0.9 }).deploy(),
  ]);
  const [winner, loser] = first.status === "fulfilled" ? [first, second] : [second, first];
  assert.equal(winner.status, "fulfilled");
  assert.ok(loser.status === "rejected" && loser.reason instanceof MfsctlError);
  assert.equal(loser.reason.exitCode, 6);
  assert.match(loser.reason.message, /"deploy" of tester@control holds it/);
});

test("a run whose lease was taken over is stopped, and its late changes are refused", async () => {
  const cluster = bareCluster(inventory);
  const late = new FakeControl(cluster, inventory, { seed: 0.1 });
  const second = new FakeControl(cluster, inventory, { seed: 0.9 });
  let calls = 0;
  // The machine of the first run sleeps for two minutes in the middle of a step; another one deploys meanwhile.
  onCall(late, "useradd", async () => {
    cluster.sleep(120_000);
    await second.deploy();
    calls = late.hosts.calls.length;
  });
  const error = await failure(late.deploy());
  assert.equal(error.exitCode, 6);
  assert.ok(error instanceof RunError);
  const changes = late.hosts.calls.slice(calls).filter(({ argv }) => argv.includes("useradd"));
  assert.ok(changes.length > 0);
  assert.equal((await new FakeControl(cluster, inventory).deploy()).changes, 0);
});

test("a lost heartbeat stops the run with exit code 6 before its next step", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  onCall(control, "useradd", async () => {
    for (const name of ["meta01", "meta02"]) cluster.machine(name).reachable = false;
    for (let beats = 0; beats < 5; beats++) {
      cluster.sleep(10_000);
      mock.timers.tick(10_000);
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    }
  });
  const error = await failure(control.deploy());
  mock.timers.reset();
  assert.equal(error.exitCode, 6);
  assert.ok(
    ![...cluster.machines.values()].some(
      ({ files }) => files.stat("/home/work/local") !== undefined,
    ),
  );
});

test("a last phase that an interrupt left out is no success", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  const phase: Phase = {
    title: "Touch",
    hosts: () => ["cm01", "cm02"],
    batch: 1,
    plan: (host) => [run("Touch", ["touch", `/tmp/${host}`])],
  };
  onCall(control, "touch", () => control.stopping.abort());
  const request = {
    runbook: { name: "touch", phases: [phase] },
    intent: intentOf(inventory, "touch"),
  };
  const error = await failure(runRunbook(request, control.context));
  assert.equal(error.exitCode, 130);
  assert.notEqual(cluster.machine("cm01").files.stat("/tmp/cm01"), undefined);
  assert.equal(cluster.machine("cm02").files.stat("/tmp/cm02"), undefined);
});

test("every host's end is in the error of a broken run", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  control.hosts.failOn(({ host, argv }) => host.startsWith("cm") && argv.includes("groupadd"));
  const error = await failure(control.deploy());
  assert.ok(error instanceof RunError);
  assert.equal(error.code, "someHostsFailed");
  assert.deepEqual(
    error.nodes.filter(({ status }) => status === "failed").map(({ name }) => name),
    ["cm01", "cm02"],
  );
});

test("a slow host makes a run slow, not wrong", async () => {
  const cluster = bareCluster(inventory);
  cluster.machine("cm01").delayMs = 400;
  await new FakeControl(cluster, inventory).deploy();
  assert.equal((await new FakeControl(cluster, inventory).deploy()).changes, 0);
});

test("hosts that remember a higher token than the metadata hosts are changed all the same", async () => {
  const cluster = bareCluster(inventory);
  const { files } = cluster.machine("cm01");
  files.makeFolder("/var/lib/mfsctl");
  files.write("/var/lib/mfsctl/token", "57\n");
  await new FakeControl(cluster, inventory).deploy();
  for (const name of cluster.machines.keys()) {
    const stored = cluster.machine(name).files.read("/var/lib/mfsctl/token");
    assert.equal(stored, "58\n", name);
  }
});

test("a machine that slept between two steps does not begin the next one", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  let begun = 0;
  control.hosts.before = ({ argv }) => {
    if (argv.includes("groupadd")) cluster.sleep(45_000);
    if (argv.includes("useradd")) begun += 1;
  };
  const error = await failure(control.deploy());
  assert.equal(error.exitCode, 6);
  assert.match(error.message, /last renewed \d+ s ago/);
  assert.equal(begun, 0);
  assert.equal(leases(cluster), 0);
});

test("a wait of minutes keeps the lease, also where no timer ran meanwhile", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  const { files } = cluster.machine("cm01");
  const readyMs = cluster.nowMs + 300_000;
  const context = {
    ...control.context,
    sleep: async (ms: number, signal: AbortSignal) => {
      await control.context.sleep(ms, signal);
      if (cluster.nowMs > readyMs) files.write("/tmp/ready", "yes");
    },
  };
  const wait: Phase = {
    title: "Wait",
    hosts: () => ["cm01"],
    plan: () => [
      {
        kind: "wait",
        title: "Wait for the file",
        probe: { probe: "command", command: { argv: ["test", "-s", "/tmp/ready"] }, what: "it is" },
        timeoutSeconds: 600,
      },
      run("Touch", ["touch", "/tmp/after"]),
    ],
  };
  const request = {
    runbook: { name: "wait", phases: [wait] },
    intent: intentOf(inventory, "wait"),
  };
  await runRunbook(request, context);
  assert.notEqual(files.stat("/tmp/after"), undefined);
});
