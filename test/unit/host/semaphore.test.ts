// The semaphore: never more than its size, in order of arrival, and nobody is forgotten.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { test } from "node:test";

import { Semaphore } from "../../../src/host/semaphore.ts";

test("never more tasks than places, and every task runs, in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat(4), { maxLength: 30 }),
      async (size, turns) => {
        const semaphore = new Semaphore(size);
        const started: number[] = [];
        let running = 0;
        const task = async (index: number, turnCount: number): Promise<void> => {
          started.push(index);
          running += 1;
          assert.ok(running <= size);
          for (let turn = 0; turn < turnCount; turn += 1) await Promise.resolve();
          running -= 1;
        };
        await Promise.all(turns.map((count, index) => semaphore.run(() => task(index, count))));
        assert.deepEqual(started, [...turns.keys()]);
      },
    ),
  );
});

test("who gives up waiting leaves the queue to the others", async () => {
  const semaphore = new Semaphore(1);
  const release = await semaphore.acquire();
  const controller = new AbortController();
  const impatient = semaphore.acquire(controller.signal);
  const patient = semaphore.acquire();
  controller.abort(new Error("enough"));
  await assert.rejects(impatient, /enough/);
  release();
  release();
  (await patient)();
  await assert.rejects(semaphore.acquire(AbortSignal.abort(new Error("never"))), /never/);
});

test("a task that fails gives its place back", async () => {
  const semaphore = new Semaphore(1);
  await assert.rejects(semaphore.run(() => Promise.reject(new Error("failed"))));
  assert.equal(await semaphore.run(() => Promise.resolve("next")), "next");
});
