// The text of an action: for dry runs, plans and the journal, without the secrets that files and commands may hold.

import { createTwoFilesPatch } from "diff";
import { redact } from "../secrets.ts";
import type { Action, Probe } from "./actions.ts";

/** What an action does, one line. */
export function describeAction(action: Action): string {
  switch (action.kind) {
    case "run":
      return `run    ${action.command.argv.map(readable).join(" ")}`;
    case "write":
      return `write  ${action.path} (${action.mode.toString(8).padStart(4, "0")} ${action.owner}:${action.group})`;
    case "wait":
      return `wait   ${describeProbe(action.probe)} (at most ${action.timeoutSeconds} s)`;
    case "copy":
      return `copy   ${action.fromHost}:${action.from} to ${action.to}`;
    case "goal":
      return `goal   ${action.goal} on ${action.path}${action.recursive === false ? "" : ", recursively"}`;
    case "fence":
      return `fence  by the inventory's fence_command`;
    case "pause":
      return `pause  ${action.instruction}`;
    case "forget":
      return `forget the disconnected chunkserver ${action.address}:${action.port}`;
    default:
      return action satisfies never;
  }
}

/** What a probe waits for. */
export function describeProbe(probe: Probe): string {
  switch (probe.probe) {
    case "command":
      return probe.what;
    case "masterServes":
      return "the master answers on port 9421";
    case "chunkserverConnected":
      return `the chunkserver at ${probe.addresses.join(" or ")} is connected`;
    case "metaloggerConnected":
      return `the metalogger at ${probe.addresses.join(" or ")} is connected`;
    case "mountConnected":
      return `the mount ${probe.path} from ${probe.addresses.join(" or ")} is connected`;
    case "disk":
      return probe.expected === "absent"
        ? `the chunkserver lists ${probe.path} no longer`
        : `the chunkserver uses ${probe.path} as ${probe.expected}`;
    case "noChunkMissing":
      return "the chunk matrix is exact and no chunk is missing";
    default:
      return probe satisfies never;
  }
}

/** The unified diff of a write, empty for other actions. */
export function diffOfAction(action: Action): string {
  if (action.kind !== "write" || action.present === action.content) return "";
  const patch = createTwoFilesPatch(
    action.present === undefined ? "/dev/null" : action.path,
    action.path,
    action.present ?? "",
    action.content,
    undefined,
    undefined,
    { context: 3 },
  );
  return redact(patch.replace(/^(Index: .*\n)?=+\n/, ""));
}

const longestWord = 120;

/** A word as a person reads it: scripts are cut to their first words. */
function readable(word: string): string {
  const flat = redact(word).replaceAll(/\s+/g, " ");
  const cut = flat.length > longestWord ? `${flat.slice(0, longestWord)}...` : flat;
  return /^[A-Za-z0-9_@%+=:,./*-]+$/.test(cut) ? cut : `'${cut}'`;
}
