// What a call does with a running daemon, found by its lock: test, reload, info, stop, kill, and the first half of restart.
// Texts and exit codes: config-and-cli.md 1.1.

import { setTimeout as pause } from "node:timers/promises";
import type { Daemon } from "../config/options.ts";
import type { LockFile } from "./lock-file.ts";
import { describeError } from "./system-calls.ts";
import type { Voice } from "./voice.ts";

/** What such a call needs. */
export interface LockCall {
  readonly daemon: Daemon;
  readonly lock: LockFile;
  readonly voice: Voice;
  readonly timeoutSeconds: number;
}

/** Signals that end the owner of a lock. */
export type EndSignal = "SIGTERM" | "SIGKILL";

const pollMs = 50;
const msPerDot = 10_000;

/** Prints the owner; the exit code says whether there is one. */
export function testOwner({ daemon, lock, voice }: LockCall): number {
  const owner = lock.owner();
  voice.progress(owner === null ? `${daemon} is not running` : `${daemon} pid: ${owner}`);
  return owner === null ? 1 : 0;
}

/** Sends a signal that the owner only notes. */
export function notifyOwner(
  { lock, voice }: LockCall,
  what: { readonly name: "reload" | "info"; readonly signal: NodeJS.Signals },
): number {
  const owner = lock.owner();
  if (owner === null) {
    voice.progress(`can't find process to send ${what.name} signal`);
    return 1;
  }
  const failure = trySignal(owner, what.signal);
  if (failure !== null) {
    voice.announce(`can't send ${what.name} signal to lock owner: ${failure}`);
    return 1;
  }
  voice.progress(`${what.name} signal has been sent`);
  return 0;
}

/** Ends the owner and waits until the lock is free. */
export async function endOwner(call: LockCall, signal: EndSignal): Promise<number> {
  const owner = call.lock.owner();
  if (owner === null) {
    call.voice.progress("can't find process to terminate");
    return 0;
  }
  return (await endAndWait(call, signal, () => call.lock.owner())) ? 0 : 1;
}

/** How the lock was taken, or that it was not. */
export type Taken = "free" | "afterEnd" | "notRunning" | "failed";

/** Takes the lock from a running daemon after its end; `needed`: there must be one. */
export async function takeOver(call: LockCall, needed: boolean): Promise<Taken> {
  const { lock, voice } = call;
  if (lock.owner() === null) {
    if (needed) {
      voice.progress("can't find process to restart");
      return "notRunning";
    }
    if (lock.tryLock()) return "free";
  }
  // The owner is asked for only where the lock could not be taken, so nobody slips in between.
  const ownerUnlessTaken = () => (lock.tryLock() ? null : lock.owner());
  return (await endAndWait(call, "SIGTERM", ownerUnlessTaken)) ? "afterEnd" : "failed";
}

/** Signals each owner that appears, until `stillOwner` finds none. */
async function endAndWait(
  { voice, timeoutSeconds }: LockCall,
  signal: EndSignal,
  stillOwner: () => number | null,
): Promise<boolean> {
  let owner = stillOwner();
  if (owner === null) return true;
  if (!sendEnd(voice, owner, signal, "")) return false;
  voice.raw("waiting for termination ");
  const startMs = performance.now();
  let dots = 0;
  for (;;) {
    const next = stillOwner();
    if (next === null) break;
    if (next !== owner) {
      owner = next;
      voice.raw("\nnew lock owner detected");
      if (!sendEnd(voice, owner, signal, ":")) return false;
    }
    const waitedMs = performance.now() - startMs;
    if (waitedMs >= timeoutSeconds * 1000) {
      voice.raw(":giving up\n");
      return false;
    }
    for (; dots < Math.floor(waitedMs / msPerDot); dots++) voice.raw(".");
    await pause(pollMs);
  }
  voice.raw("terminated\n");
  return true;
}

function sendEnd(voice: Voice, owner: number, signal: EndSignal, mark: "" | ":"): boolean {
  const text = `sending ${signal} to lock owner (pid:${owner})`;
  voice.raw(mark === "" ? `${text}\n` : `:${text}:`);
  const failure = trySignal(owner, signal);
  if (failure === null) return true;
  voice.raw(mark === "" ? "" : "\n");
  voice.announce(`can't kill lock owner: ${failure}`);
  return false;
}

/** Null: sent, or its target ended meanwhile, which the lock will show. */
function trySignal(owner: number, signal: NodeJS.Signals): string | null {
  // 0 and -1 stand for owners of another process namespace; as targets they would mean everybody.
  if (owner <= 0) return "ESRCH (No such process)";
  try {
    process.kill(owner, signal);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return null;
    return describeError(error);
  }
}
