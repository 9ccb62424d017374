// What a running lab leaves on disk about itself, so that other processes can use it and clean up after it.

import { readFileSync } from "node:fs";
import { mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { run } from "./command.ts";
import { LabError } from "./errors.ts";

export interface HostSpec {
  readonly name: string;
  /** How many disks the host has beside its root: `/data/d1`, `/data/d2` and so on. */
  readonly dataDisks?: number;
}

/** One lab, as its folder records it. */
export interface LabState {
  readonly name: string;
  readonly hosts: readonly HostSpec[];
  readonly net: string;
  readonly diskSize: string;
  readonly dataDiskSize: string;
  /** The folder of the hosts' common root. */
  readonly base: string;
  /** The process whose end is the lab's end; absent for a lab that is kept until `down`. */
  readonly owner?: string;
}

const parent = "/var/tmp";
const prefix = "mfs-lab-";
const netCount = 250;
const hostsMax = 200;

/** The folder of the lab of this name. */
export function labFolder(name: string): string {
  return path.join(parent, prefix + name);
}

/** A process by number and start time, for numbers are used again; undefined when it has ended. */
export function processIdentity(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return `${pid}:${fields[19]}`;
  } catch {
    return undefined; // no such process
  }
}

/** Takes the lab's name by making its folder; of two that try, one gets it. */
export async function claim(state: LabState): Promise<void> {
  const folder = labFolder(state.name);
  const draft = await mkdtemp(path.join(parent, "new-lab-"));
  try {
    await writeFile(path.join(draft, "lab.json"), `${JSON.stringify(state, undefined, 2)}\n`);
    await rename(draft, folder);
  } catch (cause) {
    await rm(draft, { recursive: true });
    const advice = `'./bin/node test/lab/cli.ts down ${state.name}' removes it`;
    const message = `Cannot start the lab '${state.name}': '${folder}' is in use, expected a free name; ${advice}`;
    throw new LabError("inUse", message, { cause });
  }
}

/** The record of the lab of this name; undefined when there is none. */
export async function readState(name: string): Promise<LabState | undefined> {
  const text = await readFile(path.join(labFolder(name), "lab.json"), "utf8").catch(
    () => undefined,
  );
  return text === undefined ? undefined : (JSON.parse(text) as LabState);
}

/** All labs of this machine. */
export async function readStates(): Promise<readonly LabState[]> {
  const names = (await readdir(parent)).filter((entry) => entry.startsWith(prefix));
  const states = await Promise.all(names.map((entry) => readState(entry.slice(prefix.length))));
  return states.filter((state) => state !== undefined);
}

/** Whether the process to which the lab belongs is gone. */
export function isAbandoned(state: LabState): boolean {
  if (state.owner === undefined) return false;
  return processIdentity(Number.parseInt(state.owner, 10)) !== state.owner;
}

/** The first net of 10.77.x that neither a lab nor an interface of this machine uses. */
export async function freeNet(): Promise<string> {
  const used = (await readStates()).map((state) => `${state.net}.`);
  const addresses = (await run(["ip", "-4", "-o", "addr"])).stdout;
  for (let index = 0; index < netCount; index++) {
    const net = `10.77.${index}`;
    if (!addresses.includes(` ${net}.`) && !used.includes(`${net}.`)) return net;
  }
  throw new LabError(
    "usage",
    `Cannot find a net for the lab: all of 10.77.x are in use, expected a free one`,
  );
}

/** Refuses names that would not fit into the names of interfaces, and hosts that are named twice. */
export function validate(name: string, hosts: readonly HostSpec[]): void {
  const names = hosts.map((host) => host.name);
  const wrong = names.find(
    (one) => !/^[a-z][a-z0-9-]{0,30}$/.test(one) || one === "proxy" || one === "seed",
  );
  if (!/^[a-z]{1,4}$/.test(name)) {
    throw new LabError(
      "usage",
      `Cannot name the lab '${name}': expected one to four lower-case letters`,
    );
  }
  if (wrong !== undefined) {
    throw new LabError(
      "usage",
      `Cannot name a host '${wrong}': expected lower-case letters, digits and hyphens`,
    );
  }
  if (new Set(names).size !== names.length || names.length === 0 || names.length > hostsMax) {
    throw new LabError(
      "usage",
      `Cannot start the hosts ${names.join(", ")}: expected 1 to ${hostsMax} different names`,
    );
  }
}
