// Room for copies: enough space in sum is not enough, it must be where the goal can still be met.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { lackOfRoom, roomQuestion } from "../../../../src/phases/disk/room.ts";
import { gibibyte, listed, target, world } from "../../disk/disk-world.ts";

const question = {
  neededBytes: 100,
  goals: [2],
  othersFreeBytes: [100, 100],
  ownFreeBytes: 100,
} as const;

describe("lack of room", () => {
  test("there is none where as many other servers as the goal take an even share", () => {
    assert.equal(lackOfRoom(question), undefined);
    assert.equal(lackOfRoom({ ...question, othersFreeBytes: [50, 50] }), undefined);
  });

  test("one large server does not replace the second that a goal of two needs", () => {
    assert.match(lackOfRoom({ ...question, othersFreeBytes: [1000, 10] }) ?? "", /goal 2/);
  });

  test("the last disk of one of three servers is not emptied while goal 3 is in use", () => {
    const last = { ...question, goals: [2, 3], ownFreeBytes: undefined };
    assert.match(lackOfRoom(last) ?? "", /goal 3 .* 2 other servers .* expected 3/);
  });

  test("with a copy on every server the copies move to the other disks of the same server", () => {
    assert.equal(lackOfRoom({ ...question, goals: [3] }), undefined);
    assert.equal(lackOfRoom({ ...question, goals: [9] }), undefined);
    assert.match(
      lackOfRoom({ ...question, goals: [3], ownFreeBytes: 99 }) ?? "",
      /other disks of the same server/,
    );
  });

  test("a goal between does not move within the server", () => {
    const some = { ...question, goals: [3], othersFreeBytes: [100, 100, 0] };
    assert.match(lackOfRoom(some) ?? "", /2 other servers/);
  });

  test("a disk without chunks needs no room where no chunk exists", () => {
    const empty = { neededBytes: 0, goals: [], othersFreeBytes: [], ownFreeBytes: undefined };
    assert.equal(lackOfRoom(empty), undefined);
  });

  test("where room is found for goal g, any g - 1 holders leave a server that takes a share", () => {
    const free = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 8 });
    fc.assert(
      fc.property(
        free,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 3000 }),
        (othersFreeBytes, goal, neededBytes) => {
          const asked = { neededBytes, goals: [goal], othersFreeBytes, ownFreeBytes: undefined };
          if (lackOfRoom(asked) !== undefined) return;
          const sorted = othersFreeBytes.toSorted((left, right) => right - left);
          assert.ok((sorted[goal - 1] ?? 0) > 0);
          assert.ok(sorted.reduce((sum, each) => sum + each, 0) >= neededBytes);
        },
      ),
    );
  });
});

describe("the question of a world", () => {
  test("counts what the chunks can need, not what else lies on the volume", () => {
    const few = world({
      disks: {
        cm03: [listed("/mnt/a"), listed("/mnt/b", { chunks: 2, usedBytes: 50 * gibibyte })],
      },
    });
    assert.equal(roomQuestion(few, target).neededBytes, 2 * (64 * 1024 * 1024 + 8192));
    assert.equal(roomQuestion(world(), target).neededBytes, 100 * (64 * 1024 * 1024 + 8192));
  });

  test("leaves out marked and damaged disks of the same server", () => {
    const own = [listed("/mnt/a", { damaged: true }), listed("/mnt/b")];
    assert.equal(roomQuestion(world({ disks: { cm03: own } }), target).ownFreeBytes, undefined);
  });

  test("keeps one part in a hundred of each server free, as the master does", () => {
    assert.deepEqual(roomQuestion(world(), target).othersFreeBytes, [
      178 * gibibyte,
      178 * gibibyte,
    ]);
  });
});
