// One simulated machine: what its programs would find. Plain state; the programs stand in the neighbouring files.

import { FakeFailure, FileTree } from "./files.ts";

/** A running program; `ss` and `systemctl` show it. */
export interface FakeProcess {
  readonly name: string;
  readonly pid: number;
  readonly ports: readonly number[];
  /** Soft limit of open files. */
  readonly nofile: number;
}

export interface FakeMount {
  readonly source: string;
  readonly path: string;
  readonly type: string;
}

/** How a machine starts its life; a bare one of its family unless told otherwise. */
export interface FakeMachineOptions {
  readonly name: string;
  readonly address: string;
  readonly family?: "debian" | "rhel";
  /** Programs that are there from the start. */
  readonly tools?: readonly string[];
  /** Hard limit of open files of a login. */
  readonly nofileHard?: number;
  /** Clock minus true time. */
  readonly clockOffsetMs?: number;
}

/** What is known of a package: its files, its own unit and the programs it brings. */
export interface FakePackage {
  readonly version: string;
  readonly files: readonly string[];
  readonly tools: readonly string[];
  readonly unit?: string;
  /** Ports that its own unit takes when it is not masked. */
  readonly ports?: readonly number[];
}

/** What a bare host of either family has of its own: rsync, kmod and fuse are not among it. */
const bareTools =
  "base64 bash cat chmod chown cp date env find flock getconf getent grep groupadd head hostname id install ip journalctl ln ls mkdir mktemp mount mountpoint mv od readlink rm sed sh sha256sum sort ss stat sync systemctl tail test timeout touch tr umount uname useradd xargs".split(
    " ",
  );

const releases = {
  debian: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
  rhel: 'PRETTY_NAME="Rocky Linux 9.6 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.6"\n',
} as const;

export class FakeMachine {
  readonly name: string;
  readonly address: string;
  readonly family: "debian" | "rhel";
  readonly files: FileTree;
  readonly tools: Set<string>;
  readonly packages = new Map<string, string>();
  readonly users = new Map<string, { uid: number; gid: number }>([["root", { uid: 0, gid: 0 }]]);
  readonly groups = new Map<string, number>([["root", 0]]);
  readonly processes = new Map<number, FakeProcess>();
  /** Sockets that systemd holds for others; their owner is process 1. */
  readonly sockets = new Set<FakeProcess>();
  /** Modules that modprobe finds. */
  readonly kernelModules = new Set(["fuse"]);
  readonly kernelFilesystems = new Set(["ext4"]);
  /** Addresses beside its own, which a unit brought up. */
  readonly movedAddresses = new Set<string>();
  /** Folders that a chunkserver of this machine calls damaged, whatever the reason. */
  readonly brokenDisks = new Set<string>();
  /** Mount paths that somebody uses: umount refuses them. */
  readonly busyMounts = new Set<string>();
  mounts: FakeMount[] = [{ source: "/dev/sda1", path: "/", type: "ext4" }];
  /** apt-get knows packages only after an update. */
  packageLists: boolean;
  nofileHard: number;
  nrOpen = 1_073_741_816;
  clockOffsetMs: number;
  selinux = false;
  /** False: mfsctl cannot reach it; the other machines can. */
  reachable = true;
  /** False: it is off. */
  powered = true;
  /** Milliseconds that each call takes. */
  delayMs = 0;
  /** Free space of the file system at a path, in bytes; the default is 100 GiB. */
  readonly freeBytes = new Map<string, number>();
  #lastPid = 100;

  constructor(options: FakeMachineOptions, now: () => number) {
    this.name = options.name;
    this.address = options.address;
    this.family = options.family ?? "debian";
    this.files = new FileTree(() => now() + this.clockOffsetMs);
    this.clockOffsetMs = options.clockOffsetMs ?? 0;
    this.nofileHard = options.nofileHard ?? 1_048_576;
    this.packageLists = this.family === "rhel";
    const packager = this.family === "debian" ? "apt-get" : "dnf";
    this.tools = new Set([...bareTools, packager, ...(options.tools ?? [])]);
    this.#furnish();
  }

  #furnish(): void {
    for (const folder of [
      "/etc/systemd/system",
      "/etc/security/limits.d",
      "/lib/systemd/system",
      "/run",
      "/dev",
      "/tmp",
      "/home",
      "/mnt",
      "/usr/sbin",
      "/usr/bin",
      "/var/lib",
    ]) {
      this.files.makeFolder(folder);
    }
    this.files.makeOther("/dev/null");
    this.files.write("/etc/os-release", releases[this.family]);
    this.files.write("/etc/hosts", `127.0.0.1 localhost\n127.0.1.1 ${this.name}\n`);
  }

  /** Starts a program: a new process id. */
  spawn(name: string, ports: readonly number[], nofile = 1024): FakeProcess {
    this.#needFree(ports);
    this.#lastPid += 1;
    const process = { name, pid: this.#lastPid, ports, nofile };
    this.processes.set(process.pid, process);
    return process;
  }

  /** systemd listens for a unit. */
  openSocket(ports: readonly number[]): FakeProcess {
    this.#needFree(ports);
    const socket = { name: "systemd", pid: 1, ports, nofile: this.nofileHard };
    this.sockets.add(socket);
    return socket;
  }

  /** Everything that may listen. */
  listeners(): readonly FakeProcess[] {
    return [...this.processes.values(), ...this.sockets];
  }

  listens(port: number): boolean {
    return this.listeners().some((process) => process.ports.includes(port));
  }

  #needFree(ports: readonly number[]): void {
    const taken = ports.find((port) => this.listens(port));
    if (taken !== undefined) throw new FakeFailure(`bind: port ${taken}: Address already in use`);
  }

  /** The IPv4 address that a name or address means here: /etc/hosts alone, as in a lab without DNS. */
  resolve(name: string): string | undefined {
    if (/^\d+(\.\d+){3}$/.test(name)) return name;
    for (const line of (this.files.read("/etc/hosts") ?? "").split("\n")) {
      const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
      if (address !== undefined && names.includes(name)) return address;
    }
    return undefined;
  }

  isMounted(path: string): boolean {
    return this.mounts.some((mount) => mount.path === path);
  }

  /** Mounts a file system of its own, e.g. a data disk. */
  mount(path: string, source = "/dev/sdb1", type = "ext4"): void {
    this.files.makeFolder(path);
    this.mounts.push({ source, path, type });
  }

  /** The power goes: processes, FUSE mounts and /run are lost, disks stay. */
  powerCut(): void {
    this.powered = false;
    this.processes.clear();
    this.sockets.clear();
    this.movedAddresses.clear();
    this.mounts = this.mounts.filter((mount) => !mount.type.startsWith("fuse"));
    this.files.remove("/run");
    this.files.makeFolder("/run");
  }
}
