// When the master stays awake for the next request, and when it does not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { IdlePoll, RunnableThreads } from "../../../../../daemons/master/io/idle-poll.ts";

const longestMs = 0.2;
const closeMs = 0.05;
const processors = 2;

/** A poll on a clock, a machine and an event loop of its own. */
class Machine {
  nowMs = 1000;
  runnable: number | undefined = 1;
  /** What the loop calls after its next look. */
  looks: (() => void)[] = [];
  readonly poll = new IdlePoll({
    clock: () => this.nowMs,
    processors,
    runnableThreads: () => this.runnable,
    lookForInput: (then) => this.looks.push(then),
  });

  constructor() {
    this.poll.configure(longestMs);
    this.observe(1);
  }

  observe(times: number): void {
    for (let count = 0; count < times; count++) this.poll.observe();
  }

  /** Requests that follow each answer after a pause, without any look between them. */
  requests(count: number, pauseMs: number): void {
    for (let index = 0; index < count; index++) {
      this.nowMs += pauseMs;
      this.poll.requested(this.nowMs);
      this.poll.answered();
    }
  }

  /** Lets the loop look until it may sleep; the number of looks. */
  lookUntilAsleep(stepMs: number): number {
    for (let count = 0; count < 1000; count++) {
      const [look] = this.looks.splice(0, 1);
      if (look === undefined) return count;
      this.nowMs += stepMs;
      look();
    }
    return assert.fail("it polls for ever");
  }
}

test("it polls once requests come closely, for no longer than it may", () => {
  const machine = new Machine();
  machine.requests(1, closeMs);
  assert.equal(machine.looks.length, 0, "one request is no habit");
  machine.requests(100, closeMs);
  assert.equal(machine.looks.length, 1);
  const lookedMs = machine.lookUntilAsleep(0.01) * 0.01;
  assert.ok(lookedMs >= longestMs && lookedMs < longestMs + 0.02, `${lookedMs} ms`);
  assert.ok(machine.poll.polledMs >= longestMs);
});

test("requests that come seldom end it", () => {
  const machine = new Machine();
  machine.requests(100, closeMs);
  machine.lookUntilAsleep(0.01);
  machine.requests(20, 5);
  machine.lookUntilAsleep(0.01);
  machine.requests(1, 5);
  assert.equal(machine.looks.length, 0);
});

test("a request that comes while it polls makes it go on from there, with one look at a time", () => {
  const machine = new Machine();
  machine.requests(100, closeMs);
  for (let count = 0; count < 30; count++) {
    assert.equal(machine.looks.length, 1);
    machine.looks.splice(0, 1)[0]?.();
    machine.requests(1, closeMs);
  }
  assert.ok(machine.lookUntilAsleep(0.01) > 0);
});

test("it does not poll on a machine whose processors are wanted, or which does not tell", () => {
  for (const runnable of [processors + 2, undefined]) {
    const machine = new Machine();
    machine.runnable = runnable;
    machine.observe(100);
    machine.requests(100, closeMs);
    assert.equal(machine.looks.length, 0);
    machine.runnable = 1;
    machine.observe(100);
    machine.requests(1, closeMs);
    assert.equal(machine.looks.length, 1, "it polls again when they are free");
  }
});

test("zero switches it off", () => {
  const machine = new Machine();
  machine.poll.configure(0);
  machine.requests(100, 0);
  assert.equal(machine.looks.length, 0);
});

test("a reload that switches it off ends a poll that goes on", () => {
  const machine = new Machine();
  machine.requests(100, closeMs);
  machine.poll.configure(0);
  assert.equal(machine.lookUntilAsleep(0.01), 1);
});

test("the count of runnable threads is the kernel's; a system without it says nothing", () => {
  using threads = new RunnableThreads();
  const count = threads.count();
  assert.ok(count !== undefined && count >= 1);
  using none = new RunnableThreads("/proc/no-such-file");
  assert.equal(none.count(), undefined);
  using other = new RunnableThreads("/proc/self/cmdline");
  assert.equal(other.count(), undefined);
});
