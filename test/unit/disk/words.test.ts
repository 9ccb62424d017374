// What users type and read about disks.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { oneDisk, diskWord } from "../../../src/cli/disk-target.ts";
import { diskTable, removalLine, showSeconds } from "../../../src/cli/disk-text.ts";
import { durationSeconds, withDefaultValue } from "../../../src/cli/duration.ts";
import { diskRows, markedTargets, removalReport } from "../../../src/phases/disk/report.ts";
import { emptiedWorld, inventory, listed, readMs, target, world } from "./disk-world.ts";

describe("HOST:DISK", () => {
  test("names a disk, with or without a slash at its end", () => {
    assert.deepEqual(oneDisk(inventory, "cm03:/mnt/b/"), { host: "cm03", paths: ["/mnt/b"] });
  });

  test("may leave the path out where a host is enough", () => {
    assert.deepEqual(diskWord(inventory, "cm03"), { host: "cm03", path: undefined });
    assert.throws(() => oneDisk(inventory, "cm03"), { code: "usage" });
  });

  test("is refused for hosts without a chunkserver and for relative paths", () => {
    for (const word of ["meta01:/mnt/b", "nowhere", "cm03:mnt/b", "cm03:", ":/mnt/b"]) {
      assert.throws(() => oneDisk(inventory, word), { code: "usage", message: /expected/ }, word);
    }
  });
});

describe("--wait", () => {
  test("takes seconds, minutes, hours and days", () => {
    const read = (text: string) => durationSeconds(text, "--wait");
    assert.deepEqual(["90", "90s", "5m", "2h", "1d"].map(read), [90, 90, 300, 7200, 86_400]);
    for (const text of ["", "0", "-1", "5w", "1.5h", "h", "366d"]) {
      assert.throws(() => read(text), { code: "usage" }, text);
    }
  });

  test("stands for a default only where it is bare, and only before --", () => {
    const words = ["cm03:/mnt/b", "--wait", "--wait=5m", "--", "--wait"];
    assert.deepEqual(withDefaultValue(words, "--wait", "forever"), [
      "cm03:/mnt/b",
      "--wait=forever",
      "--wait=5m",
      "--",
      "--wait",
    ]);
  });
});

describe("a removal's line", () => {
  const marked = (chunks: number) => ({
    cm03: [listed("/mnt/a"), listed("/mnt/b", { markedForRemoval: true, chunks })],
  });
  const cells = [
    { goal: 2, copies: 2, regular: 1, count: 25 },
    { goal: 2, copies: 3, regular: 2, count: 75 },
  ];

  test("tells what is left, how fast it goes and when it ends, from one look", () => {
    const draining = emptiedWorld({ cells, status: "notReady" });
    const report = removalReport(draining, target, readMs + 30_000);
    assert.equal(report.chunksPerSecond, 2.5);
    assert.equal(
      removalLine(report),
      "cm03:/mnt/b draining: 25 of 100 chunks left (2.5 GiB), 2.5 chunks/s, about 10 s",
    );
  });

  test("tells the speed since an earlier look, and none while nothing moves", () => {
    const draining = emptiedWorld({ cells, status: "notReady" });
    const since = (left: number) =>
      removalReport(draining, target, readMs + 30_000, { atMs: readMs + 20_000, left });
    assert.equal(since(35).chunksPerSecond, 1);
    assert.equal(since(25).chunksPerSecond, null);
    assert.equal(since(25).etaSeconds, null);
  });

  test("gives the reasons of what is halted or not verified", () => {
    const lost = emptiedWorld({ servers: { cm01: { connected: false } } });
    assert.match(removalLine(removalReport(lost, target, readMs)), /^cm03:\/mnt\/b halted: .*cm01/);
    const early = emptiedWorld({ disks: marked(101) });
    assert.match(
      removalLine(removalReport(early, target, readMs)),
      /verifying: .*, at most 3 min$/,
    );
  });

  test("shows times that people read", () => {
    assert.deepEqual([5.2, 119, 121, 7300].map(showSeconds), ["6 s", "119 s", "3 min", "3 h"]);
  });
});

describe("the list of disks", () => {
  test("joins inventory, file and chunkserver, and says what is unknown", () => {
    const mixed = world({
      files: { cm01: ["*/mnt/a", "/mnt/b", "/mnt/z"] },
      disks: {
        cm01: [
          listed("/mnt/a", { markedForRemoval: true }),
          listed("/mnt/b", { damaged: true, lastError: { chunkId: 0xabn, time: 1_795_345_832 } }),
          listed("/mnt/z", { scanPercent: 40 }),
        ],
        cm02: undefined,
      },
      unreachable: ["cm03"],
    });
    const text = diskTable(diskRows(mixed, ["cm01", "cm02", "cm03"]));
    assert.deepEqual(
      text.split("\n").map((line) => line.replaceAll(/ {2,}/g, " | ")),
      [
        "cm01:/mnt/a | marked, in use | 100 chunks | 10 GiB of 100 GiB",
        "cm01:/mnt/b | damaged | 100 chunks | 10 GiB of 100 GiB | last error 2026-11-22T11:10:32.000Z on chunk 00000000000000AB",
        "cm01:/mnt/z | not in the inventory, scanning 40 % | 100 chunks | 10 GiB of 100 GiB",
        "cm02:/mnt/a | unknown: the chunkserver does not answer",
        "cm02:/mnt/b | unknown: the chunkserver does not answer",
        "cm03:/mnt/a | unknown: the host cannot be reached",
        "cm03:/mnt/b | unknown: the host cannot be reached",
      ],
    );
  });

  test("a host that cannot be reached may have marks, so a status without words names it", () => {
    assert.deepEqual(markedTargets(emptiedWorld({ unreachable: ["cm01"] })), [
      { host: "cm01", paths: [] },
      { host: "cm03", paths: ["/mnt/b"] },
    ]);
  });
});
