// The journal of one run: JSON lines, fsynced before and after each step, on this machine and mirrored to the metadata
// hosts, so that another machine can resume. It holds what was intended and how far it came, never file contents.

import { mkdir, open, readdir, readFile, type FileHandle } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { MfsctlError } from "../errors.ts";

/** What a later `resume` needs to repeat the command: no secret may be among the values. */
export interface Intent {
  readonly command: string;
  /** Its words as given, without the command's own. */
  readonly argv: readonly string[];
  /** Absolute path of the inventory on the machine that began. */
  readonly inventory: string;
  readonly cluster: string;
  readonly startedBy: string;
}

export type JournalEntry =
  | ({ readonly event: "begin"; readonly runId: string; readonly at: string } & Intent)
  | { readonly event: "token"; readonly at: string; readonly token: number }
  | { readonly event: "phase"; readonly at: string; readonly title: string }
  | { readonly event: "step"; readonly at: string; readonly host: string; readonly title: string }
  | {
      readonly event: "done" | "failed";
      readonly at: string;
      readonly host: string;
      readonly title: string;
      readonly error?: string;
    }
  | {
      readonly event: "decision";
      readonly at: string;
      readonly name: string;
      readonly value: unknown;
    }
  | {
      readonly event: "end";
      readonly at: string;
      readonly outcome: "ok" | "failed" | "interrupted";
      readonly error?: string;
    };

/** One finished or broken run, as `history` lists it. */
export interface RunRecord {
  readonly runId: string;
  readonly begin: Extract<JournalEntry, { event: "begin" }>;
  readonly entries: readonly JournalEntry[];
  readonly outcome: "ok" | "failed" | "interrupted" | "broken";
}

/** Where journals of a cluster lie on this machine. */
export function journalFolder(cluster: string, environment: NodeJS.ProcessEnv): string {
  const state = environment["XDG_STATE_HOME"] ?? path.join(homedir(), ".local/state");
  return path.join(state, "mfsctl", cluster);
}

/** Sortable and unique enough: time to the second and four random letters, e.g. `20261122T130501-k3xq`. */
export function newRunId(now: Date, random: () => number): string {
  const letters = Array.from({ length: 4 }, () => Math.floor(random() * 36).toString(36)).join("");
  return `${now.toISOString().replaceAll(/[-:]|\.\d+Z$/g, "")}-${letters}`;
}

/** The journal being written. After a write that failed every later one fails too: a journal has no holes. */
export class Journal {
  readonly runId: string;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #lines: string[] = [];
  #writing: Promise<void> = Promise.resolve();

  private constructor(runId: string, opened: { readonly path: string; readonly file: FileHandle }) {
    this.runId = runId;
    this.#path = opened.path;
    this.#file = opened.file;
  }

  /** Creates the file of a new run; refuses one that exists. */
  static async create(folder: string, runId: string): Promise<Journal> {
    const file = path.join(folder, `${runId}.jsonl`);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return new Journal(runId, { path: file, file: await open(file, "ax", 0o600) });
    } catch (cause) {
      throw cannotWrite(file, cause, "make the folder writable, or free space on this machine");
    }
  }

  /** Appends an entry and returns when it is on disk. */
  write(entry: JournalEntry): Promise<void> {
    const line = `${JSON.stringify(entry)}\n`;
    this.#lines.push(line);
    this.#writing = this.#writing.then(() => this.#append(line));
    return this.#writing;
  }

  async #append(line: string): Promise<void> {
    try {
      await this.#file.appendFile(line);
      await this.#file.sync();
    } catch (cause) {
      throw cannotWrite(this.#path, cause, "free space on this machine, then: mfsctl resume");
    }
  }

  /** The whole text so far, for the mirror; also what this machine's disk did not take. */
  get text(): string {
    return this.#lines.join("");
  }

  /** How many entries were given so far. */
  get length(): number {
    return this.#lines.length;
  }

  /** Never rejects: each line was synced when it was written, and who wrote it was told. */
  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#file.close().catch(() => undefined);
  }
}

/** Without its line in the journal no step may begin. */
function cannotWrite(file: string, cause: unknown, hint: string): MfsctlError {
  const is = cause instanceof Error ? cause.message : String(cause);
  return new MfsctlError(
    "refused",
    `Cannot write the journal "${file}": ${is}, expected each step to be written down`,
    { hint, cause },
  );
}

const longestJournalBytes = 64 * 1024 * 1024;

/** Reads a journal's text; a torn last line (power cut) is left out, any other broken line refuses the file. */
export function parseJournal(text: string, name: string): RunRecord {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  const entries = lines
    .filter((line) => line !== "")
    .map((line, index): JournalEntry => {
      try {
        return JSON.parse(line) as JournalEntry;
      } catch (cause) {
        throw new MfsctlError(
          "usage",
          `Cannot read journal "${name}": line ${index + 1} is not JSON`,
          {
            hint: "mfsctl history shows the runs that can be read",
            cause,
          },
        );
      }
    });
  const begin = entries[0];
  if (begin?.event !== "begin") {
    throw new MfsctlError(
      "usage",
      `Cannot read journal "${name}": it does not start with "begin"`,
      {
        hint: "mfsctl history shows the runs that can be read",
      },
    );
  }
  const end = entries.findLast((entry) => entry.event === "end");
  return { runId: begin.runId, begin, entries, outcome: end?.outcome ?? "broken" };
}

/** All runs in a folder, newest first; unreadable files are left out. */
export async function listRuns(folder: string): Promise<readonly RunRecord[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch {
    return []; // no run yet: the folder comes with the first one
  }
  const runs: RunRecord[] = [];
  for (const name of names
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .toReversed()) {
    const text = await readFile(path.join(folder, name), "utf8");
    if (text.length > longestJournalBytes) continue;
    try {
      runs.push(parseJournal(text, name));
    } catch {
      continue; // one unreadable journal must not hide the others
    }
  }
  return runs;
}
