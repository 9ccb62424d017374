// A changelog of a running 3.0.117 master with operations of nearly all kinds, replayed by ours, gives the
// image that the master stored at its end. Spec: changelog.md sections 6 to 8.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readLines } from "../../../../../daemons/metadata/changelog-lines.ts";
import { mergeLines } from "../../../../../daemons/metadata/changelog-merge.ts";
import { replay, replayProblemText } from "../../../../../daemons/master/core/replay.ts";
import { emptyWorld } from "../../../../../daemons/master/core/store/world.ts";
import type { World } from "../../../../../daemons/master/core/store/world.ts";
import { dumpOf, imageDump } from "./changing-world.ts";
import { recount } from "./recount.ts";

const folder = new URL("../../../../golden/metadata/", import.meta.url);
const log = readFileSync(new URL("replay-all.log", folder));
const image = readFileSync(new URL("replay-all.mfs", folder));

/** Time of a line of the log. */
function timeOf(line: string): number {
  return Number(/^\d+: (\d+)\|/.exec(line)?.[1]);
}

const lines = log.toString("latin1").trimEnd().split("\n");
const first = timeOf(lines[0] ?? "");
const last = timeOf(lines.at(-1) ?? "");

function replayed(): World {
  const world = emptyWorld(first);
  const file = { name: "replay-all.log", first: 1, lines: readLines([log]) };
  const problem = replay(world, mergeLines([file], 1), (notice) => assert.fail(notice.kind));
  if (problem !== undefined) assert.fail(replayProblemText(problem));
  return world;
}

/** Operations that sessions have made are counted live only: no log tells of them. */
function comparable(dump: readonly string[]): string[] {
  return dump.map((line) => line.replace(/\|c:\[[^\]]*\]\|l:\[[^\]]*\]/, ""));
}

test("a real log gives the real image, record by record", () => {
  const world = replayed();
  assert.equal(world.metaVersion, lines.length + 1);
  const ours = comparable(dumpOf(world, last));
  const real = comparable(imageDump(image));
  assert.deepEqual(ours.toSorted(), real.toSorted());
  const edges = (dump: readonly string[]) => dump.filter((line) => line.startsWith("EDGE"));
  assert.deepEqual(edges(ours), edges(real));
});

test("after a real log all counters are right", () => {
  recount(replayed());
});

test("the real log holds operations of all kinds that a short life shows", () => {
  const names = new Set(lines.map((line) => /\|([A-Z]+)\(/.exec(line)?.[1]));
  const tree = "CREATE SYMLINK LINK UNLINK MOVE APPEND SNAPSHOT UNDEL PURGE SETPATH FREEINODES";
  const attributes =
    "ATTR ACCESS AMTIME LENGTH SETSCLASS SETTRASHTIME SETEATTR SETXATTR SETACL QUOTA ARCHCHG";
  const chunks = "WRITE TRUNC UNLOCK REPAIR CHUNKADD CHUNKDEL";
  const sessions = "SESADD SESDISCONNECTED SESDEL ACQUIRE FLOCK POSIXLOCK";
  const cluster = "CSDBOP SCSET SCDUP SCREN SCDEL SETMETAID";
  for (const name of [tree, attributes, chunks, sessions, cluster].join(" ").split(" ")) {
    assert(names.has(name), name);
  }
});
