// Who uses which cluster number on this machine: a folder per cluster that names its owner. What a killed owner
// left behind can be found and removed by anybody.

import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { processIdentity } from "../lab/lab-state.ts";
import { ClusterError } from "./errors.ts";
import { Network } from "./network.ts";

const parent = "/var/tmp";
const prefix = "mfs-cluster-";
const clusterCount = 250;

/** A number that is ours, and the folder that goes with it. */
export interface Claim {
  readonly index: number;
  readonly folder: string;
}

/** Takes the first free number. Of two that try, one gets it: a folder with content cannot be replaced. */
export async function claim(): Promise<Claim> {
  const draft = await mkdtemp(path.join(parent, "new-cluster-"));
  await chmod(draft, 0o755); // tests use the mounts as other users too
  await writeFile(path.join(draft, "owner"), `${processIdentity(process.pid)}`);
  for (let index = 0; index < clusterCount; index++) {
    const folder = path.join(parent, prefix + index);
    const isOurs = await rename(draft, folder).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOTEMPTY" || error.code === "EEXIST") return false;
        throw error;
      },
    );
    if (isOurs) return { index, folder };
  }
  await rm(draft, { recursive: true });
  throw new ClusterError(
    "inUse",
    `Cannot start a cluster: all ${clusterCount} numbers are in use, expected a free one`,
  );
}

/** Removes processes, mounts, network and files of a cluster, in this order. */
export function release({ index, folder }: Claim): void {
  new Network(index).remove();
  for (const point of mountsBelow(folder)) execFileSync("umount", ["-l", point]);
  const left = mountsBelow(folder);
  if (left.length > 0)
    throw new ClusterError(
      "inUse",
      `Cannot remove '${folder}': ${left.join(", ")} is still mounted, expected nothing`,
    );
  rmSync(folder, { recursive: true, force: true });
}

/** Removes the clusters whose owners were killed, and names their folders. */
export function sweep(): readonly string[] {
  const abandoned = readdirSync(parent)
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({ index: Number(name.slice(prefix.length)), folder: path.join(parent, name) }))
    .filter(isAbandoned);
  for (const one of abandoned) release(one);
  return abandoned.map((one) => one.folder);
}

/** What is mounted below a folder, the innermost first. */
export function mountsBelow(folder: string): readonly string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((point) => point.startsWith(`${folder}/`))
    .toReversed();
}

function isAbandoned({ folder }: Claim): boolean {
  try {
    const owner = readFileSync(path.join(folder, "owner"), "utf8");
    return processIdentity(Number.parseInt(owner, 10)) !== owner;
  } catch {
    return false; // its owner is removing it at this moment
  }
}
