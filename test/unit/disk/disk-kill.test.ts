// kill -9 of mfsctl after every call that changes a host, in each of the disk run-books: the same command again ends as
// if nobody had disturbed it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { removedDisksFile } from "../../../src/layout.ts";
import { cancelRemoval, finalizeRemoval, markForRemoval } from "../../../src/runbooks/disk.ts";
import type { Runbook } from "../../../src/runner/phase.ts";
import { FakeDisks } from "./fake-disks.ts";

const file = "/home/work/local/mfs/etc/mfs/mfshdd.cfg";
const target = { host: "cm03", paths: ["/mnt/b"] } as const;
const never = 10_000;

/** What a removal leaves: the chunkserver's file, what deploy leaves out, what the chunkserver itself uses. */
function left(disks: FakeDisks) {
  const used = disks.cluster.moosefs
    .running("chunkserver")
    .map(({ machine, state }) => [machine.name, state.disks] as const);
  return { file: disks.file("cm03", file), removed: disks.file("cm03", removedDisksFile), used };
}

async function deployed(): Promise<FakeDisks> {
  return await FakeDisks.deployed();
}

async function marked(): Promise<FakeDisks> {
  const disks = await deployed();
  await disks.run(markForRemoval(target));
  return disks;
}

async function drained(): Promise<FakeDisks> {
  const disks = await marked();
  disks.drained();
  return disks;
}

const cases: readonly { what: string; begin: () => Promise<FakeDisks>; runbook: () => Runbook }[] =
  [
    { what: "a mark", begin: deployed, runbook: () => markForRemoval(target) },
    { what: "a cancelled removal", begin: marked, runbook: () => cancelRemoval(target) },
    { what: "a finalized removal", begin: drained, runbook: () => finalizeRemoval(target) },
  ];

for (const { what, begin, runbook } of cases) {
  test(`${what} converges to the same state after kill -9 at any call`, async () => {
    const calm = await begin();
    const calls = await calm.runKilled(runbook(), never);
    assert.ok(calls > 5, `only ${calls} calls`);
    for (let call = 1; call < calls; call++) {
      const disks = await begin();
      await disks.runKilled(runbook(), call);
      await disks.run(runbook());
      assert.deepEqual(left(disks), left(calm), `killed after call ${call} of ${calls}`);
      assert.equal((await disks.run(runbook())).changes, 0);
    }
  });
}
