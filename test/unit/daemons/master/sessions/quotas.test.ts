// QUOTACONTROL and the changes that it writes. Spec: wire-client-master-3.md section 6.11.

import assert from "node:assert/strict";
import { test } from "node:test";
import { quotaControl } from "../../../../../daemons/master/core/ops/quota.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { quotaFlag } from "../../../../../daemons/master/core/store/quotas.ts";
import { TestMaster } from "../ops/test-master.ts";

const nothing = {
  softInodes: 0,
  softLength: 0n,
  softSize: 0n,
  softRealSize: 0n,
  hardInodes: 0,
  hardLength: 0n,
  hardSize: 0n,
  hardRealSize: 0n,
};
const unused = {
  currentInodes: 0,
  currentLength: 0n,
  currentSize: 0n,
  currentRealSize: 0n,
};

function set(inode: number, flags: number, limits: object, graceSeconds = 0): object {
  return { variant: "set", inode, flags, graceSeconds, ...nothing, ...limits };
}

test("only limits that are named are set, and those that are left stay", () => {
  const master = new TestMaster();
  const client = master.connect();
  const directory = master.directory(1, "d");
  master.file(directory, "f");
  master.takeLines();
  const { softInodes, hardInodes, hardSize } = quotaFlag;
  const first = set(directory, softInodes | hardInodes, {
    softInodes: 2,
    hardInodes: 5,
    hardSize: 99n,
  });
  assert.deepEqual(master.ask(client, quotaControl, first), {
    variant: "full",
    flags: 0x11,
    graceSeconds: 0,
    ...nothing,
    softInodes: 2,
    hardInodes: 5,
    ...unused,
    currentInodes: 1,
  });
  master.ask(client, quotaControl, set(directory, hardSize, { hardSize: 7n }, 60));
  master.ask(client, quotaControl, { variant: "remove", inode: directory, flags: 0x01 });
  assert.deepEqual(
    master.ask(client, quotaControl, { variant: "remove", inode: directory, flags: 0 }),
    {
      variant: "full",
      flags: 0x50,
      graceSeconds: 60,
      ...nothing,
      hardInodes: 5,
      hardSize: 7n,
      ...unused,
      currentInodes: 1,
    },
  );
  master.ask(client, quotaControl, { variant: "remove", inode: directory, flags: 0xff });
  assert.deepEqual(master.takeLines(), [
    `QUOTA(${directory},0,17,0,2,5,0,0,0,0,0,0,0)`,
    `QUOTA(${directory},0,81,0,2,5,0,0,0,7,0,0,60)`,
    `QUOTA(${directory},0,80,0,0,5,0,0,0,7,0,0,60)`,
    `QUOTA(${directory},0,0,0,0,0,0,0,0,0,0,0,0)`,
  ]);
  assert.equal(master.world.quotas.size, 0);
});

test("a grace period alone changes a quota that is there, with a line, and makes none", () => {
  const master = new TestMaster();
  const client = master.connect();
  const directory = master.directory(1, "d");
  master.ask(client, quotaControl, set(directory, 0, nothing, 60));
  assert.equal(master.world.quotas.get(directory), undefined);
  const { softInodes } = quotaFlag;
  master.ask(client, quotaControl, set(directory, softInodes, { softInodes: 2 }, 60));
  master.takeLines();
  master.ask(client, quotaControl, set(directory, 0, nothing, 90));
  assert.equal(master.world.quotas.get(directory)?.gracePeriod, 90);
  assert.deepEqual(master.takeLines(), [`QUOTA(${directory},0,1,0,2,0,0,0,0,0,0,0,90)`]);
});

test("a directory without quota answers what lies in it, without limits", () => {
  const master = new TestMaster();
  const client = master.connect();
  master.directory(1, "d");
  const asked = { variant: "remove", inode: 1, flags: 0 };
  const expected = {
    variant: "full",
    flags: 0,
    graceSeconds: 0,
    ...nothing,
    ...unused,
    currentInodes: 1,
  };
  assert.deepEqual(master.ask(client, quotaControl, asked), expected);
});

test("who may not change quotas is told why, in the order of the specification", () => {
  const master = new TestMaster();
  const file = master.file(1, "f");
  const change = set(1, quotaFlag.hardInodes, { hardInodes: 1 });
  const cases: readonly (readonly [object, object, number])[] = [
    [{ rootUid: 9, sessionFlags: 1 }, change, status.EACCES],
    [{ sessionFlags: 0x09 }, change, status.EROFS],
    [{ sessionFlags: 0 }, change, status.EPERM],
    [{ rootInode: 0 }, { variant: "remove", inode: 1, flags: 0 }, status.EPERM],
    [{}, { variant: "remove", inode: 999, flags: 0 }, status.ENOENT],
    [{}, { variant: "remove", inode: file, flags: 0 }, status.EPERM],
  ];
  for (const [terms, request, expected] of cases) {
    const client = master.connect("mount", terms);
    assert.equal(master.ask(client, quotaControl, request), expected);
  }
});
