// Many commands in one process, for tests that walk all of them: reads a JSON array of word lists from the file it is
// given, writes how each ended to the same file. A process each would cost a second a command.

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "../../src/cli/main.ts";

/** How a command ended. */
export interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
}

/** This file, to be run with the path of a file. */
export const commandProcessFile: string = fileURLToPath(import.meta.url);

const root = path.resolve(import.meta.dirname, "../..");

async function capture(words: readonly string[]): Promise<CommandEnd> {
  let stdout = "";
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text: string | Uint8Array): boolean => {
    stdout += typeof text === "string" ? text : Buffer.from(text).toString("utf8");
    return true;
  };
  process.exitCode = 0;
  try {
    await main(words, root);
  } finally {
    process.stdout.write = write;
  }
  const code = process.exitCode;
  process.exitCode = 0;
  return { code, stdout };
}

if (process.argv[1] === commandProcessFile) {
  const file = process.argv[2] ?? "";
  const calls = JSON.parse(readFileSync(file, "utf8")) as readonly (readonly string[])[];
  const ends: CommandEnd[] = [];
  for (const words of calls) ends.push(await capture(words));
  writeFileSync(file, JSON.stringify(ends));
  process.exit();
}
