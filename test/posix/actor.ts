// Processes as cases see them: an Actor has every call of the table, answered as a promise.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Calls, calls } from "./calls/all.ts";
import { CallError } from "./libc.ts";
import type { CallReply, WorkerOptions } from "./worker.ts";

type RemoteCalls = {
  readonly [Name in keyof Calls]: (
    ...values: Parameters<Calls[Name]>
  ) => Promise<ReturnType<Calls[Name]>>;
};

/** A process of the suite. */
export interface Actor extends RemoteCalls {
  readonly pid: number;
  /** Ends the process at once, as SIGKILL does, and waits until it is gone. */
  readonly kill: () => Promise<void>;
  /** Waits until the process sleeps in a lock call. */
  readonly untilBlocked: () => Promise<void>;
}

/** Who a process can be. Nobody of them is in the machine's user table. */
export const users = {
  root: { uid: 0, gid: 0, groups: [0] },
  owner: { uid: 41001, gid: 41001, groups: [41001] },
  mate: { uid: 41002, gid: 41001, groups: [41001] },
  member: { uid: 41003, gid: 41003, groups: [41003, 41900, 41001] },
  stranger: { uid: 41004, gid: 41004, groups: [41004] },
  /** In more groups than the short form of any request holds. */
  joiner: {
    uid: 41005,
    gid: 41005,
    groups: [...Array.from({ length: 40 }, (_, index) => 42000 + index), 41900],
  },
} as const satisfies Record<string, Omit<WorkerOptions, "directory">>;

/** Names of the table above. */
export type UserName = keyof typeof users;

const startMsMax = 10_000;
const blockedMsMax = 10_000;
const lockCallNumbers = process.arch === "arm64" ? ["25", "32"] : ["72", "73"];
const worker = path.join(import.meta.dirname, "worker.ts");

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

async function untilBlocked(pid: number): Promise<void> {
  const end = Date.now() + blockedMsMax;
  for (;;) {
    const [call = ""] = readFileSync(`/proc/${pid}/syscall`, "latin1").split(" ");
    if (lockCallNumbers.includes(call)) {
      return;
    }
    if (Date.now() > end) {
      throw new Error(`the process waits for no lock, it is in call ${call.trim()}`);
    }
    await delay(2);
  }
}

function connect(child: ChildProcess): Actor {
  const pending = new Map<number, Pending>();
  let lastId = 0;
  child.on("message", (message: CallReply | "ready") => {
    if (message === "ready") {
      return;
    }
    const waiter = pending.get(message.id);
    pending.delete(message.id);
    if ("code" in message) {
      waiter?.reject(new CallError(message.call, message.code));
    } else {
      waiter?.resolve(message.result as never);
    }
  });
  child.on("exit", () => {
    for (const { reject } of pending.values()) {
      reject(new Error("the process of the case was ended"));
    }
    pending.clear();
  });
  const remote = Object.fromEntries(
    Object.keys(calls).map((name) => [
      name,
      (...values: readonly unknown[]) =>
        new Promise((resolve, reject) => {
          const id = ++lastId;
          pending.set(id, { resolve, reject });
          child.send({ id, name, values });
        }),
    ]),
  ) as unknown as RemoteCalls;
  const pid = child.pid ?? 0;
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
  };
  return { ...remote, pid, kill, untilBlocked: () => untilBlocked(pid) };
}

/** Starts a process of this user whose relative names begin at the directory. */
export async function startActor(directory: string, user: UserName): Promise<Actor> {
  const options: WorkerOptions = { directory, ...users[user] };
  const child = fork(worker, [JSON.stringify(options)], { serialization: "advanced" });
  const actor = connect(child);
  const limit = AbortSignal.timeout(startMsMax);
  const [message] = (await Promise.race([
    once(child, "message", { signal: limit }),
    once(child, "exit", { signal: limit }),
  ]).catch(() => ["silence"])) as unknown[];
  if (message !== "ready") {
    child.kill("SIGKILL");
    throw new Error(`Cannot start a process of user "${user}": it ended with ${String(message)}`);
  }
  return actor;
}
