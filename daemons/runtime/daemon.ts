// One call of a daemon's program, from its command line to its exit code. Reads top down as the order of a start.
// Spec: config-and-cli.md 1 and 2.1.

import { writeSync } from "node:fs";
import { AccountError, takeWorkingAccount } from "./accounts.ts";
import { StartingCall, startInBackground } from "./background.ts";
import { parseCommandLine, usage } from "./command-line.ts";
import type { Action, Switches } from "./command-line.ts";
import { adminOptions, Config } from "./config.ts";
import { readConfigFile } from "./config-file.ts";
import { endOwner, notifyOwner, takeOver, testOwner } from "./lock-actions.ts";
import { LockFile } from "./lock-file.ts";
import { Log } from "./log.ts";
import { openSinks, writeStandardError } from "./log-sinks.ts";
import {
  avoidOutOfMemoryKiller,
  claimPrivileges,
  limitOpenFiles,
  settleProcess,
} from "./process-setup.ts";
import { Metrics } from "./metrics.ts";
import type { DaemonProgram } from "./program.ts";
import { daemonContext, identOf, sayDefault, Service } from "./service.ts";
import { ServiceManager } from "./service-manager.ts";
import { describeError, SystemCallError } from "./system-calls.ts";
import { Voice } from "./voice.ts";

const standardOutput = 1;

/**
 * Runs the program as its command line says and ends the process.
 *
 * @example await runDaemon({ name: "mfsmaster", version: "3.0.117-1", boot: async (context) => startMaster(context) });
 */
export async function runDaemon(program: DaemonProgram): Promise<never> {
  process.exit(await runCall(program, process.argv.slice(2)));
}

async function runCall(program: DaemonProgram, words: readonly string[]): Promise<number> {
  const asked = parseCommandLine(program.name, words);
  const shown = process.env["MFS_PROGRAM"] ?? program.name;
  switch (asked.kind) {
    case "version":
      writeSync(standardOutput, `version: ${program.version}\n`);
      return 0;
    case "usage":
      if (asked.complaint !== null) writeStandardError(`${shown}: ${asked.complaint}\n`);
      writeSync(standardOutput, asked.notes + usage(program.name, shown));
      return 1;
    case "run":
      break;
    default:
      return asked satisfies never;
  }
  const { action, switches } = asked;
  const starting = isStart(action);
  const call = starting && !switches.foreground ? StartingCall.take(process.env) : null;
  // The daemon's own call says it again where nobody listens.
  if (asked.notes !== "") writeSync(standardOutput, asked.notes);
  if (starting && !switches.foreground && call === null) return startInBackground();
  const loaded = loadConfig(program, switches);
  if (loaded === null) return 1;
  return new Call({ program, action, switches, call, ...loaded }).run();
}

function isStart(action: Action): boolean {
  return action === "start" || action === "restart" || action === "try-restart";
}

function loadConfig(
  program: DaemonProgram,
  switches: Switches,
): { config: Config; configFile: string } | null {
  const read = readConfigFile(program.name, switches.configFile, program.etc ?? "/etc");
  for (const message of read.messages) writeStandardError(`${message}\n`);
  if (read.text === null) {
    if (!switches.foreground) writeStandardError("\0");
    return null;
  }
  const own = { ...adminOptions(program.name), ...program.options };
  const config = Config.parse({ daemon: program.name, text: read.text, own });
  for (const line of config.skippedLines) {
    const shown = switches.configFile ?? read.file;
    writeStandardError(`bad definition in config file '${shown}': ${line}\n\n`);
  }
  return { config, configFile: read.file };
}

interface CallParts {
  readonly program: DaemonProgram;
  readonly action: Action;
  readonly switches: Switches;
  readonly call: StartingCall | null;
  readonly config: Config;
  readonly configFile: string;
}

/** A failure whose line was said already. */
class Refusal extends Error {}

/** A call whose configuration is known. */
class Call {
  readonly #parts: CallParts;
  readonly #voice: Voice;
  readonly #starting: boolean;

  constructor(parts: CallParts) {
    const { config, switches } = parts;
    const ident = identOf(config);
    const { foreground } = switches;
    const sinks = openSinks({ ident, foreground, environment: process.env });
    this.#parts = parts;
    this.#starting = isStart(parts.action);
    this.#voice = new Voice(new Log(sinks, () => performance.now()), foreground);
  }

  async run(): Promise<number> {
    try {
      await this.#settle();
      return await this.#act(this.#openLock());
    } catch (error) {
      if (error instanceof Refusal) return 1;
      if (!(error instanceof SystemCallError)) throw error;
      this.#voice.announce(`${error.call} error: ${error.message}`);
      return this.#failed();
    }
  }

  /** Rights, folder and mask: the same for every action, as a stop must find the daemon's lock. */
  async #settle(): Promise<void> {
    const { program, config, action } = this.#parts;
    const voice = this.#voice;
    this.#sayDefaults(["SYSLOG_IDENT"]);
    if (this.#starting) {
      limitOpenFiles(program.name, voice);
      this.#sayDefaults(["LOCK_MEMORY", "NICE_LEVEL"]);
      claimPrivileges(config, voice);
    }
    const spared = this.#starting ? avoidOutOfMemoryKiller(config) : null;
    if (this.#starting || action === "restore") await program.prepare?.();
    this.#sayDefaults(["WORKING_USER", "WORKING_GROUP"]);
    this.#takeAccount();
    this.#sayDefaults(["DATA_PATH"]);
    this.#enterDataPath(config.text("DATA_PATH"));
    this.#sayDefaults(["FILE_UMASK"]);
    process.umask(config.number("FILE_UMASK"));
    if (spared === true) voice.log.info("out of memory killer disabled");
    if (spared === false) voice.log.info("can't disable out of memory killer");
  }

  #takeAccount(): void {
    try {
      takeWorkingAccount(this.#parts.config, this.#voice);
    } catch (error) {
      if (!(error instanceof AccountError)) throw error;
      this.#voice.announce(error.message);
      throw new Refusal();
    }
  }

  #enterDataPath(dataPath: string): void {
    if (this.#starting) this.#voice.progress(`working directory: ${dataPath}`);
    try {
      process.chdir(dataPath);
    } catch {
      this.#voice.announce(`can't set working directory to ${dataPath}`);
      this.#failed();
      throw new Refusal();
    }
  }

  #openLock(): LockFile {
    const { program } = this.#parts;
    try {
      return new LockFile(process.cwd(), program.name);
    } catch (error) {
      const reason = describeError(error);
      this.#voice.announce(`can't create lockfile in working directory: ${reason}`);
      this.#failed();
      throw new Refusal();
    }
  }

  async #act(lock: LockFile): Promise<number> {
    const { action, program, switches } = this.#parts;
    const { lockTimeoutSeconds: timeoutSeconds } = switches;
    const call = { daemon: program.name, lock, voice: this.#voice, timeoutSeconds };
    switch (action) {
      case "test":
        return this.#ended(testOwner(call));
      case "reload":
        return this.#ended(notifyOwner(call, { name: "reload", signal: "SIGHUP" }));
      case "info":
        return this.#ended(notifyOwner(call, { name: "info", signal: "SIGUSR1" }));
      case "stop":
        return this.#ended(await endOwner(call, "SIGTERM"));
      case "kill":
        return this.#ended(await endOwner(call, "SIGKILL"));
      case "restore":
        return this.#ended(await this.#restore(lock, timeoutSeconds));
      case "start":
      case "restart":
      case "try-restart":
        return this.#serve(lock, timeoutSeconds);
      default:
        return action satisfies never;
    }
  }

  async #serve(lock: LockFile, timeoutSeconds: number): Promise<number> {
    const { program, switches, config, configFile, call, action } = this.#parts;
    const voice = this.#voice;
    const manager = new ServiceManager(process.env);
    const service = new Service({ program, switches, configFile, voice, manager, call }, config);
    if (action === "start") {
      if (!lock.tryLock()) {
        voice.progress("can't start: lockfile is already locked by another process");
        return 1;
      }
      voice.progress("lockfile created and locked");
    } else {
      const needed = action === "try-restart";
      const taken = await takeOver({ daemon: program.name, lock, voice, timeoutSeconds }, needed);
      if (taken === "failed" || taken === "notRunning") return 1;
      if (taken === "free") voice.progress("lockfile created and locked");
    }
    lock.writeProcessId();
    process.title = program.name;
    settleProcess(config, switches.raiseCoreLimit, voice);
    this.#sayDefaults(["DISABLE_OOM_KILLER"]);
    return service.run();
  }

  /** The running daemon ends first; the lock is held until the work is done. */
  async #restore(lock: LockFile, timeoutSeconds: number): Promise<number> {
    const { program, switches, config } = this.#parts;
    const voice = this.#voice;
    const taken = await takeOver({ daemon: program.name, lock, voice, timeoutSeconds }, false);
    if (taken === "failed") return 1;
    const metrics = new Metrics();
    const requestStop = (reason: string): never => {
      throw new Error(reason);
    };
    const context = daemonContext({ config, switches, voice, metrics, requestStop });
    return (await program.restore?.(context)) === false ? 1 : 0;
  }

  #sayDefaults(names: readonly string[]): void {
    if (!this.#parts.switches.logDefaults) return;
    for (const name of names) sayDefault(this.#parts.config, name, this.#voice);
  }

  #ended(code: number): number {
    return code === 0 ? 0 : this.#failed();
  }

  #failed(): number {
    if (!this.#starting) this.#voice.markFailure();
    return 1;
  }
}
