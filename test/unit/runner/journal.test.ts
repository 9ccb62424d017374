// The journal: what stands in it at any moment, how it is read again, and its copies on the metadata hosts.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { MfsctlError } from "../../../src/errors.ts";
import { leaseTtlSeconds } from "../../../src/runner/lease.ts";
import {
  listRuns,
  newRunId,
  parseJournal,
  type JournalEntry,
} from "../../../src/runner/journal.ts";
import { readMirror } from "../../../src/runner/mirror.ts";
import { bareCluster, FakeControl, inventoryOf, smallText } from "../../support/fake-hosts.ts";

const inventory = inventoryOf(smallText);

function journalText(control: FakeControl): string {
  const [name] = readdirSync(control.journals).filter((file) => file.endsWith(".jsonl"));
  return name === undefined ? "" : readFileSync(path.join(control.journals, name), "utf8");
}

function steps(entries: readonly JournalEntry[], event: "step" | "done"): readonly string[] {
  return entries.flatMap((entry) =>
    entry.event === event && "host" in entry ? [`${entry.host} ${entry.title}`] : [],
  );
}

test("every step of a run has a begin and an end line", async () => {
  const control = new FakeControl(bareCluster(inventory), inventory);
  await control.deploy();
  const [run] = await listRuns(control.journals);
  assert.equal(run?.outcome, "ok");
  assert.equal(run.begin.command, "deploy");
  const begun = steps(run.entries, "step");
  assert.ok(begun.length > 100);
  assert.deepEqual([...steps(run.entries, "done")].sort(), [...begun].sort());
});

test("the begin line of a step is on disk before its host is changed, the end line only after", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  let looks = 0;
  control.hosts.before = ({ host, argv }) => {
    if (!argv.includes("groupadd")) return;
    looks += 1;
    const { entries } = parseJournal(journalText(control), "journal");
    assert.ok(steps(entries, "step").includes(`${host} Create group work`));
    assert.ok(!steps(entries, "done").includes(`${host} Create group work`));
  };
  await control.deploy();
  assert.equal(looks, 5);
});

test("a journal cut anywhere is read up to its last whole line", async () => {
  const control = new FakeControl(bareCluster(inventory), inventory);
  control.hosts.killAfter(30);
  await control.deploy().catch(() => undefined);
  const text = journalText(control);
  const whole = text.split("\n").length - 1;
  fc.assert(
    fc.property(fc.integer({ min: text.indexOf("\n") + 1, max: text.length }), (cut) => {
      const { entries } = parseJournal(text.slice(0, cut), "journal");
      assert.ok(entries.length <= whole);
      assert.equal(entries.length, text.slice(0, cut).split("\n").length - 1);
    }),
  );
});

test("a journal broken in the middle is refused, and hides no other run", async () => {
  const control = new FakeControl(bareCluster(inventory), inventory);
  await control.deploy();
  const text = journalText(control);
  writeFileSync(path.join(control.journals, "20200101T000000-aaaa.jsonl"), text.replace("{", "<"));
  assert.throws(() => parseJournal(text.replace(/\n\{/, "\n<"), "bad"), MfsctlError);
  assert.equal((await listRuns(control.journals)).length, 1);
});

test("a run that was killed reads as broken, and names the step in hand", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  let atDeath = "";
  control.hosts.onDeath = () => {
    atDeath = journalText(control);
  };
  control.hosts.killAfter(40);
  await control.deploy().catch(() => undefined);
  const record = parseJournal(atDeath, "journal");
  assert.equal(record.outcome, "broken");
  assert.ok(steps(record.entries, "step").length > steps(record.entries, "done").length);
});

test("another machine reads the run from any metadata host, and goes on", async () => {
  const cluster = bareCluster(inventory);
  const first = new FakeControl(cluster, inventory);
  first.hosts.killAfter(60);
  await first.deploy().catch(() => undefined);
  cluster.sleep((leaseTtlSeconds + 1) * 1000);
  const other = new FakeControl(cluster, inventory, { seed: 0.7 });
  for (const name of ["meta01", "meta02", "meta03"]) {
    const [record] = await readMirror(await other.hosts.host(name), 10);
    assert.equal(record?.outcome, "broken");
    assert.equal(record.begin.command, "deploy");
    assert.equal(record.begin.startedBy, "tester@control");
  }
  const { world } = await other.deploy();
  assert.equal(world.cluster?.chunkservers.length, 2);
  const records = await readMirror(await other.hosts.host("meta02"), 10);
  assert.deepEqual(
    records.map(({ outcome }) => outcome),
    ["ok", "broken"],
  );
});

test("a mirror that cannot be written does not fail the run", async () => {
  const control = new FakeControl(bareCluster(inventory), inventory);
  control.hosts.failOn(({ host, argv }) => {
    return host === "meta02" && argv.some((word) => word.includes("/var/lib/mfsctl/journal"));
  });
  const { changes } = await control.deploy();
  assert.ok(changes > 100);
});

test("no secret of a command and no content of a file is in the journal", async () => {
  const control = new FakeControl(bareCluster(inventory), inventory);
  await control.deploy();
  assert.doesNotMatch(journalText(control), /WORKING_USER|maproot|MFSM/);
});

test("run ids sort by time and hold only what a file name may", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4e12 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (ms, chance) => {
        const id = newRunId(new Date(ms), () => chance);
        assert.match(id, /^\d{8}T\d{6}-[0-9a-z]{4}$/);
        const later = newRunId(new Date(ms + 1000), () => 0);
        assert.ok(id.slice(0, 15) < later.slice(0, 15));
      },
    ),
  );
});
