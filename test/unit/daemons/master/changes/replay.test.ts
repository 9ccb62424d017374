// Replay of changelogs: the rules of section 5, and the lines that real masters write and misread.
// Spec: changelog.md sections 5, 8 and 9.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readLines } from "../../../../../daemons/metadata/changelog-lines.ts";
import { mergeLines } from "../../../../../daemons/metadata/changelog-merge.ts";
import {
  replay,
  replayLine,
  replayProblemText,
} from "../../../../../daemons/master/core/replay.ts";
import type { ReplayNotice, ReplayProblem } from "../../../../../daemons/master/core/replay.ts";
import { emptyWorld } from "../../../../../daemons/master/core/store/world.ts";
import type { World } from "../../../../../daemons/master/core/store/world.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { bytes, start } from "./changing-world.ts";

/** Replays texts without versions; the problem of the first one that has one. */
function replayed(world: World, ...texts: string[]): ReturnType<typeof replayLine> {
  for (const text of texts) {
    const problem = replayLine(world, `1795345810|${text}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

interface FilesReplayed {
  readonly problem: ReplayProblem | undefined;
  readonly notices: readonly ReplayNotice[];
  readonly version: number;
}

/** Replays whole files, given as their lines. */
function files(...contents: string[]): FilesReplayed {
  const world = emptyWorld(start);
  const notices: ReplayNotice[] = [];
  const named = contents.map((content, index) => ({
    name: `changelog.${index}.mfs`,
    first: Number.parseInt(content, 10),
    lines: readLines([bytes(content)]),
  }));
  const problem = replay(world, mergeLines(named, world.metaVersion), (notice) => {
    notices.push(notice);
  });
  return { problem, notices, version: world.metaVersion };
}

const create = "1795345810|CREATE(1,d1,2,511,18,0,0,0):2";

test("each line makes the next version", () => {
  const world = emptyWorld(start);
  assert.equal(replayed(world, "CREATE(1,d1,2,511,18,0,0,0):2", "IDLE()", "ACCESS(2)"), undefined);
  assert.equal(world.metaVersion, 4);
  assert.equal(world.nodes.accessTime(2), 1_795_345_810);
});

test("spec 5.1: lines below the world's version are skipped, duplicates ignored, files merged", () => {
  const one = `1: ${create}\n2: 1795345811|ACCESS(2)\n`;
  const two = "2: 1795345811|ACCESS(2)\n3: 1795345812|ACCESS(1)\n";
  assert.deepEqual(files(one, two), { problem: undefined, notices: [], version: 4 });
});

test("spec 5.1: a hole ends the replay where it is", () => {
  const { problem, version } = files(`1: ${create}\n3: 1795345811|ACCESS(2)\n`);
  assert.deepEqual(problem, { kind: "hole", from: 2, to: 2, file: "changelog.0.mfs" });
  assert.equal(version, 2);
  assert(
    problem !== undefined && replayProblemText(problem).includes("changes 2 to 2 are missing"),
  );
});

test("spec 5.1: a gap between the image and the first line is a hole", () => {
  const { problem } = files("7: 1795345811|ACCESS(1)\n");
  assert.deepEqual(problem, { kind: "hole", from: 1, to: 6, file: "changelog.0.mfs" });
});

test("defect 9: complete lines in front of a torn one count", () => {
  const { problem, notices, version } = files(`1: ${create}\n2: 17953458`);
  assert.equal(problem, undefined);
  assert.equal(version, 2);
  assert.deepEqual(notices, [{ kind: "torn", line: 2, tornBytes: 11, file: "changelog.0.mfs" }]);
});

test("spec 5.1: the first problem is told with file, line and text, and nothing follows", () => {
  const broken = `1: ${create}\n2: 1795345811|ACCESS(77)\n3: 1795345811|ACCESS(1)\n`;
  const { problem, version } = files(broken);
  assert.deepEqual(problem, {
    kind: "refused",
    text: "1795345811|ACCESS(77)",
    status: status.ENOENT,
    file: "changelog.0.mfs",
    line: 2,
    version: 2,
  });
  assert.equal(version, 2);
  const text =
    'changelog.0.mfs:2: operation "1795345811|ACCESS(77)" error: 3 (No such file or directory)';
  assert.equal(replayProblemText(problem), text);
});

test("spec 5.3: what cannot be read and what nobody knows are told apart", () => {
  const world = emptyWorld(start);
  assert.equal(replayed(world, "ACCESS(1")?.kind, "syntax");
  assert.equal(replayed(world, "PATADD(1)")?.kind, "unknown");
  assert.equal(world.metaVersion, 1);
});

test("a result that differs from the logged one is a mismatch", () => {
  const world = emptyWorld(start);
  assert.deepEqual(replayed(world, "CREATE(1,d1,2,511,18,0,0,0):9"), {
    kind: "mismatch",
    text: "1795345810|CREATE(1,d1,2,511,18,0,0,0):9",
    field: "inode",
    logged: "9",
    given: "2",
  });
});

test("spec 7.1: a checksum of 0 is that of an old log, other ones must be right", () => {
  const lines = [
    "CREATE(1,f,1,420,18,0,0,0):2",
    "SETTRASHTIME(2,0,0,0):1,0,0",
    "ACQUIRE(1,2)",
    "UNLINK(1,f):2",
    "RELEASE(1,2)",
  ];
  assert.equal(replayed(emptyWorld(start), ...lines, "EMPTYSUSTAINED():1"), undefined);
  assert.equal(replayed(emptyWorld(start), ...lines, "EMPTYRESERVED(2):1,2"), undefined);
  assert.equal(replayed(emptyWorld(start), ...lines, "EMPTYSUSTAINED(2):1,3")?.kind, "mismatch");
  assert.equal(replayed(emptyWorld(start), ...lines, "EMPTYSUSTAINED(2):2,2")?.kind, "mismatch");
});

test("spec 7.1.2: six zeros of a snapshot are not compared, any other counts are", () => {
  const lines = ["CREATE(1,d,2,511,18,0,0,0):2"];
  const snapshot = "SNAPSHOT(2,1,s,0,72,0,[0],18)";
  assert.equal(replayed(emptyWorld(start), ...lines, `${snapshot}:0,0,0,0,0,0`), undefined);
  assert.equal(replayed(emptyWorld(start), ...lines, `${snapshot}:3,0,0,0,0,1`), undefined);
  assert.equal(replayed(emptyWorld(start), ...lines, snapshot), undefined);
  assert.equal(replayed(emptyWorld(start), ...lines, `${snapshot}:3,0,0,0,0,2`)?.kind, "mismatch");
});

test("defect 1: groups of a snapshot count as they are written, with and without the extra 0", () => {
  for (const groups of ["[100,1001]", "[0100,01001]"]) {
    const world = emptyWorld(start);
    const lines = [
      "CREATE(1,f,1,420,18,0,0,0):2",
      `SNAPSHOT(2,1,s,2,72,7,${groups},18):3,0,0,0,0,1`,
    ];
    assert.equal(replayed(world, ...lines), undefined);
    assert.equal(world.nodes.gid(3), 100);
  }
});

test("defect 2: a repair to a version is one change, one of an unknown chunk empties the slot", () => {
  const world = emptyWorld(start);
  const file = ["CREATE(1,f,1,420,18,0,0,0):2", "WRITE(2,0,1,1):1", "REPAIR(2,0):7"];
  assert.equal(replayed(world, ...file), undefined);
  assert.equal(world.metaVersion, 4);
  assert.equal(world.chunks.versionOf(world.chunks.find(1)), 7);
  world.chunks.remove(world.chunks.find(1));
  assert.equal(replayed(world, "REPAIR(2,0):0"), undefined);
  assert.equal(world.slots.get(2, 0), 0);
});

test("defects 6 and 8: an unlock of an unknown chunk and an attribute without a name do nothing", () => {
  const world = emptyWorld(start);
  assert.equal(replayed(world, "UNLOCK(99)", "SETXATTR(1,,v,0)"), undefined);
  assert.equal(world.metaVersion, 3);
});

test("defects 3 and 4: locks that are granted although others hold them are right", () => {
  const world = emptyWorld(start);
  const file = "CREATE(1,f,1,420,18,0,0,0):2";
  assert.equal(
    replayed(
      world,
      file,
      "FLOCK(2,1,10,W)",
      "FLOCK(2,2,20,R)",
      "POSIXLOCK(2,1,10,W,0,100,5)",
      "POSIXLOCK(2,2,20,W,50,100,6)",
    ),
    undefined,
  );
});

test("spec 8: old names and shapes", () => {
  const world = emptyWorld(start);
  const lines = [
    "SESSION():1",
    "CUSTOMER():2",
    "CREATE(1,f,f,420,0,0,0):2",
    "AQUIRE(1,2)",
    "WRITE(2,0):1",
    "INCVERSION(1)",
    "NEXTCHUNKID(50)",
    "LENGTH(2,5)",
    "SETGOAL(2,0,3,0):1,0,0",
    "CSADD(174261003,9431)",
    "CSDEL(174261003,9431)",
    "UNLINK(1,f):2",
    "FREEINODES():0",
    "EMPTYTRASH():0,0",
  ];
  assert.equal(replayed(world, ...lines), undefined);
  assert.equal(world.chunks.nextChunkId, 50);
  assert.equal(world.chunks.versionOf(world.chunks.find(1)), 2);
});
