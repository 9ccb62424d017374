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
  if (machine.files.lstat(alone) !== undefined) return machine.files.remove(alone);
  const [token, name] = (machine.files.read(record) ?? `0 ${me}`).trim().split(" ");
  if (!/^\d{1,15}$/.test(token ?? "")) throw new FakeFailure(`start guard: ${record} is damaged`);
  if (name !== me)
    throw new FakeFailure(`start guard: the master is ${name ?? "?"} since token ${token ?? "?"}`);
  if (others.length === 0) return;
  const answers = others.flatMap((address) => {
    if (network.reach(machine, address, 9421) !== undefined) {
      throw new FakeFailure(`start guard: another master serves on ${address}:9421`);
    }
    const witness = network.reach(machine, address, 9428);
    return witness === undefined ? [] : [witness.files.read(record) ?? ""];
  });
  const known = answers.filter((answer) => /^\d{1,15} /.test(answer));
  for (const answer of known) {
    const [theirs, holder] = answer.trim().split(" ");
    if (Number(theirs) > Number(token) && holder !== me) {
      throw new FakeFailure(
        `start guard: the master is ${holder ?? "?"} since token ${theirs ?? "?"}`,
      );
    }
  }
  if (known.length === 0) throw new FakeFailure("start guard: no other metadata host answers");
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
