// The life of a daemon that holds its lock: load, say so, follow signals, end in order.
// Spec: config-and-cli.md 2.1 (steps 13, 14) and 2.3.

import { AdminServer } from "./admin-server.ts";
import type { StartingCall } from "./background.ts";
import type { Config } from "./config.ts";
import { readConfigFile } from "./config-file.ts";
import { Metrics } from "./metrics.ts";
import { addProcessMetrics } from "./process-metrics.ts";
import { InitFailure } from "./program.ts";
import type { DaemonContext, DaemonProgram, RunningDaemon } from "./program.ts";
import type { ServiceManager } from "./service-manager.ts";
import { Signals } from "./signals.ts";
import type { Switches } from "./command-line.ts";
import type { Voice } from "./voice.ts";

/** Everything that was settled before the lock was taken. */
export interface ServiceParts {
  readonly program: DaemonProgram;
  readonly switches: Switches;
  readonly configFile: string;
  readonly voice: Voice;
  readonly manager: ServiceManager;
  /** The call that waits for the daemon; null in the foreground. */
  readonly call: StartingCall | null;
}

/** One run of a daemon. */
export class Service {
  readonly #parts: ServiceParts;
  readonly #signals: Signals;
  readonly #metrics = new Metrics();
  readonly #admin: AdminServer;
  #config: Config;
  #running: RunningDaemon | null = null;
  #phase: "starting" | "running" | "stopping" = "starting";
  #status = 0;

  /** Signals count from here on, so it is made before the lock is taken. */
  constructor(parts: ServiceParts, config: Config) {
    const { log } = parts.voice;
    this.#parts = parts;
    this.#config = config;
    this.#signals = new Signals(parts.switches.foreground, () =>
      log.notice("unexpected alarm/prof signal received - ignoring"),
    );
    addProcessMetrics(this.#metrics, parts.program);
    this.#admin = new AdminServer({ metrics: this.#metrics, health: () => this.#health() }, log);
    process.on("uncaughtExceptionMonitor", (error) => {
      for (const line of (error.stack ?? error.message).split("\n")) log.error(line);
    });
  }

  /** Runs until the daemon is told to end; gives the exit status. */
  async run(): Promise<number> {
    await this.#listen();
    this.#running = await this.#boot();
    if (this.#running === null) return this.#leave(1);
    this.#phase = "running";
    this.#sayReady();
    await this.#follow(this.#running);
    return this.#leave(this.#status);
  }

  async #boot(): Promise<RunningDaemon | null> {
    const { program, switches, voice, manager } = this.#parts;
    voice.progress(`initializing ${this.#ident()} modules ...`);
    manager.status("loading");
    try {
      this.#judge();
      const config = this.#config;
      const requestStop = this.#requestStop.bind(this);
      const metrics = this.#metrics;
      return await program.boot(daemonContext({ config, switches, voice, metrics, requestStop }));
    } catch (error) {
      if (!(error instanceof InitFailure)) {
        const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
        for (const line of stack.split("\n")) voice.announce(line);
      } else voice.announce(error.message);
      voice.progress("error occurred during initialization - exiting");
      if (this.#parts.call !== null) voice.detach();
      return null;
    }
  }

  /** What the file's values make the daemon say; some of them end the start. */
  #judge(): void {
    const { voice, switches } = this.#parts;
    const { messages, fatal } = this.#config.judgement;
    for (const message of messages) voice.say(message);
    if (switches.logDefaults) this.#sayDefaults();
    if (fatal === null) return;
    for (const line of fatal.lines) voice.say(line);
    throw new InitFailure(fatal.module);
  }

  #sayDefaults(): void {
    for (const name of this.#config.namesWithDefault()) {
      if (!saidBefore.has(name)) sayDefault(this.#config, name, this.#parts.voice);
    }
  }

  #sayReady(): void {
    const { voice, manager, call } = this.#parts;
    voice.progress(`${this.#ident()} daemon initialized properly`);
    manager.ready();
    manager.status("running");
    if (call === null) return;
    voice.detach();
    call.ready();
  }

  async #follow(running: RunningDaemon): Promise<void> {
    const { log } = this.#parts.voice;
    for (;;) {
      const wish = await this.#signals.next();
      switch (wish) {
        case "reload":
          await this.#reload(running);
          break;
        case "info":
          log.info("log extra info");
          for (const line of running.info()) log.info(line);
          break;
        case "stop":
          return;
        default:
          wish satisfies never;
      }
    }
  }

  async #reload(running: RunningDaemon): Promise<void> {
    const { voice, manager, program, configFile } = this.#parts;
    const { log } = voice;
    manager.reloading();
    log.info("reloading config files");
    const read = readConfigFile(program.name, configFile, program.etc ?? "/etc");
    for (const message of read.messages) voice.announce(message);
    const before = this.#config;
    if (read.text !== null) {
      this.#config = before.reloaded(read.text);
      for (const line of this.#config.skippedLines) {
        log.warning(`bad definition in config file '${configFile}': ${line}`);
      }
      const { messages, fatal } = this.#config.judgement;
      for (const { text } of [...messages, ...(fatal?.lines ?? [])]) log.warning(text);
      for (const name of before.waitingForRestart(read.text)) {
        log.notice("changed option takes effect at the next start", { name });
      }
    }
    await this.#listen();
    await running.reload(this.#config, before.changesTo(this.#config));
    manager.ready();
  }

  async #leave(status: number): Promise<number> {
    const { voice, manager } = this.#parts;
    const wasRunning = this.#phase === "running";
    this.#phase = "stopping";
    manager.stopping();
    if (wasRunning) {
      voice.log.info("terminate signal received");
      voice.announce("exited from main loop");
    }
    voice.announce("exiting ...");
    await this.#running?.stop();
    await this.#admin.close();
    voice.announce(`process exited successfully (status:${status})`);
    return status;
  }

  async #listen(): Promise<void> {
    await this.#admin.listen({
      host: this.#config.text("ADMIN_LISTEN_HOST"),
      port: this.#config.number("ADMIN_LISTEN_PORT"),
    });
  }

  #health(): string | null {
    return this.#phase === "running" ? (this.#running?.health?.() ?? null) : this.#phase;
  }

  #requestStop(reason: string, status = 1): void {
    this.#parts.voice.log.error("internal terminate request", { reason });
    this.#status = status;
    this.#signals.add("stop");
  }

  #ident(): string {
    return identOf(this.#config);
  }
}

/** What a daemon's own code gets; the working folder is DATA_PATH by now. */
export function daemonContext(parts: {
  readonly config: Config;
  readonly switches: Switches;
  readonly voice: Voice;
  readonly metrics: Metrics;
  readonly requestStop: (reason: string, status?: number) => void;
}): DaemonContext {
  const { config, switches, voice, metrics, requestStop } = parts;
  return {
    daemon: config.daemon,
    config,
    log: voice.log,
    metrics,
    dataPath: process.cwd(),
    switches,
    progress: (line) => voice.progress(line),
    announce: (line) => voice.announce(line),
    requestStop,
  };
}

/** Options whose defaults are said when they are used, before the modules read theirs. */
const saidBefore: ReadonlySet<string> = new Set([
  "SYSLOG_IDENT",
  "LOCK_MEMORY",
  "NICE_LEVEL",
  "WORKING_USER",
  "WORKING_GROUP",
  "DATA_PATH",
  "FILE_UMASK",
  "DISABLE_OOM_KILLER",
]);

/** The line of `-u` for one option that the file does not define. */
export function sayDefault(config: Config, name: string, voice: Voice): void {
  if (config.isDefined(name)) return;
  voice.announce(
    `config: using default value for option '${name}' - '${config.defaultText(name)}'`,
  );
}

/** The name in the log; an empty one stands for the program's. */
export function identOf(config: Config): string {
  return config.text("SYSLOG_IDENT") || config.daemon;
}
