// What the configuration says about chunkservers and chunks, as the core wants it. A reload hands in a new
// value. Spec: semantics-master.md 6 and 28.

import type { Goals } from "../store/class-counts.ts";

/** Translation of announced addresses. Spec: wire-chunkserver.md 2.4.3. */
export interface AddressRemap {
  /** Leading bits that must be those of `source` and become those of `destination`. */
  readonly bits: number;
  readonly source: number;
  readonly destination: number;
}

/** Room that is kept back. Spec: semantics-master.md 6.1. */
export type ReservedSpace =
  | { readonly kind: "bytes"; readonly bytes: number }
  | { readonly kind: "percent"; readonly percent: number }
  /** So many times the most used, or the largest, chunkserver. */
  | { readonly kind: "mostUsed" | "largest"; readonly times: number };

/** Options of the chunk part; names and ranges are those of mfsmaster.cfg. */
export interface ChunkSettings {
  /** AUTH_CODE; empty = chunkservers need none. */
  readonly authCode: Uint8Array;
  /** MATOCS_TIMEOUT. */
  readonly timeoutSeconds: number;
  readonly remap: AddressRemap | null;
  /** CS_DAYS_TO_REMOVE_UNUSED, 0 = never. */
  readonly daysToRemoveUnused: number;
  readonly maintenanceSeconds: number;
  readonly temporaryMaintenanceSeconds: number;
  readonly heavyLoadThreshold: number;
  readonly heavyLoadRatio: number;
  readonly heavyLoadGraceSeconds: number;
  /** CREATIONS_RESPECT_TOPOLOGY: servers nearer than this come first, 0 = off. */
  readonly creationsRespectTopology: number;
  /** CHUNKS_UNIQUE_MODE: 1 one copy an address, 2 one copy a rack. */
  readonly uniqueMode: number;
  readonly reservedSpace: ReservedSpace;
}

/** The defaults of 3.0.117. */
export const defaultChunkSettings: ChunkSettings = {
  authCode: new Uint8Array(0),
  timeoutSeconds: 10,
  remap: null,
  daysToRemoveUnused: 7,
  maintenanceSeconds: 0,
  temporaryMaintenanceSeconds: 1800,
  heavyLoadThreshold: 150,
  heavyLoadRatio: 3,
  heavyLoadGraceSeconds: 900,
  creationsRespectTopology: 0,
  uniqueMode: 0,
  reservedSpace: { kind: "bytes", bytes: 0 },
};

/** One wanted copy: masks of labels, one of which the server must have whole; none = any server. */
export type LabelExpression = readonly number[];

/** What happens to labels that no server fits. */
export const labelMode = { loose: 0, standard: 1, strict: 2 } as const;

/** What chunks ask of storage classes. Spec: semantics-master.md 7. */
export interface ClassRules extends Goals {
  /** Copies of chunks that exist: the keep goal, or the archive goal. */
  goalOf(classId: number, archived: boolean): number;
  /** One expression a wanted copy of a new chunk. */
  createLabels(classId: number): readonly LabelExpression[];
  /** One expression a wanted copy of a chunk that exists. */
  keptLabels(classId: number, archived: boolean): readonly LabelExpression[];
  modeOf(classId: number): number;
}
