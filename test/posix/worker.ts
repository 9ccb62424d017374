// One process of the suite: takes an identity, then runs system calls for the cases, one by one.
// Cases never call the file system in the runner, so a call that hangs can be timed out.

import { calls } from "./calls/all.ts";
import { startAt } from "./calls/processes.ts";
import { CallError } from "./libc.ts";

/** What a process is told at its start. */
export interface WorkerOptions {
  readonly directory: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** A call to run. */
export interface CallRequest {
  readonly id: number;
  readonly name: keyof typeof calls;
  readonly values: readonly unknown[];
}

/** Its result, or why there is none. */
export type CallReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly call: string; readonly code: string };

function answer({ id, name, values }: CallRequest): CallReply {
  try {
    const run = calls[name] as (...values: readonly unknown[]) => unknown;
    return { id, result: run(...values) };
  } catch (error) {
    if (error instanceof CallError) {
      return { id, call: error.call, code: error.code };
    }
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return { id, call: name, code };
  }
}

const options = JSON.parse(process.argv[2] ?? "") as WorkerOptions;
startAt(options.directory);
process.umask(0);
process.setgroups?.([...options.groups]);
process.setgid?.(options.gid);
process.setuid?.(options.uid);
process.on("message", (request: CallRequest) => process.send?.(answer(request)));
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
