// The hands of the runner: performs one action on one host. Everything here is bounded in time.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { MfsctlError } from "../errors.ts";
import { clientEndpoint, openMaster } from "../facts/gather.ts";
import type { Host, Hosts } from "../host/host.ts";
import { writeFileCommand } from "../host/files.ts";
import type { Inventory } from "../inventory/schema.ts";
import { forgetChunkserver } from "../wire/chunkserver-command.ts";
import { setGoal } from "../wire/goal.ts";
import type {
  Action,
  FenceAction,
  ForgetAction,
  GoalAction,
  RunAction,
  WaitAction,
} from "./actions.ts";
import { describeAction, describeProbe } from "./describe.ts";
import { holds } from "./probes.ts";

/** What performing needs besides the action. */
export interface Hands {
  /** Hosts whose changes carry the lease's token. */
  readonly hosts: Hosts;
  readonly inventory: Inventory;
  /** The present master's host: cluster probes ask it. */
  readonly master: string;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds of a clock that is never set. */
  readonly elapsed: () => number;
  /** Detail lines for -v. */
  readonly trace: (line: string) => void;
}

const firstPauseMs = 100;
const longestPauseMs = 2_000;

/** Performs an action; throws `MfsctlError` when it did not come to its end. */
export async function perform(action: Action, hostName: string, hands: Hands): Promise<void> {
  hands.trace(`${hostName}: ${describeAction(action)}`);
  const { signal } = hands;
  switch (action.kind) {
    case "run":
      return await runCommand(action, await hands.hosts.host(hostName, { signal }), signal);
    case "write":
      return await runCommand(
        {
          kind: "run",
          title: action.title,
          command: writeFileCommand({ ...action, content: Buffer.from(action.content) }),
        },
        await hands.hosts.host(hostName, { signal }),
        signal,
      );
    case "wait":
      return await waitFor(action, hostName, hands);
    case "copy":
      return await copyBetween(action, hostName, hands);
    case "goal":
      return await changeGoal(action, hostName, hands);
    case "fence":
      return await fence(action, hostName, signal);
    case "pause":
      throw new MfsctlError("timedOut", `Paused: ${action.instruction}`, {
        host: hostName,
        hint: "when it is done: mfsctl resume",
      });
    case "forget":
      return await forget(action, hostName, hands);
    default:
      return action satisfies never;
  }
}

async function changeGoal(action: GoalAction, hostName: string, hands: Hands): Promise<void> {
  const host = await hands.hosts.host(hostName, { signal: hands.signal });
  await askGuard(action.title, host, hands.signal);
  const { path, goal, recursive = true } = action;
  const client = await openMaster(host, hands.inventory, { signal: hands.signal });
  const change = await setGoal(client, path, goal, recursive);
  if (change.notPermitted + change.quotaExceeded === 0) return;
  const all = change.changed + change.unchanged + change.notPermitted + change.quotaExceeded;
  const { address } = clientEndpoint(hands.inventory, hostName);
  throw new MfsctlError(
    "refused",
    `Cannot set goal ${goal} on "${path}": ${change.notPermitted} files and folders were not permitted and ${change.quotaExceeded} are over their quota, expected all ${all} to have it`,
    {
      host: hostName,
      hint:
        change.notPermitted > 0
          ? `let the exports give ${address} maproot=0 in the inventory, then: mfsctl deploy`
          : "raise the quota with mfssetquota on a mount, then: mfsctl resume",
    },
  );
}

/** The wire knows no token, so the host's guard is asked before it. */
async function askGuard(title: string, host: Host, signal: AbortSignal): Promise<void> {
  await runCommand({ kind: "run", title, command: { argv: ["true"] } }, host, signal);
}

async function forget(action: ForgetAction, hostName: string, hands: Hands): Promise<void> {
  const host = await hands.hosts.host(hostName, { signal: hands.signal });
  await askGuard(action.title, host, hands.signal);
  const client = await openMaster(host, hands.inventory, { signal: hands.signal });
  try {
    await forgetChunkserver(client, action);
  } finally {
    client.close();
  }
}

async function runCommand(action: RunAction, host: Host, signal: AbortSignal): Promise<void> {
  const output = await host.exec(action.command, { signal });
  if ((action.okCodes ?? [0]).includes(output.code)) return;
  const said = `${output.stderr.toString("utf8")}${output.stdout.toString("utf8")}`
    .replaceAll("\0", "")
    .trim()
    .split("\n");
  throw new MfsctlError(
    "someHostsFailed",
    `Cannot ${lowerFirst(action.title)}: "${action.command.argv[0]}" ended with ${output.code}: ${said.at(-1) ?? ""}`,
    {
      host: host.name,
      details: said.slice(-8, -1).map((line) => `${host.name}: ${line}`),
      hint: action.hint ?? "mend it, then: mfsctl resume",
    },
  );
}

function lowerFirst(text: string): string {
  return `${text[0]?.toLowerCase() ?? ""}${text.slice(1)}`;
}

async function waitFor(action: WaitAction, hostName: string, hands: Hands): Promise<void> {
  const deadlineMs = hands.elapsed() + action.timeoutSeconds * 1000;
  let pauseMs = firstPauseMs;
  let last = "";
  for (;;) {
    const answer = await holds(action.probe, hostName, hands);
    if (answer === true) return;
    last = answer;
    if (hands.elapsed() + pauseMs > deadlineMs) break;
    await hands.sleep(pauseMs, hands.signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
  throw new MfsctlError(
    action.code ?? "timedOut",
    `Cannot ${lowerFirst(action.title)}: after ${action.timeoutSeconds} s ${last}, expected that ${describeProbe(action.probe)}`,
    { host: hostName, hint: action.hint ?? "mfsctl status shows the cluster; then: mfsctl resume" },
  );
}

async function copyBetween(
  action: Extract<Action, { kind: "copy" }>,
  hostName: string,
  hands: Hands,
): Promise<void> {
  const { signal } = hands;
  const scratch = await mkdtemp(path.join(tmpdir(), "mfsctl-copy-"));
  try {
    const local = `${scratch}/`;
    const from = await hands.hosts.host(action.fromHost, { signal });
    await from.rsync(
      { direction: "pull", local, remote: `${action.from}/`, options: action.options },
      { signal },
    );
    const target = await hands.hosts.host(hostName, { signal });
    await target.rsync({ direction: "push", local, remote: `${action.to}/` }, { signal });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function fence(action: FenceAction, hostName: string, signal: AbortSignal): Promise<void> {
  const result = await execa("sh", ["-c", action.line], {
    reject: false,
    timeout: action.timeoutSeconds * 1000,
    cancelSignal: signal,
    maxBuffer: 1_000_000,
  });
  if (result.exitCode === 0) return;
  throw new MfsctlError(
    "refused",
    `Cannot fence the host: fence_command ended with ${result.exitCode ?? "no exit code"}: ${result.stderr.trim().split("\n").at(-1) ?? ""}`,
    {
      host: hostName,
      hint: `power ${hostName} off by hand, then add --i-fenced-it "how"`,
    },
  );
}
