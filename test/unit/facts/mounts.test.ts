// What the probes of mounts print, and how people read it. The probes run here, on this machine's own /proc.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { describeUsers, parseLooks } from "../../../src/facts/mounts.ts";
import { lastChange } from "../../../src/shell/metalogger.ts";
import { mountStates, mountUsers } from "../../../src/shell/mounts.ts";
import { writeFileSync } from "node:fs";

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "mfsctl-mounts-")));
after(() => rmSync(folder, { recursive: true }));

function runProbe({ argv }: { argv: readonly [string, ...string[]] }): string {
  const [program, ...words] = argv;
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout;
}

test("a folder that answers is live", () => {
  assert.equal(runProbe(mountStates([folder, "/"])), `${folder}\tlive\n/\tlive\n`);
});

test("a process that works in the folder is found with its user and its command", async () => {
  const sleeper = spawn("sleep", ["61.5"], { cwd: folder });
  await new Promise((resolve) => sleeper.once("spawn", resolve));
  try {
    const looks = parseLooks(`${folder}\tlive\n`, runProbe(mountUsers([folder])));
    const found = looks.get(folder)?.users.find(({ pid }) => pid === sleeper.pid);
    assert.equal(found?.how, "cwd");
    assert.equal(found.command, "sleep 61.5");
    assert.notEqual(found.user, "");
  } finally {
    sleeper.kill();
  }
});

test("one line a process, however it uses the mount, and a mount below is named", () => {
  const users = parseLooks(
    "/m\tsilent\n",
    "/m\t7\twork\tcwd\tbash \n/m\t7\twork\tfd\tbash \n/m\t0\troot\tmount\t/m/inner\n",
  ).get("/m");
  assert.equal(users?.state, "silent");
  assert.deepEqual(describeUsers(users.users), [
    "pid 7 of work: bash (cwd, fd)",
    "another file system is mounted at /m/inner",
  ]);
});

test("the last whole change of a metalogger is read, a torn line is not", () => {
  const log = path.join(folder, "changelog_ml.0.mfs");
  assert.equal(runProbe(lastChange(folder)), "");
  writeFileSync(path.join(folder, "changelog_ml.1.mfs"), "7: 1|A()\n8: 1|B()\n");
  writeFileSync(log, "");
  assert.equal(runProbe(lastChange(folder)), "8: 1|B()\n");
  writeFileSync(log, "9: 1|C()\n10: 1|D()\n11: 1|E(");
  assert.equal(runProbe(lastChange(folder)), "10: 1|D()\n");
});
