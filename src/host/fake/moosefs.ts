// MooseFS on simulated machines: the daemons as far as a run-book sees them. A master renames its metadata at start
// and stores it at stop, a metalogger downloads a real image, a chunkserver marks its disks, a mount needs a master.
// Spec: config-and-cli.md 2, 10.2, 11 and 12; metalogger.md.

import { parseDisks } from "../../../daemons/config/hdd.ts";
import { parseConfig } from "../../../daemons/config/parse-config.ts";
import { FakeFailure, baseOf } from "./files.ts";
import type { FakeMachine, FakeProcess } from "./machine.ts";
import {
  diskIdBytes,
  loadImage,
  parseImage,
  serverIdBytes,
  storeImage,
  type FakeMetadata,
} from "./metadata.ts";
import { startGuard } from "./start-guard.ts";
import type { Services } from "./systemd.ts";

interface MasterState {
  readonly kind: "master";
  readonly data: string;
  readonly metadata: FakeMetadata;
}

interface MetaloggerState {
  readonly kind: "metalogger";
  readonly data: string;
  readonly master: string;
}

interface ChunkserverState {
  readonly kind: "chunkserver";
  readonly data: string;
  readonly master: string;
  readonly disksFile: string;
  disks: readonly FakeDiskLine[];
}

/** One disk as a chunkserver has read it. */
export interface FakeDiskLine {
  readonly path: string;
  readonly markedForRemoval: boolean;
}

/** One disk as a chunkserver tells of it. */
export interface FakeServedDisk extends FakeDiskLine {
  readonly damaged: boolean;
}

interface MountState {
  readonly kind: "mount";
  readonly path: string;
  readonly master: string;
  readonly subfolder: string;
}

type DaemonState =
  MasterState | MetaloggerState | ChunkserverState | MountState | { readonly kind: "monitor" };

/** A daemon and where it runs. */
export interface FakeDaemon<S extends DaemonState = DaemonState> {
  readonly machine: FakeMachine;
  readonly process: FakeProcess;
  readonly state: S;
}

/** The network as MooseFS sees it: who can open a connection to whom. */
export interface Network {
  readonly machines: ReadonlyMap<string, FakeMachine>;
  /** The machine that answers there; undefined when nothing does. */
  reach(from: FakeMachine, address: string, port: number): FakeMachine | undefined;
  /** What a connection would meet. */
  state(from: FakeMachine, address: string, port: number): "open" | "closed" | "silent";
}

/** What each program sets as its own limit of open files (config-and-cli.md 2.1, 12.1). */
const ownLimit = {
  master: 16_384,
  metalogger: 4_096,
  chunkserver: 16_384,
  mount: 100_000,
} as const;

export class FakeMooseFs implements Services {
  readonly #network: Network;
  readonly #daemons = new Map<FakeProcess, FakeDaemon>();

  constructor(network: Network) {
    this.#network = network;
  }

  guard(machine: FakeMachine, program: string): void {
    startGuard(machine, program, this.#network);
  }

  start(machine: FakeMachine, line: string, limits: { nofile: number }): FakeProcess {
    const words = line.split(" ").filter((word) => word !== "");
    const program = words[0] ?? "";
    if (machine.files.stat(program) === undefined) {
      throw new FakeFailure(`Failed to locate executable ${program}: No such file or directory`);
    }
    const name = baseOf(program);
    const state = this.#stateOf(machine, name, words.slice(1));
    const limit =
      state.kind === "monitor" ? limits.nofile : Math.min(limits.nofile, limitOf(state, words));
    const process = machine.spawn(name, portsOf(state), limit);
    this.#daemons.set(process, { machine, process, state });
    this.#begin(machine, state);
    this.settle();
    return process;
  }

  stop(machine: FakeMachine, process: FakeProcess): void {
    const daemon = this.#daemons.get(process);
    if (daemon === undefined) return;
    const { state } = daemon;
    // ExecStopPost takes even a busy mount away, lazily.
    if (state.kind === "mount") {
      machine.mounts = machine.mounts.filter((mount) => mount.path !== state.path);
    }
    this.#daemons.delete(process);
    if (state.kind === "master")
      storeImage(machine.files, state.data, { ...state.metadata, clean: true });
    this.settle();
  }

  reload(_machine: FakeMachine, process: FakeProcess): void {
    const daemon = this.#daemons.get(process);
    if (daemon?.state.kind !== "chunkserver") return;
    // A line that cannot be used is skipped at reload (config-and-cli.md 10.2).
    daemon.state.disks = readDisks(daemon.machine, daemon.state.disksFile, "skip");
    this.settle();
  }

  /** The process is gone without a word: kill -9, or the machine's power. */
  killed(process: FakeProcess): void {
    this.#daemons.delete(process);
    this.settle();
  }

  /** The mount's process when something takes its mount away. */
  unmounted(machine: FakeMachine, path: string): FakeProcess | undefined {
    for (const { process, machine: at, state } of this.#daemons.values()) {
      if (at !== machine || state.kind !== "mount" || state.path !== path) continue;
      this.#daemons.delete(process);
      return process;
    }
    return undefined;
  }

  /** Daemons of one kind that run, in the order of their start. */
  running<K extends DaemonState["kind"]>(
    kind: K,
  ): readonly FakeDaemon<Extract<DaemonState, { kind: K }>>[] {
    return [...this.#daemons.values()].filter(
      (daemon): daemon is FakeDaemon<Extract<DaemonState, { kind: K }>> =>
        daemon.state.kind === kind,
    );
  }

  /** The master of a machine, when one runs there. */
  masterOn(machine: FakeMachine): FakeDaemon<MasterState> | undefined {
    return this.running("master").find((daemon) => daemon.machine === machine);
  }

  /** The disks of the chunkserver on a machine, when one runs there. */
  disksOn(machine: FakeMachine): readonly FakeServedDisk[] | undefined {
    const daemon = this.running("chunkserver").find((each) => each.machine === machine);
    return daemon?.state.disks.map((disk) => ({
      ...disk,
      damaged: machine.brokenDisks.has(disk.path.replace(/\/$/, "")),
    }));
  }

  /** Those that are connected to the master of a machine now. */
  connectedTo<K extends "metalogger" | "chunkserver" | "mount">(
    master: FakeMachine,
    kind: K,
  ): readonly FakeDaemon<Extract<DaemonState, { kind: K }>>[] {
    return this.running(kind).filter(
      ({ machine, state }) => this.#masterSeenBy(machine, state)?.machine === master,
    );
  }

  /** Clients have written and an hour has passed: the master stores its image, metaloggers take it over. */
  store(machine: FakeMachine): void {
    const master = this.masterOn(machine);
    if (master === undefined) throw new FakeFailure(`no master runs on ${machine.name}`);
    master.state.metadata.version += 10;
    storeImage(machine.files, master.state.data, { ...master.state.metadata, clean: false });
    this.settle();
  }

  /** Lets everybody who waits for a master do what a connection brings. */
  settle(): void {
    for (const { machine, state } of this.#daemons.values()) {
      const master = this.#masterSeenBy(machine, state);
      if (master === undefined) continue;
      if (state.kind === "metalogger") download(machine, state, master);
      if (state.kind === "chunkserver") markDisks(machine, state, master.state.metadata.id);
    }
  }

  #masterSeenBy(machine: FakeMachine, state: DaemonState): FakeDaemon<MasterState> | undefined {
    const port = { metalogger: 9419, chunkserver: 9420, mount: 9421, master: 0, monitor: 0 }[
      state.kind
    ];
    if (!("master" in state)) return undefined;
    const address = machine.resolve(state.master);
    if (address === undefined) return undefined;
    const target = this.#network.reach(machine, address, port);
    return target === undefined ? undefined : this.masterOn(target);
  }

  #stateOf(machine: FakeMachine, program: string, words: readonly string[]): DaemonState {
    const config = words[words.indexOf("-c") + 1] ?? "";
    switch (program) {
      case "mfsmaster":
        return masterState(machine, config);
      case "mfsmetalogger": {
        const { data, value } = readConfig(machine, "mfsmetalogger", config);
        return { kind: "metalogger", data, master: value("MASTER_HOST") };
      }
      case "mfschunkserver": {
        const { data, value } = readConfig(machine, "mfschunkserver", config);
        const disksFile = value("HDD_CONF_FILENAME");
        const disks = readDisks(machine, disksFile, "refuse");
        return { kind: "chunkserver", data, master: value("MASTER_HOST"), disksFile, disks };
      }
      case "mfsmount":
        return mountState(words);
      case "mfscgiserv":
        return { kind: "monitor" };
      default:
        throw new Error(`the fake knows no daemon "${program}"`);
    }
  }

  #begin(machine: FakeMachine, state: DaemonState): void {
    if (state.kind !== "mount") return;
    const { files } = machine;
    if (!machine.kernelFilesystems.has("fuse"))
      throw new FakeFailure("fuse: device not found, try 'modprobe fuse' first");
    if (files.stat(state.path)?.type !== "folder")
      throw new FakeFailure(`fuse: bad mount point \`${state.path}'`);
    if (machine.isMounted(state.path)) throw new FakeFailure(`fuse: mountpoint is not empty`);
    if (this.#masterSeenBy(machine, state) === undefined) {
      throw new FakeFailure(`can't connect to mfsmaster ("${state.master}":"9421")`);
    }
    const address = machine.resolve(state.master) ?? "";
    machine.mounts.push({ source: `mfs#${address}:9421`, path: state.path, type: "fuse.mfs" });
  }
}

function masterState(machine: FakeMachine, config: string): MasterState {
  const { data, value } = readConfig(machine, "mfsmaster", config);
  if (machine.files.read(value("EXPORTS_FILENAME")) === undefined) {
    throw new FakeFailure("exports file not found - exiting");
  }
  return { kind: "master", data, metadata: loadImage(machine.files, data) };
}

function mountState(words: readonly string[]): MountState {
  const after = (option: string, fallback: string) =>
    words.includes(option) ? (words[words.indexOf(option) + 1] ?? fallback) : fallback;
  return {
    kind: "mount",
    path: words[0] ?? "",
    master: after("-H", "mfsmaster"),
    subfolder: after("-S", "/"),
  };
}

function limitOf(
  state: Exclude<DaemonState, { kind: "monitor" }>,
  words: readonly string[],
): number {
  const given = /mfsrlimitnofile=(\d+)/.exec(words.join(" "))?.[1];
  return given === undefined ? ownLimit[state.kind] : Number(given);
}

function portsOf(state: DaemonState): readonly number[] {
  const ports = { master: [9419, 9420, 9421], chunkserver: [9422], monitor: [9425] } as const;
  return state.kind in ports ? ports[state.kind as keyof typeof ports] : [];
}

function readConfig(
  machine: FakeMachine,
  daemon: "mfsmaster" | "mfsmetalogger" | "mfschunkserver",
  file: string,
): { data: string; value: (name: string) => string } {
  const text = machine.files.read(file);
  if (text === undefined) throw new FakeFailure(`can't load config file: ${file}`);
  const { values } = parseConfig(daemon, text);
  const value = (name: string) => String(values[name] ?? "");
  const data = value("DATA_PATH");
  const folder = machine.files.stat(data);
  if (!machine.users.has(value("WORKING_USER")))
    throw new FakeFailure(`${value("WORKING_USER")}: no such user !!!`);
  if (folder?.type !== "folder") throw new FakeFailure(`can't set working directory to ${data}`);
  if (folder.owner !== value("WORKING_USER"))
    throw new FakeFailure("can't create lockfile in working directory");
  return { data, value };
}

function readDisks(
  machine: FakeMachine,
  file: string,
  broken: "refuse" | "skip",
): readonly FakeDiskLine[] {
  const text = machine.files.read(file);
  if (text === undefined) throw new FakeFailure(`hdd space configuration file (${file}) not found`);
  return parseDisks(text).disks.filter(({ path }) => {
    const folder = machine.files.stat(path);
    if (folder?.type === "folder" && folder.owner !== "root") return true;
    if (broken === "skip") return false;
    throw new FakeFailure(
      `hdd space manager: can't create lock file '${path}/.lock': EACCES (Permission denied)`,
    );
  });
}

/** A metalogger takes real images only: "MFSM NEW" is refused (metalogger.md). */
function download(
  machine: FakeMachine,
  state: MetaloggerState,
  master: FakeDaemon<MasterState>,
): void {
  const image = master.machine.files.stat(`${master.state.data}/metadata.mfs.back`)?.content;
  const path = `${state.data}/metadata_ml.mfs.back`;
  if (image === undefined || parseImage(image) === undefined) return;
  if (machine.files.stat(path)?.content.equals(image) === true) return;
  const owner = machine.files.stat(state.data)?.owner ?? "root";
  machine.files.write(path, image, { owner, group: owner, mode: 0o640 });
}

function markDisks(machine: FakeMachine, state: ChunkserverState, id: bigint): void {
  const owner = machine.files.stat(state.data)?.owner ?? "root";
  const mark = (path: string, content: Buffer) => {
    if (machine.files.stat(path) !== undefined) return;
    machine.files.write(path, content, { owner, group: owner, mode: 0o640 });
  };
  mark(`${state.data}/chunkserverid.mfs`, serverIdBytes(1, id));
  for (const disk of state.disks) mark(`${disk.path.replace(/\/$/, "")}/.metaid`, diskIdBytes(id));
}
