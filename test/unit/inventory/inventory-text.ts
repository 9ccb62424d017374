// Inventories for tests: a small valid one, and how to ask what is wrong with a changed one.

import { parseInventory } from "../../../src/inventory/load.ts";
import type { LineChecks } from "../../../src/inventory/check.ts";
import { MfsctlError } from "../../../src/errors.ts";

/** A valid inventory with every part that a test may want to break, one statement a line. */
export const validText = `cluster: lab
engine: packages
exports:
  - "* / rw"
hosts:
  meta01:
    address: 10.0.0.1
    roles: [master]
  cm01:
    address: 10.0.0.11
    roles: [chunkserver, client]
    disks: [/mnt/a, /mnt/b]
    mounts: [{ path: /home/work/share }]
`;

/** The problems of a text, as users read them; empty when it is valid. */
export function problemsIn(text: string, lineChecks?: LineChecks): readonly string[] {
  try {
    parseInventory(text, "i.yaml", lineChecks);
    return [];
  } catch (error) {
    if (error instanceof MfsctlError && error.code === "invalidInventory") return error.details;
    throw error;
  }
}

/** The problems after replacing one piece of the valid text, which must occur in it. */
export function problemsAfter(piece: string, replacement: string): readonly string[] {
  if (!validText.includes(piece)) throw new Error(`Cannot find "${piece}" in the valid inventory`);
  return problemsIn(validText.replace(piece, replacement));
}
