// systemd on a simulated machine: unit files from its tree as they were when systemd last read them, links for
// enabled and masked units, and the state of what runs. What a unit's program does is asked of `Services`.

import { baseOf, FakeFailure } from "./files.ts";
import type { FakeMachine, FakeProcess } from "./machine.ts";
import { isShellLine, runShellLine } from "./unit-commands.ts";

/** What a service manager starts and stops; MooseFS is one (moosefs.ts). */
export interface Services {
  /** Runs the ExecStartPre program; throws when it refuses. */
  guard(machine: FakeMachine, program: string): void;
  /** Starts what ExecStart says; throws `FakeFailure` when the program fails. */
  start(machine: FakeMachine, line: string, limits: { nofile: number }): FakeProcess;
  /** Ends it as SIGTERM does. */
  stop(machine: FakeMachine, process: FakeProcess): void;
  /** SIGHUP. */
  reload(machine: FakeMachine, process: FakeProcess): void;
}

interface Unit {
  text: string;
  active: "active" | "inactive" | "failed";
  process: FakeProcess | undefined;
}

/** What `systemctl show` says of a unit. */
export interface UnitView {
  readonly load: "loaded" | "masked" | "not-found";
  readonly active: string;
  readonly sub: string;
  readonly file: string;
  readonly pid: number;
  readonly needDaemonReload: boolean;
}

const own = "/etc/systemd/system";
const packaged = "/lib/systemd/system";
const wants: Readonly<Record<string, string>> = {
  service: `${own}/multi-user.target.wants`,
  socket: `${own}/sockets.target.wants`,
};

export class FakeSystemd {
  readonly #machine: FakeMachine;
  readonly #services: Services;
  readonly #units = new Map<string, Unit>();
  /** Every start, stop, restart and reload that was asked for, e.g. "restart mfs-master.service". */
  readonly log: string[] = [];

  constructor(machine: FakeMachine, services: Services) {
    this.#machine = machine;
    this.#services = services;
  }

  show(name: string): UnitView {
    const text = this.#textOnDisk(name);
    const unit = this.#units.get(name) ?? this.#load(name);
    const running = unit?.active ?? "inactive";
    return {
      load: this.#isMasked(name) ? "masked" : unit === undefined ? "not-found" : "loaded",
      active: running,
      sub:
        running === "active"
          ? name.endsWith(".socket")
            ? "listening"
            : "running"
          : running === "failed"
            ? "failed"
            : "dead",
      file: this.#fileState(name, text),
      pid: unit?.process?.pid ?? 0,
      needDaemonReload: unit !== undefined && text !== undefined && unit.text !== text,
    };
  }

  /** The soft limit of open files of the unit's process. */
  nofileOf(name: string): number | undefined {
    return this.#units.get(name)?.process?.nofile;
  }

  daemonReload(): void {
    for (const [name, unit] of this.#units) {
      const text = this.#textOnDisk(name);
      if (text !== undefined) unit.text = text;
      else if (unit.active !== "active") this.#units.delete(name);
    }
  }

  enable(name: string): void {
    this.#needUnit(name);
    const link = this.#wantsLink(name);
    this.#machine.files.makeFolder(link.slice(0, link.lastIndexOf("/")));
    if (this.#machine.files.lstat(link) === undefined) {
      this.#machine.files.symlink(`${own}/${name}`, link);
    }
  }

  disable(name: string): void {
    this.#machine.files.remove(this.#wantsLink(name));
  }

  mask(name: string): void {
    const path = `${own}/${name}`;
    if (this.#isMasked(name)) return;
    if (this.#machine.files.lstat(path) !== undefined) {
      throw new FakeFailure(`Failed to mask unit: File ${path} already exists.`);
    }
    this.#machine.files.symlink("/dev/null", path);
  }

  unmask(name: string): void {
    if (this.#isMasked(name)) this.#machine.files.remove(`${own}/${name}`);
  }

  start(name: string): void {
    const unit = this.#needUnit(name);
    if (unit.active === "active") return;
    this.log.push(`start ${name}`);
    this.#startNow(name, unit);
  }

  stop(name: string): void {
    const unit = this.#units.get(name) ?? this.#load(name);
    if (unit === undefined)
      throw new FakeFailure(`Failed to stop ${name}: Unit ${name} not loaded.`, 5);
    if (unit.active !== "active") return;
    this.log.push(`stop ${name}`);
    this.#stopNow(name, unit);
  }

  restart(name: string): void {
    const unit = this.#needUnit(name);
    this.log.push(`restart ${name}`);
    if (unit.active === "active") this.#stopNow(name, unit);
    this.#startNow(name, unit);
  }

  reload(name: string): void {
    const unit = this.#needUnit(name);
    this.log.push(`reload ${name}`);
    if (unit.active !== "active" || unit.process === undefined) {
      throw new FakeFailure(`${name} is not active, cannot reload.`);
    }
    if (valuesOf(unit.text, "ExecReload").length === 0) {
      throw new FakeFailure(
        `Failed to reload ${name}: Job type reload is not applicable for unit ${name}.`,
      );
    }
    for (const line of valuesOf(unit.text, "ExecReload")) {
      if (isShellLine(line)) runShellLine(this.#machine, name, line);
      else this.#services.reload(this.#machine, unit.process);
    }
  }

  resetFailed(name: string): void {
    const unit = this.#units.get(name);
    if (unit === undefined) {
      throw new FakeFailure(
        `Failed to reset failed state of unit ${name}: Unit ${name} not loaded.`,
      );
    }
    if (unit.active === "failed") unit.active = "inactive";
  }

  /** The process ended by itself, e.g. a mount that was taken away or a daemon that was killed. */
  ended(process: FakeProcess, how: "inactive" | "failed"): void {
    for (const [name, unit] of this.#units) {
      if (unit.process !== process) continue;
      unit.process = undefined;
      unit.active = how;
      this.#stopped(name, unit);
    }
  }

  /** The machine starts: everything is read anew and enabled units start, failures stay failures. */
  boot(): void {
    this.#units.clear();
    for (const folder of Object.values(wants)) {
      for (const name of this.#machine.files.list(folder) ?? []) {
        try {
          this.start(name);
        } catch (error) {
          if (!(error instanceof FakeFailure)) throw error;
        }
      }
    }
  }

  #startNow(name: string, unit: Unit): void {
    try {
      for (const line of valuesOf(unit.text, "ExecStartPre")) {
        if (isShellLine(line)) runShellLine(this.#machine, name, line);
        else this.#services.guard(this.#machine, line);
      }
      unit.process = this.#run(name, unit);
    } catch (error) {
      unit.active = "failed";
      if (!(error instanceof FakeFailure)) throw error;
      throw new FakeFailure(
        `Job for ${name} failed because the control process exited with error code.\n${error.message}`,
      );
    }
    unit.active = "active";
    for (const line of valuesOf(unit.text, "ExecStartPost"))
      runShellLine(this.#machine, name, line);
  }

  #run(name: string, unit: Unit): FakeProcess {
    if (name.endsWith(".socket")) {
      return this.#machine.openSocket(valuesOf(unit.text, "ListenStream").map(Number));
    }
    const nofile = Number(valuesOf(unit.text, "LimitNOFILE")[0] ?? 1024);
    const line = valuesOf(unit.text, "ExecStart")[0];
    if (line === undefined) throw new FakeFailure(`${name}: Service has no ExecStart=`);
    return this.#services.start(this.#machine, line, { nofile });
  }

  #stopNow(name: string, unit: Unit): void {
    const process = unit.process;
    if (process !== undefined) {
      this.#services.stop(this.#machine, process);
      this.#machine.processes.delete(process.pid);
      this.#machine.sockets.delete(process);
    }
    unit.process = undefined;
    unit.active = "inactive";
    this.#stopped(name, unit);
  }

  /** ExecStopPost, however the process ended; a mount is taken away by its service. */
  #stopped(name: string, unit: Unit): void {
    for (const line of valuesOf(unit.text, "ExecStopPost")) {
      if (isShellLine(line)) runShellLine(this.#machine, name, line);
    }
  }

  #needUnit(name: string): Unit {
    if (this.#isMasked(name)) throw new FakeFailure(`Unit ${name} is masked.`);
    const unit = this.#units.get(name) ?? this.#load(name);
    if (unit === undefined) throw new FakeFailure(`Unit ${name} not found.`, 5);
    return unit;
  }

  #load(name: string): Unit | undefined {
    const text = this.#textOnDisk(name);
    if (text === undefined) return undefined;
    const unit: Unit = { text, active: "inactive", process: undefined };
    this.#units.set(name, unit);
    return unit;
  }

  #textOnDisk(name: string): string | undefined {
    const { files } = this.#machine;
    if (this.#isMasked(name)) return undefined;
    return files.read(`${own}/${name}`) ?? files.read(`${packaged}/${name}`);
  }

  #isMasked(name: string): boolean {
    return this.#machine.files.lstat(`${own}/${name}`)?.target === "/dev/null";
  }

  #fileState(name: string, text: string | undefined): string {
    if (this.#isMasked(name)) return "masked";
    if (text === undefined) return "";
    if (!text.includes("[Install]")) return "static";
    return this.#machine.files.lstat(this.#wantsLink(name)) === undefined ? "disabled" : "enabled";
  }

  #wantsLink(name: string): string {
    return `${wants[baseOf(name.replaceAll(".", "/"))] ?? own}/${name}`;
  }
}

/** The values of one key of a unit file, in order. */
function valuesOf(text: string, key: string): readonly string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));
}
