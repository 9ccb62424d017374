// Every command there is: its help has examples, and with --json a failure is exactly one document with a code and an
// exit code of the table, whatever the inventory holds.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { Config, type Command } from "@oclif/core";
import { exitCodes, type ErrorCode } from "../../../src/errors.ts";
import { commandProcessFile, type CommandEnd } from "../../support/command-process.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const folder = mkdtempSync(path.join(tmpdir(), "mfsctl-all-"));
const broken = path.join(folder, "broken.yaml");
writeFileSync(broken, "cluster: 1\nhosts: []\n");
after(() => rmSync(folder, { recursive: true }));

/** Commands that read no inventory: they end well. */
const withoutInventory = new Set(["version", "docs:inventory", "docs:exit-codes", "docs:checks"]);
/** Words for what a command insists on, by the name of the argument or flag. */
const samples: Readonly<Record<string, string>> = {
  disk: "cm01:/mnt/a",
  goal: "2",
  path: "/",
  target: "cm01:/mnt/a",
};

/** Runs all these in one process, in order. */
async function mfsctl(calls: readonly (readonly string[])[]): Promise<readonly CommandEnd[]> {
  const file = path.join(folder, "calls.json");
  writeFileSync(file, JSON.stringify(calls));
  const child = spawn(path.join(root, "bin/node"), [commandProcessFile, file], {
    cwd: folder,
    env: { ...process.env, CI: "true", XDG_STATE_HOME: folder, MFSCTL_INVENTORY: broken },
    stdio: "ignore",
  });
  await once(child, "exit");
  return JSON.parse(readFileSync(file, "utf8")) as readonly CommandEnd[];
}

/** What must be given, so that the command comes as far as its inventory. */
function neededWords(command: Command.Loadable): readonly string[] {
  const args = Object.values(command.args)
    .filter(({ required }) => required === true)
    .map((arg) => arg.options?.[0] ?? samples[arg.name] ?? "cm01");
  const flags = Object.entries(command.flags)
    .filter(([, flag]) => flag.required === true)
    .flatMap(([name, flag]) =>
      flag.type === "boolean" ? [`--${name}`] : [`--${name}`, samples[name] ?? "cm01"],
    );
  const program = command.id === "exec" ? ["--", "true"] : [];
  return [...args, ...flags, "--json", ...program];
}

let commands: readonly Command.Loadable[];

before(async () => {
  commands = (await Config.load(root)).commands;
});

/** Runs each command with words of its own. */
async function eachCommand(
  wordsOf: (command: Command.Loadable) => readonly string[],
  look: (command: Command.Loadable, ended: CommandEnd) => void,
): Promise<void> {
  const ends = await mfsctl(commands.map((each) => [...each.id.split(":"), ...wordsOf(each)]));
  assert.equal(ends.length, commands.length);
  for (const [index, command] of commands.entries()) {
    const ended = ends[index];
    assert.ok(ended !== undefined);
    look(command, ended);
  }
}

describe("every command", () => {
  test("there are commands, and each has a summary and two examples that name it", () => {
    assert.ok(commands.length >= 20);
    for (const { id, summary, examples = [] } of commands) {
      assert.ok((summary ?? "").length > 10, `${id} has no summary`);
      assert.ok(examples.length >= 2, `${id} has ${examples.length} examples`);
      for (const example of examples) {
        const line = typeof example === "string" ? example : example.command;
        assert.ok(line.includes(`<%= config.bin %> ${id.replaceAll(":", " ")}`), `${id}: ${line}`);
      }
    }
  });

  test("--help shows the examples and ends with 0", async () => {
    await eachCommand(
      () => ["--help"],
      ({ id }, { code, stdout }) => {
        assert.equal(code, 0, id);
        assert.match(stdout, /\nEXAMPLES\n/, id);
      },
    );
  });

  test("with a broken inventory --json is one document, and its code gives the exit code", async () => {
    await eachCommand(neededWords, (command, ended) => {
      const said = `${command.id}: ${ended.stdout}`;
      const document = parseOne(ended.stdout, said);
      assert.equal(document.schemaVersion, 1, said);
      if (withoutInventory.has(command.id)) {
        assert.deepEqual([ended.code, document.ok], [0, true], said);
        return;
      }
      assert.equal(document.ok, false, said);
      assert.ok(document.error !== undefined && document.error.code in exitCodes, said);
      assert.equal(ended.code, exitCodes[document.error.code], said);
      assert.notEqual(document.error.code, "internal", said);
      const wanted = command.id === "init" ? "refused" : "invalidInventory";
      assert.equal(document.error.code, wanted, said);
    });
  });

  test("with a wrong flag --json is one document that says so", async () => {
    await eachCommand(
      () => ["--json", "--no-such-flag"],
      ({ id }, ended) => {
        const document = parseOne(ended.stdout, id);
        assert.deepEqual([ended.code, document.error?.code], [2, "usage"], id);
      },
    );
  });
});

interface Document {
  readonly schemaVersion: number;
  readonly ok: boolean;
  readonly error?: { readonly code: ErrorCode };
}

function parseOne(stdout: string, said: string): Document {
  try {
    return JSON.parse(stdout) as Document;
  } catch (cause) {
    throw new Error(`no single document: ${said}`, { cause });
  }
}
