// The form of what `status` says: every section, and the findings that decide whether the cluster is healthy.

import type { MountState } from "../facts/mounts.ts";
import type { Role } from "../inventory/schema.ts";
import type { ChunkCounts } from "../wire/chunk-counts.ts";

/** Why a cluster is not healthy, or what ought to be known. */
export interface Finding {
  /** `problem` and `unknown` make the cluster unhealthy, a `note` does not. */
  readonly weight: "problem" | "unknown" | "note";
  readonly host: string | null;
  readonly message: string;
  /** What to type. */
  readonly hint: string | null;
}

export interface ServiceStatus {
  readonly role: Role;
  readonly unit: string;
  /** As systemd says; "unknown" where the host cannot be asked. */
  readonly state: string;
  readonly pid: number | null;
}

export interface HostStatus {
  readonly name: string;
  readonly reachable: boolean;
  readonly roles: readonly Role[];
  readonly services: readonly ServiceStatus[];
}

export interface ChunkserverStatus {
  readonly host: string | null;
  readonly ip: string;
  readonly connected: boolean;
  readonly version: string;
  readonly usedBytes: number;
  readonly totalBytes: number;
  readonly chunks: number;
  readonly maintenance: boolean;
}

export interface DiskStatus {
  readonly host: string;
  readonly path: string;
  readonly state: "ok" | "marked" | "damaged" | "invalid" | "scanning" | "missing" | "unknown";
  readonly scanPercent: number | null;
  readonly chunks: number;
  readonly usedBytes: number;
  readonly totalBytes: number;
}

export interface MetaloggerStatus {
  readonly host: string;
  readonly connected: boolean | null;
  /** Version of the last change that it holds. */
  readonly lastChange: number | null;
  /** Changes that the master has and it has not. */
  readonly lag: number | null;
  /** It has downloaded a complete image, without which it is no candidate for failover. */
  readonly hasImage: boolean | null;
}

export interface MountStatus {
  readonly host: string;
  readonly path: string;
  readonly state: MountState | "notMounted" | "unknown";
  /** The master has a connected session of it; null where no one could be asked. */
  readonly connected: boolean | null;
  readonly users: number;
}

/** Everything, as `status --json` prints it. */
export interface StatusReport {
  readonly cluster: string;
  readonly healthy: boolean;
  readonly master: {
    readonly host: string;
    readonly inventoryHost: string;
    readonly token: number;
    readonly serves: boolean;
    readonly version: string | null;
    /** Changes so far. */
    readonly changes: string | null;
    readonly files: number | null;
  };
  readonly chunks: {
    readonly exact: boolean;
    readonly all: ChunkCounts;
    /** Copies on disks that stay: those marked for removal do not count. */
    readonly regular: ChunkCounts;
  } | null;
  readonly hosts: readonly HostStatus[];
  readonly chunkservers: readonly ChunkserverStatus[];
  readonly disks: readonly DiskStatus[];
  readonly metaloggers: readonly MetaloggerStatus[];
  readonly mounts: readonly MountStatus[];
  readonly findings: readonly Finding[];
}

/** The sections that findings are made from. */
export type Sections = Omit<StatusReport, "healthy" | "findings">;

/** Shorthand for a finding. */
export function finding(
  weight: Finding["weight"],
  host: string | null,
  message: string,
  hint: string | null = null,
): Finding {
  return { weight, host, message, hint };
}
