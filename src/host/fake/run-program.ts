// Runs an argv on a simulated machine. An argv that nobody here knows throws and names itself, so that a builder
// that changed is found by the first test that uses it.

import { FencedHost } from "../fenced.ts";
import type { Command, Host, Output } from "../host.ts";
import { coreutils } from "./coreutils.ts";
import { FakeFailure } from "./files.ts";
import { packageManagers } from "./packages.ts";
import type { FakeSystem, Program, ProgramResult } from "./program.ts";
import { scripts } from "./scripts.ts";
import { systemctl } from "./systemctl.ts";

const programs: Readonly<Record<string, Program>> = { ...coreutils, ...packageManagers, systemctl };

/** Runs a command to its end. */
export function runProgram(system: FakeSystem, command: Command): Output {
  try {
    const { code = 0, stdout = "", stderr = "" } = dispatch(system, command);
    return { code, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) };
  } catch (error) {
    if (!(error instanceof FakeFailure)) throw error;
    const said = Buffer.from(`${command.argv[0]}: ${error.message}\n`);
    return { code: error.code, stdout: Buffer.alloc(0), stderr: said };
  }
}

function dispatch(system: FakeSystem, command: Command): ProgramResult {
  const [name, ...words] = command.argv;
  const stdin = Buffer.from(command.stdin ?? "");
  if (name === "env") {
    const first = words.findIndex((word) => !word.includes("="));
    return dispatch(system, { ...command, argv: [words[first] ?? "", ...words.slice(first + 1)] });
  }
  if ((name === "sh" || name === "bash") && words[0] === "-c") {
    const text = words[1] ?? "";
    const rest = words.slice(3);
    if (text === fenceGuard) return guarded(system, command, rest);
    const script = scripts.get(text);
    if (script !== undefined) return script({ system, words: rest, stdin });
  }
  const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
  if (program !== undefined) return program({ system, words, stdin });
  throw new Error(`the fake on "${system.machine.name}" does not know: ${command.argv.join(" ")}`);
}

/** The guard's text, as a fenced host sends it: its call reaches the inner host before anything is awaited. */
const fenceGuard = ((): string => {
  const seen: string[] = [];
  const inner = {
    name: "fence",
    exec: (command: Command) => {
      seen.push(command.argv[2] ?? "");
      return Promise.resolve({ code: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) });
    },
  } as Partial<Host> as Host;
  new FencedHost(inner, { token: 0 }).exec({ argv: ["true"] }).catch(() => undefined);
  const text = seen[0];
  if (text === undefined) throw new Error("the fence sent no guard");
  return text;
})();

/** Exit code of the guard, and its words, as fenced.ts reads them. */
function guarded(system: FakeSystem, command: Command, words: readonly string[]): ProgramResult {
  const [token = "", folder = "", ...argv] = words;
  const { files } = system.machine;
  const refuse = (why: string) => ({ code: 75, stderr: `mfsctl-fence ${why}\n` });
  if (files.stat(folder) === undefined) files.makeFolder(folder);
  if (files.stat(`${folder}/token.lock`) === undefined) files.write(`${folder}/token.lock`, "");
  const stored = (files.read(`${folder}/token`) ?? "0").trim();
  if (!/^\d+$/.test(stored)) return refuse("damaged");
  if (Number(token) < Number(stored)) return refuse(`lower ${stored}`);
  if (Number(token) > Number(stored)) files.write(`${folder}/token`, `${token}\n`);
  return dispatch(system, { ...command, argv: [argv[0] ?? "", ...argv.slice(1)] });
}
