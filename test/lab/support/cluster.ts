// A deployed cluster for lab tests: six hosts, of which three keep chunks on two disks each and two mount the cluster.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Lab } from "../lab.ts";
import { ControlMachine } from "./mfsctl.ts";

export interface DeployedOptions {
  /** The lab's name, one to four letters. */
  readonly name: string;
  /** Settings of mfsmaster.cfg. */
  readonly mfsmaster?: Readonly<Record<string, string | number>>;
}

/** A lab on which mfsctl has deployed. */
export interface DeployedCluster {
  readonly lab: Lab;
  /** The machine that deployed. */
  readonly control: ControlMachine;
  /** Another one: its own home and state, the same inventory. */
  readonly otherControl: (name: string) => Promise<ControlMachine>;
  readonly down: () => Promise<void>;
}

const metadataHosts = ["meta01", "meta02", "meta03"] as const;
export const clients = ["cm01", "cm02"] as const;
export const chunkservers = ["cm01", "cm02", "cm03"] as const;
/** On every chunkserver. */
export const dataDisks = ["/data/d1", "/data/d2"] as const;
/** On every client, with goal 2. */
export const mountPoint = "/mnt/mfs";

function inventory(lab: Lab, mfsmaster: DeployedOptions["mfsmaster"]): string {
  const disks = dataDisks.map((disk) => `{ path: ${disk}, mountpoint: required }`).join(", ");
  const mounts = `mounts: [{ path: ${mountPoint}, goal: 2 }]`;
  const host = (name: string, rest: string) =>
    `  ${name}: { address: ${lab.address(name)}, ${rest} }`;
  return `cluster: lab
engine: packages
ssh: { user: root, identity_file: ${lab.identityFile}, known_hosts: ${lab.knownHosts} }
limits: { nofile: 16384 }
exports:
  - "*  /  rw,alldirs,maproot=0"
hosts:
${host("meta01", "roles: [master]")}
${host("meta02", "roles: [metalogger]")}
${host("meta03", "roles: [metalogger]")}
${host("cm01", `roles: [chunkserver, client], disks: [${disks}], ${mounts}`)}
${host("cm02", `roles: [chunkserver, client], disks: [${disks}], ${mounts}`)}
${host("cm03", `roles: [chunkserver], disks: [${disks}]`)}
settings:
  mfsmaster: ${JSON.stringify({ CHUNKS_LOOP_MIN_TIME: 60, ...mfsmaster })}
`;
}

/** Boots the hosts and deploys; what it leaves behind is gone after \`down\`, also when it throws. */
export async function deployedCluster(options: DeployedOptions): Promise<DeployedCluster> {
  const lab = await Lab.up({
    name: options.name,
    hosts: [
      ...metadataHosts.map((name) => ({ name })),
      ...chunkservers.map((name) => ({ name, dataDisks: dataDisks.length })),
    ],
  });
  const folder = await mkdtemp(path.join(tmpdir(), `mfsctl-${options.name}-`));
  const down = async (): Promise<void> => {
    await lab.down();
    await rm(folder, { recursive: true, force: true });
  };
  const file = path.join(folder, "inventory.yaml");
  const otherControl = async (name: string): Promise<ControlMachine> => {
    const state = path.join(folder, name);
    await mkdir(state);
    return new ControlMachine({ inventory: file, state });
  };
  try {
    await writeFile(file, inventory(lab, options.mfsmaster));
    const control = await otherControl("first");
    const { code, stderr } = await control.run("deploy");
    assert.equal(code, 0, stderr);
    return { lab, control, otherControl, down };
  } catch (error) {
    await down();
    throw error;
  }
}
