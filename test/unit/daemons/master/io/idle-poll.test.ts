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
  readonly poll: IdlePoll;

  constructor(count = processors) {
    this.poll = new IdlePoll({
      clock: () => this.nowMs,
      processors: count,
      runnableThreads: () => this.runnable,
      lookForInput: (then) => this.looks.push(then),
    });
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
  // Those hundred requests came without a look between them: their pauses count, for it was awake.
  const mostMs = 100 * closeMs + longestMs + 0.02;
  assert.ok(machine.poll.polledMs >= longestMs && machine.poll.polledMs <= mostMs);
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

test("a poll that goes on ends when others want the processors", () => {
  const machine = new Machine();
  machine.requests(100, closeMs);
  machine.runnable = 50;
  machine.observe(100);
  machine.looks.splice(0, 1)[0]?.();
  machine.requests(100, closeMs);
  assert.equal(machine.looks.length, 0);
});

test("it does not poll on the only processor", () => {
  const machine = new Machine(1);
  machine.requests(100, closeMs);
  assert.equal(machine.looks.length, 0);
});

test("time that turns take is no time of polling", () => {
  const machine = new Machine();
  machine.requests(100, closeMs);
  machine.lookUntilAsleep(0.01);
  machine.requests(1, closeMs);
  const before = machine.poll.polledMs;
  for (let count = 0; count < 50; count++) {
    machine.looks.splice(0, 1)[0]?.();
    machine.nowMs += closeMs;
    machine.poll.requested(machine.nowMs);
    machine.nowMs += 10;
    machine.poll.answered();
  }
  assert.ok(Math.abs(machine.poll.polledMs - before - 50 * closeMs) < 0.01);
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
