// Simulated machines and the network between them, for tests of everything above src/host: same interface, own clock,
// no processes. `control()` is one mfsctl at work on them; several may be, and each can die at any call.

import type { Duplex } from "node:stream";
import { FakeHosts } from "./hosts.ts";
import { FakeMachine, type FakeMachineOptions } from "./machine.ts";
import { FakeMooseFs, type FakeServedDisk, type Network } from "./moosefs.ts";
import type { FakeSystem } from "./program.ts";
import { FakeSystemd } from "./systemd.ts";

/** Answers connections to a master's client port; the wire's words are not known here. */
export type ServeMaster = (cluster: FakeCluster, machine: FakeMachine) => Duplex;

/** Answers connections to a chunkserver's data port, likewise. */
export type ServeChunkserver = (disks: readonly FakeServedDisk[]) => Duplex;

export interface FakeClusterOptions {
  readonly machines: readonly FakeMachineOptions[];
  readonly serveMaster: ServeMaster;
  /** Without it, no chunkserver tells its disks. */
  readonly serveChunkserver?: ServeChunkserver;
  /** True time at the start, milliseconds. */
  readonly startMs?: number;
}

export class FakeCluster implements Network {
  readonly machines: ReadonlyMap<string, FakeMachine>;
  readonly moosefs: FakeMooseFs;
  /** True time. It moves by calls and by `sleep`, never by itself. */
  nowMs: number;
  /** Goals by folder, or names of storage classes, as the master holds them. */
  readonly goals = new Map<string, number | string>([["/", 1]]);
  /** Connections that a firewall swallows, `FROM ADDRESS:PORT` by machine name. */
  readonly blocked = new Set<string>();
  readonly serveMaster: ServeMaster;
  readonly serveChunkserver: ServeChunkserver | undefined;
  readonly #systems: ReadonlyMap<string, FakeSystem>;

  constructor(options: FakeClusterOptions) {
    this.nowMs = options.startMs ?? Date.UTC(2026, 10, 22, 13, 0, 0);
    this.serveMaster = options.serveMaster;
    this.serveChunkserver = options.serveChunkserver;
    this.machines = new Map(
      options.machines.map((each) => [each.name, new FakeMachine(each, () => this.nowMs)]),
    );
    this.moosefs = new FakeMooseFs(this);
    this.#systems = new Map(
      [...this.machines].map(([name, machine]) => [name, this.#system(machine)]),
    );
  }

  /** A new mfsctl on a machine of its own: its connections, its death. */
  control(): FakeHosts {
    return new FakeHosts(this);
  }

  /** A machine by its name. */
  machine(name: string): FakeMachine {
    return this.system(name).machine;
  }

  /** A machine with its services. */
  system(name: string): FakeSystem {
    const system = this.#systems.get(name);
    if (system === undefined) throw new Error(`the fake cluster has no machine "${name}"`);
    return system;
  }

  /** Lets time pass; the way tests sleep. */
  sleep(ms: number): void {
    this.nowMs += ms;
    this.moosefs.settle();
  }

  reach(from: FakeMachine, address: string, port: number): FakeMachine | undefined {
    if (this.state(from, address, port) !== "open") return undefined;
    return this.#at(from, address);
  }

  state(from: FakeMachine, address: string, port: number): "open" | "closed" | "silent" {
    const target = this.#at(from, address);
    const blocked = this.blocked.has(`${from.name} ${address}:${port}`);
    if (target === undefined || !target.powered || blocked) return "silent";
    return target.listens(port) ? "open" : "closed";
  }

  /** kill -9 of a unit's process. */
  kill(name: string, unit: string): void {
    const { machine, systemd } = this.system(name);
    const process = machine.processes.get(systemd.show(unit).pid);
    if (process === undefined) throw new Error(`"${unit}" does not run on "${name}"`);
    machine.processes.delete(process.pid);
    systemd.ended(process, "failed");
    this.moosefs.killed(process);
  }

  /** The power goes, and mfsctl cannot reach it either. */
  powerCut(name: string): void {
    const { machine, systemd } = this.system(name);
    const lost = machine.listeners();
    machine.powerCut();
    for (const process of lost) {
      systemd.ended(process, "inactive");
      this.moosefs.killed(process);
    }
  }

  /** The machine starts again. */
  powerOn(name: string): void {
    const { machine, systemd } = this.system(name);
    machine.powered = true;
    systemd.boot();
    this.moosefs.settle();
  }

  #at(from: FakeMachine, address: string): FakeMachine | undefined {
    if (address === "127.0.0.1") return from;
    return [...this.machines.values()].find(
      (machine) => machine.address === address || machine.movedAddresses.has(address),
    );
  }

  #system(machine: FakeMachine): FakeSystem {
    return {
      machine,
      systemd: new FakeSystemd(machine, this.moosefs),
      moosefs: this.moosefs,
      network: this,
      nowMs: () => this.nowMs + machine.clockOffsetMs,
    };
  }
}
