// Data folders of a master for tests: real changes, their log, images of any moment.

import { rmSync } from "node:fs";
import type { MergedLine } from "../../../../../daemons/metadata/changelog-merge.ts";
import { openMetadata } from "../../../../../daemons/master/io/metadata-files.ts";
import type { OpenedMetadata } from "../../../../../daemons/master/io/metadata-files.ts";
import { StartRefused } from "../../../../../daemons/master/io/start.ts";
import type { OpenOptions, StartSwitches } from "../../../../../daemons/master/io/start.ts";
import { ChangingWorld } from "../changes/changing-world.ts";
import { save } from "../image/worlds.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

/** Images and lines of one history: 1 gives the id, 2 to `changes` make folders. */
export class History {
  readonly #world = new ChangingWorld();
  readonly #images = new Map<number, Buffer>();

  constructor(changes = 20, id = 7n) {
    this.#world.done({ op: "SETMETAID", id });
    for (let change = 2; change <= changes; change++) {
      this.#images.set(change, save(this.#world.world));
      this.#world.directory(1, `folder-${change}`);
    }
    this.#images.set(changes + 1, save(this.#world.world));
  }

  /** The image whose next change is this one. */
  image(version: number): Buffer {
    const image = this.#images.get(version);
    if (image === undefined) throw new Error(`Cannot give image ${version}: there is none`);
    return Buffer.from(image);
  }

  /** A log with these changes, both included. */
  log(first: number, last: number): string {
    const lines: readonly MergedLine[] = this.#world.lines.slice(first - 1, last);
    return lines.map(({ version, text }) => `${version}: ${text}\n`).join("");
  }
}

/** What a start gave: the world's next change, or why there was none. */
export interface Start {
  readonly reaches: number | null;
  readonly refusal: string;
  readonly code: StartRefused["code"] | null;
  readonly found: readonly string[];
  readonly messages: readonly string[];
  readonly opened: OpenedMetadata | null;
}

/** Starts from a folder: `-a`, `-i` as letters. */
export async function start(
  folder: TemporaryFolder,
  letters = "",
  more: Partial<OpenOptions> = {},
): Promise<Start> {
  const messages: string[] = [];
  const say = (text: string) => messages.push(text);
  const switches: StartSwitches = {
    autoRestore: letters.includes("a"),
    ignoreErrors: letters.includes("i"),
    verbosity: letters.split("x").length - 1,
  };
  const options: OpenOptions = {
    dataPath: folder.path,
    switches,
    now: 1_795_000_100,
    graceSeconds: 604_800,
    keepPrevious: 1,
    log: { info: say, warning: say, error: say },
    progress: say,
    emergencyFolders: [],
    ...more,
  };
  const nothing = { code: null, found: [], messages, opened: null };
  try {
    const opened = await openMetadata(options);
    return { ...nothing, opened, reaches: opened.world.metaVersion, refusal: "" };
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error;
    const { code, found, message } = error;
    return { ...nothing, code, found, reaches: null, refusal: message };
  }
}

/** A folder with these files. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): TemporaryFolder {
  const folder = new TemporaryFolder();
  try {
    for (const [name, content] of Object.entries(files)) folder.write(name, content);
    return folder;
  } catch (error) {
    rmSync(folder.path, { recursive: true, force: true });
    throw error;
  }
}
