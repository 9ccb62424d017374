// The start guard of a metadata host, as its script says: what the script on the disk names is believed, what it does
// is told again here. The script itself is tested with a real shell in the lab.

import { FakeFailure } from "./files.ts";
import type { FakeMachine } from "./machine.ts";
import type { Network } from "./moosefs.ts";

interface GuardScript {
  readonly me: string;
  readonly others: readonly string[];
  readonly record: string;
  readonly alone: string;
}

/** Throws where the guard refuses to start; a guard that would wait for others for ever throws too. */
export function startGuard(machine: FakeMachine, program: string, network: Network): void {
  const { me, others, record, alone } = readScript(machine, program);
  const order = machine.files.lstat(alone) !== undefined;
  if (order) machine.files.remove(alone);
  const [token = "", name] = (machine.files.read(record) ?? `0 ${me}`).trim().split(" ");
  if (!/^\d{1,15}$/.test(token)) refuse(`${record} is damaged`);
  if (name !== me) refuse(`the master is ${name ?? "?"} since token ${token}`);
  if (others.length === 0) return;
  const known = others.flatMap((address) => {
    if (network.reach(machine, address, 9421) !== undefined) {
      refuse(`another master serves on ${address}:9421`);
    }
    const said = network.reach(machine, address, 9428)?.files.read(record) ?? "";
    return /^\d{1,15} /.test(said) ? [said.trim().split(" ")] : [];
  });
  for (const [theirs, holder] of known) {
    if (holder !== me && Number(theirs) >= Number(token)) {
      refuse(`the master is ${holder ?? "?"} since token ${theirs ?? "?"}`);
    }
  }
  if (known.length === 0 && !order) refuse("no other metadata host answers");
}

function refuse(why: string): never {
  throw new FakeFailure(`start guard: ${why}`);
}

function readScript(machine: FakeMachine, program: string): GuardScript {
  const text = machine.files.read(program);
  if (text === undefined) throw new FakeFailure(`Failed to locate executable ${program}`);
  if (((machine.files.stat(program)?.mode ?? 0) & 0o100) === 0) {
    throw new FakeFailure(`${program}: Permission denied`);
  }
  const value = (pattern: RegExp) => {
    const found = pattern.exec(text)?.[1];
    if (found === undefined)
      throw new Error(`the fake cannot read the start guard: ${String(pattern)}`);
    return found;
  };
  return {
    me: value(/^me=(.*)$/m),
    others: value(/^others=\((.*)\)$/m)
      .split(" ")
      .filter((address) => address !== ""),
    record: value(/^record=(.*)$/m),
    alone: value(/^alone=(.*)$/m),
  };
}
