// What a start of the master is told, and how it says that it does not start.
// Spec: metadata-file.md 4.3, metalogger.md 6, config-and-cli.md 11.

import type { Report } from "./folder.ts";

/** Switches of the command line that matter here. */
export interface StartSwitches {
  /** `-a`, and the command `restore`: find the newest image and apply the logs. */
  readonly autoRestore: boolean;
  /** `-i`: leave wrong records out, and go on with what there is. */
  readonly ignoreErrors: boolean;
  /** How often `-x` was given. */
  readonly verbosity: number;
}

/** What a start needs. */
export interface OpenOptions {
  readonly dataPath: string;
  readonly switches: StartSwitches;
  /** Seconds since 1970. */
  readonly now: number;
  /** QUOTA_DEFAULT_GRACE_PERIOD. */
  readonly graceSeconds: number;
  /** BACK_META_KEEP_PREVIOUS. */
  readonly keepPrevious: number;
  readonly log: Report;
  /** Lines for whoever watches the start, without line feeds. */
  readonly progress: (line: string) => void;
  /** Folders beside the data folder in which an emergency image may lie. */
  readonly emergencyFolders?: readonly string[];
}

/** Why a master does not start. */
export class StartRefused extends Error {
  override readonly name = "StartRefused";
  readonly code: "missing" | "broken" | "newer" | "stale" | "foreign" | "hole" | "changes" | "io";
  /** Lines behind the message: what was found. */
  readonly found: readonly string[];

  constructor(
    code: StartRefused["code"],
    message: string,
    details: { readonly found?: readonly string[]; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.code = code;
    this.found = details.found ?? [];
  }
}
