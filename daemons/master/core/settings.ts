// What the configuration says, as the core wants it. A reload hands in a new value.
// Spec: semantics-master.md section 28.

import type { ExportsRow } from "./sessions/exports-choice.ts";
import type { ChunkSettings } from "./chunks/settings.ts";
import type { JobSettings } from "./jobs/settings.ts";
import type { RackRange } from "./chunks/topology.ts";

/** Settings of the file-system part; `chunks` are those of the chunk part. */
export interface Settings {
  /** ATIME_MODE, see times.ts. */
  readonly atimeMode: number;
  /** MAX_ALLOWED_HARD_LINKS. */
  readonly hardLinksMax: number;
  /** INODE_REUSE_DELAY in seconds. */
  readonly inodeReuseDelay: number;
  /** SESSION_SUSTAIN_TIME in seconds. */
  readonly sessionSustainSeconds: number;
  /** Changes whenever the exports do; sessions remember under which they were accepted. */
  readonly exportsChecksum: bigint;
  readonly exports: readonly ExportsRow[];
  readonly topology: readonly RackRange[];
  readonly chunks: ChunkSettings;
  readonly jobs: JobSettings;
  /** What GET_CONFIG shows of any option, at most 255 bytes; empty for an unknown one. */
  option(name: string): string;
}
