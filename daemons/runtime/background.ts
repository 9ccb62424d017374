// Starting in the background. Node cannot fork, so the call starts the daemon as a process of its own and waits for its word.
// The daemon inherits standard error until it is ready; one byte on its status pipe says that it is. Spec: config-and-cli.md 1.2.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, writeSync } from "node:fs";
import { keepFromChildren } from "./system-calls.ts";

const statusDescriptor = 3;
const marker = "MFS_DAEMON_STATUS";
const readyByte = "r";

/** The daemon's side: the pipe to the call that started it. */
export class StartingCall {
  #open = true;

  /** The call that waits for us, or null when nobody does. Our own children must not see the mark. */
  static take(environment: NodeJS.ProcessEnv): StartingCall | null {
    const marked = environment[marker] === String(process.ppid);
    delete environment[marker];
    if (!marked) return null;
    keepFromChildren(statusDescriptor);
    return new StartingCall();
  }

  /** The daemon works: the call may end with success. */
  ready(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      writeSync(statusDescriptor, readyByte);
    } catch {
      // The call was interrupted; the daemon goes on.
    }
    closeSync(statusDescriptor);
  }
}

/** The call's side: starts this same command again as the daemon; gives the exit code of the call. */
export async function startInBackground(): Promise<number> {
  const script = process.argv[1] ?? "";
  const words = process.argv.slice(2);
  const child = spawn(process.execPath, [...process.execArgv, script, ...words], {
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "pipe"],
    env: { ...process.env, [marker]: String(process.pid) },
  });
  const readiness = new Promise<"ready">((resolve) => {
    child.stdio[statusDescriptor]?.once("data", () => resolve("ready"));
  });
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const first = await Promise.race([readiness, ended]);
  if (first === "ready") return 0;
  const [code] = first;
  // A daemon that ended without its word has failed, whatever it says.
  return code === null || code === 0 ? 1 : code;
}
