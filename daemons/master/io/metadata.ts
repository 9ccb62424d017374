// The life of the metadata in a running master: opened at the start, every change written before it is
// acknowledged, stored every hour and at the end. Spec: semantics-master.md section 24, changelog.md section 3.

import { setTimeout as delay } from "node:timers/promises";

import type { Config } from "../../runtime/config.ts";
import { InitFailure } from "../../runtime/program.ts";
import type { DaemonContext } from "../../runtime/program.ts";
import type { MasterCore } from "../core/core.ts";
import type { World } from "../core/store/world.ts";
import { ChangelogFiles } from "./changelog-files.ts";
import type { ChangelogSettings } from "./changelog-files.ts";
import { historyBytesMax, historyOfLogs } from "./changelog-history.ts";
import type { ChangelogHistory, HistoryLimits } from "./changelog-history.ts";
import { newMetaId, openMetadata } from "./metadata-files.ts";
import type { OpenedMetadata } from "./metadata-files.ts";
import { MetaloggerPort } from "./metalogger-port.ts";
import type { ConnectedMetalogger } from "./metalogger-port.ts";
import type { PortHandler, Ports } from "./ports.ts";
import { saveForStop, saveImage } from "./save-image.ts";
import type { SaveResult, SaveSettings } from "./save-image.ts";
import { shownOption } from "./settings.ts";
import { StartRefused } from "./start.ts";

const hourSeconds = 3600;
const retryMs = 10_000;

/** The metadata of a running master. */
export class Metadata {
  readonly world: World;
  readonly #context: DaemonContext;
  readonly #opened: OpenedMetadata;
  readonly #changelog: ChangelogFiles;
  readonly #history: ChangelogHistory;
  #metaloggers: MetaloggerPort | null = null;
  #config: Config;
  #hour = 0;
  #isTakenOver = false;
  /** An image on its way to the disk. */
  #saving: Promise<void> | null = null;
  #failure: string | null = null;
  /** The last image that was stored, as monitors show it. */
  lastSave = { time: 0, durationMs: 0, status: 0 };

  private constructor(context: DaemonContext, opened: OpenedMetadata) {
    this.#context = context;
    this.#opened = opened;
    this.#config = context.config;
    this.world = opened.world;
    this.#changelog = ChangelogFiles.open({
      folder: context.dataPath,
      nextVersion: opened.world.metaVersion,
      settings: changelogSettings(context.config),
      failed: (error) => this.#fail(error.message),
      warn: (text) => context.log.warning(text),
    });
    this.#history = historyOfLogs(
      context.dataPath,
      opened.world.metaVersion,
      historyLimits(context.config),
    );
  }

  /** Finds, loads and takes over what is in the data folder. */
  static async open(context: DaemonContext): Promise<Metadata> {
    return new Metadata(context, await load(context));
  }

  /** The first changes after a load, before anybody is served. */
  begin(core: MasterCore): void {
    this.#hour = Math.floor(core.now / hourSeconds);
    if (this.#opened.renumberEdges) core.commit({ op: "RENUMERATEEDGES" });
    if (this.#opened.needsMetaId) {
      const id = newMetaId(core.now, core.prng.bits32(), core.nowMicroseconds);
      core.commit({ op: "SETMETAID", id });
    }
  }

  /** A change of this turn. */
  append(version: number, line: string): void {
    this.takeOver();
    this.#changelog.append(version, line);
    this.#history.append(line, Math.floor(Date.now() / 1000));
    this.#metaloggers?.push(version, line);
  }

  /** Writes the turn's changes: replies may leave afterwards. A failure ends the process, unacknowledged. */
  flush(): void {
    this.#changelog.flush();
  }

  /**
   * Starts to make what was acknowledged durable. A power cut takes what came since the last call and what the
   * disk was still busy with, so it is called several times in the second that may be lost.
   */
  sync(): void {
    this.#changelog.sync();
  }

  /** Turns the files over and stores an image when an hour begins. */
  everySecond(core: MasterCore): void {
    this.#metaloggers?.watch();
    const hour = Math.floor(core.now / hourSeconds);
    if (hour === this.#hour) return;
    this.#hour = hour;
    this.#changelog.rotate();
    this.#metaloggers?.rotate();
    if (hour % hoursBetweenSaves(this.#config) === 0) this.#save(core);
  }

  reconfigure(next: Config): void {
    this.#config = next;
    this.#changelog.configure(changelogSettings(next));
    this.#history.configure(historyLimits(next));
  }

  /** Stores everything; tries for as long as it takes, for nothing else holds the truth. */
  async close(core: MasterCore): Promise<void> {
    this.takeOver();
    this.#metaloggers?.close();
    await this.#saving;
    if (this.#config.number("CHANGELOG_SAVE_MODE") > 0) this.#changelog.rotate();
    else this.#changelog.close();
    while (saveForStop(this.world, this.#saveSettings(core)).kind !== "stored") {
      this.#context.log.error("can't store metadata - try to make more space on your hdd");
      await delay(retryMs);
    }
  }

  /** Serves metaloggers on these connections; call it once, before anybody is served. */
  metaloggers(ports: Ports): PortHandler {
    const { dataPath, log } = this.#context;
    const port = new MetaloggerPort({
      peers: ports,
      history: this.#history,
      dataPath,
      clockMs: () => performance.now(),
      flushLog: () => this.#changelog.flush(),
      optionText: (name) => shownOption(this.#config, name),
      log: (level, text) => log[level](text),
    });
    this.#metaloggers = port;
    return port;
  }

  /** Registered metaloggers. */
  connectedMetaloggers(): readonly ConnectedMetalogger[] {
    return this.#metaloggers?.list() ?? [];
  }

  /** Lines for the log. */
  describe(core: MasterCore): readonly string[] {
    const { nodes, chunks } = this.world;
    return [
      `metadata version: ${this.world.metaVersion}`,
      `inodes: ${nodes.countOf()}, chunks: ${chunks.count}`,
      `clients: ${core.clients.size}`,
    ];
  }

  /** Why the master is not well; null when it is. */
  health(): string | null {
    return this.#failure;
  }

  /**
   * Nothing can hinder the start any more: `metadata.mfs` becomes `metadata.mfs.back`. A first change does the
   * same; a start that fails on a port leaves the image of the last stop as it was.
   */
  takeOver(): void {
    if (this.#isTakenOver) return;
    this.#isTakenOver = true;
    this.#opened.takeOver();
  }

  #fail(why: string): void {
    this.#failure = why;
    this.#context.requestStop(why, 1);
  }

  #save(core: MasterCore): void {
    if (this.#saving !== null) {
      this.#context.log.error("previous metadata save process hasn't finished yet");
      return;
    }
    this.#saving = saveImage(this.world, this.#saveSettings(core)).then((result) => {
      this.#saving = null;
      this.#noteSave(core, result);
    });
  }

  #noteSave(core: MasterCore, result: SaveResult): void {
    if (result.kind !== "stored") {
      this.#fail("the metadata could not be stored in the data folder");
      return;
    }
    this.lastSave = { time: core.now, durationMs: result.milliseconds, status: 2 };
  }

  #saveSettings(core: MasterCore): SaveSettings {
    return {
      dataPath: this.#context.dataPath,
      keepPrevious: this.#config.number("BACK_META_KEEP_PREVIOUS"),
      now: core.now,
      log: this.#context.log,
    };
  }
}

/** The command "restore": finds the newest state and stores it as `metadata.mfs`. */
export async function restoreMetadata(context: DaemonContext): Promise<boolean> {
  try {
    const opened = await load(context, true);
    opened.takeOver();
    const stored = saveForStop(opened.world, {
      dataPath: context.dataPath,
      keepPrevious: context.config.number("BACK_META_KEEP_PREVIOUS"),
      now: Math.floor(Date.now() / 1000),
      log: context.log,
    });
    if (stored.kind === "stored") return true;
  } catch (error) {
    if (!(error instanceof InitFailure)) throw error;
  }
  context.announce("restore: metadata restore failed !!!");
  return false;
}

async function load(context: DaemonContext, restores = false): Promise<OpenedMetadata> {
  const { config, switches } = context;
  try {
    return await openMetadata({
      dataPath: context.dataPath,
      switches: {
        autoRestore: restores || switches.restoreAutomatically,
        ignoreErrors: switches.ignoreErrors,
        verbosity: switches.verbosity,
      },
      now: Math.floor(Date.now() / 1000),
      graceSeconds: config.number("QUOTA_DEFAULT_GRACE_PERIOD"),
      keepPrevious: config.number("BACK_META_KEEP_PREVIOUS"),
      log: context.log,
      progress: (line) => context.progress(line),
    });
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error;
    context.announce(error.message);
    for (const line of error.found) context.announce(line);
    throw new InitFailure("metadata manager", { cause: error });
  }
}

/** Logs must reach back to an image that is there. */
function hoursBetweenSaves(config: Config): number {
  const limit = Math.floor(config.number("BACK_LOGS") / 2);
  return Math.max(1, Math.min(config.number("METADATA_SAVE_FREQ"), limit));
}

function historyLimits(config: Config): HistoryLimits {
  return { seconds: config.number("CHANGELOG_PRESERVE_SECONDS"), bytesMax: historyBytesMax };
}

function changelogSettings(config: Config): ChangelogSettings {
  return {
    saveMode: config.number("CHANGELOG_SAVE_MODE"),
    backLogs: config.number("BACK_LOGS"),
  };
}
