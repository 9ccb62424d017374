// A yes-or-no question on a terminal; where nobody can answer, the answer is no.

import { createInterface } from "node:readline/promises";

/** True when a person typed "yes". Asks only on a terminal, and not in CI. */
export async function askYes(question: string, mayAsk: boolean): Promise<boolean> {
  const terminal = process.stdin.isTTY && process.stderr.isTTY && process.env["CI"] === undefined;
  if (!mayAsk || !terminal) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(`${question} (yes/no) `)).trim() === "yes";
  } finally {
    lines.close();
  }
}
