// Whether this machine can run a cluster. What is missing is named at once: a cluster that cannot run fails.

import { accessSync, constants } from "node:fs";
import { run } from "../lab/command.ts";
import { stockPackages } from "../support/stock-packages.ts";
import { ClusterError } from "./errors.ts";

const needed: Readonly<Record<string, readonly string[]>> = {
  ...stockPackages,
  iproute2: ["ip"],
  "util-linux": ["nsenter", "umount"],
};

async function missingPrograms(): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const [name, programs] of Object.entries(needed)) {
    for (const program of programs) {
      const found = await run(["sh", "-c", `command -v ${program}`]);
      if (found.code !== 0) missing.push(`the program '${program}' (Debian package '${name}')`);
    }
  }
  return missing;
}

function hasFuse(): boolean {
  try {
    accessSync("/dev/fuse", constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false; // absent and forbidden are both a missing capability
  }
}

/** Throws one error that names everything this machine lacks. */
export async function requirePrograms(): Promise<void> {
  const missing = [
    ...(process.getuid?.() === 0 ? [] : [`root rights (running as user ${process.getuid?.()})`]),
    ...(hasFuse() ? [] : ["'/dev/fuse'"]),
    ...(await missingPrograms()),
  ];
  if (missing.length === 0) return;
  throw new ClusterError(
    "capability",
    `Cannot run a cluster on this machine: missing are ${missing.join(", ")}, expected all of them`,
  );
}
