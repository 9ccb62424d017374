// What a daemon asks of the kernel for itself: descriptors, memory, priority, core files, the OOM killer.
// Spec: config-and-cli.md 2.1 steps 4, 5, 10 to 12. Nothing here stops a start.

import { writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import type { Daemon } from "../config/options.ts";
import type { Config } from "./config.ts";
import {
  allowCoreDump,
  describeError,
  lockMemory,
  resource,
  resourceLimit,
  setResourceLimit,
  unlimited,
} from "./system-calls.ts";
import type { Voice } from "./voice.ts";

const openFilesWanted = { mfsmaster: 16384, mfschunkserver: 16384, mfsmetalogger: 4096 } as const;
const openFilesLeast = 1024n;
const neverKilled = "-1000";

/** Sets the limit of open files: as wanted, else what the kernel allows in steps of three quarters. */
export function limitOpenFiles(daemon: Daemon, voice: Voice): void {
  let count = BigInt(openFilesWanted[daemon]);
  if (!trySetOpenFiles(count)) {
    count = resourceLimit(resource.openFiles).hard;
    while (count > openFilesLeast && !trySetOpenFiles(count)) count = (count * 3n) / 4n;
  }
  voice.announce(`open files limit has been set to: ${count}`);
}

function trySetOpenFiles(count: bigint): boolean {
  try {
    setResourceLimit(resource.openFiles, { soft: count, hard: count });
    return true;
  } catch {
    // The caller tries a smaller one.
    return false;
  }
}

/** What only root may do, before its rights are given up. */
export function claimPrivileges(config: Config, voice: Voice): void {
  if (config.number("LOCK_MEMORY") !== 0) allowLockedMemory(voice);
  try {
    setPriority(config.number("NICE_LEVEL"));
  } catch {
    // Errors of the priority are ignored, as 3.0.117 does.
  }
}

function allowLockedMemory(voice: Voice): void {
  try {
    setResourceLimit(resource.lockedBytes, { soft: unlimited, hard: unlimited });
  } catch (error) {
    voice.announce(`error setting memory lock limit to unlimited: ${describeError(error)}`);
  }
}

/** Asks the kernel to spare us; true when it will. To be called while we may. */
export function avoidOutOfMemoryKiller(config: Config): boolean | null {
  if (config.number("DISABLE_OOM_KILLER") !== 1) return null;
  try {
    writeFileSync("/proc/self/oom_score_adj", neverKilled);
    return true;
  } catch {
    // A container may not; the start goes on.
    return false;
  }
}

/** What comes once the lock is held. */
export function settleProcess(config: Config, raiseCoreLimit: boolean, voice: Voice): void {
  if (config.number("LOCK_MEMORY") !== 0) {
    try {
      lockMemory();
      voice.announce("process memory was successfully locked in RAM");
    } catch (error) {
      voice.announce(`memory lock error: ${describeError(error)}`);
    }
  }
  if (raiseCoreLimit) raiseCore();
}

function raiseCore(): void {
  try {
    const { hard } = resourceLimit(resource.coreBytes);
    setResourceLimit(resource.coreBytes, { soft: hard, hard });
    allowCoreDump();
  } catch {
    // A core file is a help, not a need.
  }
}
