// Worlds for tests of failover: what three metadata hosts hold, as bytes of images and change logs.

import type { ListedFile } from "../../../../daemons/metadata/candidates.ts";
import { readRuns } from "../../../../daemons/metadata/changelog.ts";
import type { MetadataFacts } from "../../../../src/facts/metadata.ts";
import type { HostFacts } from "../../../../src/facts/host-facts.ts";
import { mastershipOf, type World } from "../../../../src/facts/world.ts";
import { MfsctlError } from "../../../../src/errors.ts";
import { eraFile, masterFile, unitOf } from "../../../../src/layout.ts";
import type { FailoverOptions } from "../../../../src/phases/failover/stage.ts";
import { pathFact, unitFact, world } from "../../../support/facts.ts";

export const clusterId = 0x6b02cd60ffb787bcn;
const data = "/home/work/local/mfs/var/mfs";

export const inventoryText = (failover = "{}", settings = "{}"): string => `cluster: lab
engine: packages
exports:
  - "* / rw"
failover: ${failover}
settings: { mfsmaster: ${settings} }
hosts:
  meta01: { address: 10.0.0.1, roles: [master] }
  meta02: { address: 10.0.0.2, roles: [metalogger] }
  meta03: { address: 10.0.0.3, roles: [metalogger] }
  cm01:
    address: 10.0.0.11
    roles: [chunkserver, client]
    disks: [/mnt/a]
    mounts: [{ path: /mnt/mfs }]
`;

/** A complete image whose next change has this number. */
export function image(name: string, version: number, id = clusterId): ListedFile {
  const bytes = Buffer.alloc(96);
  bytes.write("MFSM 2.0", 0, "latin1");
  bytes.writeBigUInt64BE(BigInt(version), 8);
  bytes.writeBigUInt64BE(id, 16);
  bytes.write("SESS 1.5", 24, "latin1");
  bytes.write("[MFS EOF MARKER]", 80, "latin1");
  return listed(name, bytes);
}

/** An image whose end is gone; its header still names the version. */
export function cutImage(name: string, version: number): ListedFile {
  return listed(name, Buffer.from(image(name, version).head).subarray(0, 60));
}

/** A change log with these changes, both ends included; `torn` is what a power cut left of another line. */
export function log(name: string, first: number, last: number, torn = ""): ListedFile {
  const lines = Array.from(
    { length: last - first + 1 },
    (_, index) => `${first + index}: 1795345886|ACCESS(1)\n`,
  );
  return listed(name, Buffer.from(lines.join("") + torn, "latin1"));
}

export function listed(name: string, bytes: Buffer): ListedFile {
  const isLog = name.startsWith("changelog");
  return {
    name,
    sizeBytes: bytes.length,
    mtimeMs: 1_795_345_900_000,
    head: bytes.subarray(0, 64),
    tail: isLog ? bytes : bytes.subarray(-16),
    ...(isLog ? { runs: readRuns(name, bytes) } : {}),
  };
}

/** How one metadata host stands; absent hosts cannot be reached. */
export interface MetaHost {
  readonly files?: readonly ListedFile[];
  readonly master?: "active" | "inactive" | "failed" | "activating";
  readonly enabled?: boolean;
  readonly metalogger?: "active" | "inactive";
  readonly era?: number;
  readonly record?: string;
  readonly bootedAt?: number;
}

export interface MetaWorld {
  readonly hosts: Readonly<Partial<Record<"meta01" | "meta02" | "meta03", MetaHost>>>;
  readonly failover?: string;
  readonly settings?: string;
  readonly leaseToken?: number;
}

function facts(host: MetaHost): Partial<HostFacts> {
  const { master = "inactive", metalogger = "inactive", era, record = "1 meta01", enabled } = host;
  return {
    paths: new Map([
      [masterFile, pathFact("file", { content: `${record}\n` })],
      ...(era === undefined
        ? []
        : ([[eraFile, pathFact("file", { content: `${era}\n` })]] as const)),
    ]),
    units: new Map([
      [
        unitOf("master"),
        unitFact({
          load: "loaded",
          active: master,
          file: (enabled ?? master === "active") ? "enabled" : "disabled",
        }),
      ],
      [unitOf("metalogger"), unitFact({ load: "loaded", active: metalogger, file: "enabled" })],
    ]),
  };
}

/** A cluster whose metadata hosts stand as told; its chunkserver wears the cluster's id. */
export function metaWorld(given: MetaWorld): World {
  const names = ["meta01", "meta02", "meta03"] as const;
  const lost = names.filter((name) => given.hosts[name] === undefined);
  const base = world({
    text: inventoryText(given.failover, given.settings),
    unreachable: new Map(lost.map((name) => [name, new MfsctlError("unreachable", "gone")])),
    facts: {
      cm01: {
        heads: new Map([[`${data}/chunkserverid.mfs`, `0001${clusterId.toString(16)}`]]),
      },
      ...Object.fromEntries(names.map((name) => [name, facts(given.hosts[name] ?? {})])),
    },
  });
  const metadata = new Map<string, MetadataFacts>(
    names.flatMap((name) => {
      const host = given.hosts[name];
      return host === undefined
        ? []
        : [[name, { files: host.files ?? [], bootedAt: host.bootedAt ?? 1_795_345_000 }] as const];
    }),
  );
  return {
    ...base,
    metadata,
    mastership: mastershipOf(base.inventory, base.facts),
    ...(given.leaseToken === undefined ? {} : { leaseToken: given.leaseToken }),
  };
}

/** Options of an unplanned failover to meta02. */
export function options(over: Partial<FailoverOptions> = {}): FailoverOptions {
  return {
    target: "meta02",
    planned: false,
    acceptLoss: undefined,
    fencedBecause: undefined,
    retype: (added) => `mfsctl failover --to meta02${added === "" ? "" : ` ${added}`}`,
    ...over,
  };
}
