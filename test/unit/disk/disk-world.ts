// A world of three chunkservers for tests of judgements about disks: healthy and emptied, until a test says otherwise.

import { createHash } from "node:crypto";
import { inventoryOf } from "../../support/fake-hosts.ts";
import { hostFacts, pathFact, unitFact } from "../../support/facts.ts";
import { mastershipOf, type World } from "../../../src/facts/world.ts";
import type { HostFacts } from "../../../src/facts/host-facts.ts";
import { seal } from "../../../src/phases/managed-files.ts";
import { sumsFile } from "../../../src/phases/stamps.ts";
import { paths, removedDisksFile, stampFolder } from "../../../src/layout.ts";
import { countChunks } from "../../../src/wire/chunk-counts.ts";
import type { Chunkserver, ClusterState, RemovalStatus } from "../../../src/wire/cluster-state.ts";
import type { Disk } from "../../../src/wire/disks.ts";

export const gibibyte = 1024 ** 3;
/** When the chunkservers read their files, in these worlds. */
export const readMs = Date.UTC(2026, 10, 22, 13, 0, 0);

export const inventory = inventoryOf(`cluster: lab
engine: packages
exports: ["* / rw,alldirs,maproot=0"]
hosts:
  meta01: { address: 10.0.0.1, roles: [master] }
  cm01: { address: 10.0.0.11, roles: [chunkserver], disks: [/mnt/a, /mnt/b] }
  cm02: { address: 10.0.0.12, roles: [chunkserver], disks: [/mnt/a, /mnt/b] }
  cm03:
    address: 10.0.0.13
    roles: [chunkserver]
    disks: [/mnt/a, { path: /mnt/b, mountpoint: required, leave_free: 1GiB }]
`);

export const target = { host: "cm03", paths: ["/mnt/b"] } as const;

/** Chunks with this goal, this many copies, and so many of them on disks that stay. */
export interface Cell {
  readonly goal: number;
  readonly copies: number;
  readonly regular: number;
  readonly count: number;
}

/** What a test wants otherwise. */
export interface Otherwise {
  /** Lines of mfshdd.cfg by host, without the seal. */
  readonly files?: Readonly<Record<string, readonly string[]>>;
  readonly disks?: Readonly<Record<string, readonly Disk[] | undefined>>;
  readonly cells?: readonly Cell[];
  readonly servers?: Readonly<Record<string, Partial<Chunkserver> | null>>;
  readonly strangers?: readonly Chunkserver[];
  readonly status?: RemovalStatus;
  readonly exact?: boolean;
  readonly loop?: { readonly start: number; readonly end: number };
  readonly facts?: Readonly<Record<string, Partial<HostFacts>>>;
  readonly unreachable?: readonly string[];
  readonly removed?: Readonly<Record<string, string>>;
  readonly noMaster?: boolean;
}

/** A disk as its chunkserver lists it. */
export function listed(path: string, over: Partial<Disk> = {}): Disk {
  return {
    path: `${path}/`,
    markedForRemoval: false,
    damaged: false,
    invalid: false,
    scanPercent: undefined,
    chunks: 100,
    usedBytes: 10 * gibibyte,
    totalBytes: 100 * gibibyte,
    lastError: undefined,
    ...over,
  };
}

/** A server as the master lists it. */
export function server(ip: string, over: Partial<Chunkserver> = {}): Chunkserver {
  return {
    ip,
    port: 9422,
    id: 1,
    connected: true,
    maintenance: "off",
    version: "3.0.117",
    usedBytes: 20 * gibibyte,
    totalBytes: 200 * gibibyte,
    chunks: 200,
    removal: { status: "unknown", usedBytes: 0, totalBytes: 0, chunks: 0 },
    errors: 0,
    load: 0,
    graceSeconds: 0,
    labels: [],
    ...over,
  };
}

const hostNames = ["cm01", "cm02", "cm03"] as const;

/** cm03:/mnt/b is marked, and every chunk of it has its copies elsewhere. */
export function emptiedWorld(other: Otherwise = {}): World {
  const marked = { cm03: ["/mnt/a", "*/mnt/b -1GiB"] };
  const disks = {
    cm03: [listed("/mnt/a"), listed("/mnt/b", { markedForRemoval: true })],
    ...other.disks,
  };
  return world({
    cells: [{ goal: 2, copies: 3, regular: 2, count: 100 }],
    status: "ready",
    ...other,
    files: { ...marked, ...other.files },
    disks,
  });
}

/** No disk is marked; every chunk has two copies. */
export function world(other: Otherwise = {}): World {
  const lost = new Set(other.unreachable);
  const facts = new Map<string, HostFacts>(
    ["meta01", ...hostNames]
      .filter((host) => !lost.has(host))
      .map((host) => [host, factsOf(host, other)]),
  );
  const error = (host: string) => new Error(`Cannot reach "${host}": no answer`) as never;
  return {
    inventory,
    facts,
    unreachable: new Map([...lost].map((host) => [host, error(host)])),
    cluster: other.noMaster === true ? undefined : clusterOf(other),
    goals: new Map(),
    mastership: mastershipOf(inventory, facts),
    disks: new Map(
      hostNames.flatMap((host) => {
        const own =
          other.disks !== undefined && host in other.disks
            ? other.disks[host]
            : [listed("/mnt/a"), listed("/mnt/b")];
        return own === undefined || lost.has(host) ? [] : [[host, own] as const];
      }),
    ),
  };
}

function factsOf(host: string, other: Otherwise): HostFacts {
  const lines =
    other.files?.[host] ?? (host === "cm03" ? ["/mnt/a", "/mnt/b -1GiB"] : ["/mnt/a", "/mnt/b"]);
  const removed = other.removed?.[host];
  const content = seal(lines.join("\n"));
  const unit = "mfs-chunkserver.service";
  const sum = createHash("sha256").update(content).digest("hex");
  return hostFacts(host, {
    addresses: [inventory.hosts[host]?.address ?? ""],
    units: new Map([[unit, unitFact({ active: "active", file: "enabled" })]]),
    paths: new Map([
      [paths(inventory).disks, pathFact("file", { content })],
      [`${stampFolder}/${unit}`, pathFact("file", { mtimeMs: readMs })],
      [sumsFile(unit), pathFact("file", { content: `${sum}  ${paths(inventory).disks}\n` })],
      ...(removed === undefined
        ? []
        : [[removedDisksFile, pathFact("file", { content: removed })] as const]),
    ]),
    ...other.facts?.[host],
  });
}

function clusterOf(other: Otherwise): ClusterState {
  const cells = other.cells ?? [{ goal: 2, copies: 2, regular: 2, count: 150 }];
  const all = matrix(cells, (cell) => cell.copies);
  const regular = matrix(cells, (cell) => cell.regular);
  const removal = {
    status: other.status ?? "unknown",
    usedBytes: 10 * gibibyte,
    totalBytes: 100 * gibibyte,
    chunks: 100,
  };
  const own = hostNames.flatMap((host) => {
    const over = other.servers?.[host];
    if (over === null) return [];
    const isMarked = host === "cm03" && other.status !== undefined;
    return [
      server(inventory.hosts[host]?.address ?? "", { ...(isMarked ? { removal } : {}), ...over }),
    ];
  });
  return {
    info: {} as ClusterState["info"],
    chunkservers: [...own, ...(other.strangers ?? [])],
    metaloggers: [],
    sessions: [],
    chunks: {
      matrixExact: other.exact ?? true,
      all: countChunks(all),
      regular: countChunks(regular),
      matrix: { all, regular },
    },
    chunkLoop: other.loop ?? { start: readMs / 1000 + 60, end: readMs / 1000 + 120 },
  };
}

function matrix(cells: readonly Cell[], column: (cell: Cell) => number): number[][] {
  const rows = Array.from({ length: 11 }, () => Array.from({ length: 11 }, () => 0));
  for (const cell of cells) {
    const row = rows[cell.goal];
    if (row !== undefined) row[column(cell)] = (row[column(cell)] ?? 0) + cell.count;
  }
  return rows;
}
