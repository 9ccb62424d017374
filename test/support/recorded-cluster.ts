// A stock master, three chunkservers with two disks each, a metalogger and a mount, for recording frames:
// chunkservers and metalogger look for their master at addresses where taps stand.
// Spec: config-and-cli.md sections 5 to 10.

import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { mkdir, open, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { Settings, StockPrograms } from "./stock-programs.ts";

const run = promisify(execFile);

/** Where the real master listens. */
export const master = "10.99.61.1";
/** Where all but the last chunkserver look for it. */
export const tapped = "10.99.61.2";
/** Where the last chunkserver looks for it. */
export const gate = "10.99.61.3";
/** Addresses of the chunkservers. */
export const stores = ["10.99.61.11", "10.99.61.12", "10.99.61.13"] as const;

/** Daemons behind the taps, and a mount. */
export class RecordedCluster {
  readonly programs: StockPrograms;
  readonly mountPoint: string;

  constructor(programs: StockPrograms) {
    this.programs = programs;
    this.mountPoint = path.join(programs.folder, "mount");
  }

  async startMaster(): Promise<void> {
    await this.configureMaster();
    await writeFile(path.join(this.programs.folder, "master", "metadata.mfs"), "MFSM NEW");
    this.programs.start("mfsmaster", "master");
  }

  async startLogger(): Promise<void> {
    await this.programs.configure("logger", {
      BIND_HOST: tapped,
      MASTER_HOST: tapped,
      MASTER_RECONNECTION_DELAY: 1,
    });
    this.programs.start("mfsmetalogger", "logger");
  }

  async configureMaster(extra: Settings = {}): Promise<void> {
    const exports = path.join(this.programs.folder, "exports.cfg");
    await writeFile(exports, "* / rw,alldirs,admin,maproot=0:0\n");
    await this.programs.configure("master", {
      EXPORTS_FILENAME: exports,
      MATOML_LISTEN_HOST: master,
      MATOCS_LISTEN_HOST: master,
      MATOCL_LISTEN_HOST: master,
      REPLICATIONS_DELAY_INIT: 0,
      CHUNKS_LOOP_MIN_TIME: 60,
      ...extra,
    });
  }

  async configureStore(index: number, extra: Settings = {}): Promise<void> {
    const disks = path.join(this.programs.folder, `disks${index}.cfg`);
    await this.programs.configure(`store${index}`, {
      HDD_CONF_FILENAME: disks,
      BIND_HOST: stores[index] ?? "",
      CSSERV_LISTEN_HOST: stores[index] ?? "",
      MASTER_HOST: index === stores.length - 1 ? gate : tapped,
      MASTER_RECONNECTION_DELAY: 1,
      LABELS: index === 0 ? "A,C" : "B",
      ...extra,
    });
  }

  #diskOf(index: number, disk: "a" | "b"): string {
    return path.join(this.programs.folder, `disk${index}${disk}`);
  }

  async configureDisks(index: number, marks: { a?: string; b?: string }): Promise<void> {
    const lines = Object.entries(marks).map(
      ([disk, mark]) => `${mark}${this.#diskOf(index, disk as "a" | "b")}\n`,
    );
    await writeFile(path.join(this.programs.folder, `disks${index}.cfg`), lines.join(""));
  }

  async startStore(index: number): Promise<void> {
    await this.configureStore(index);
    await this.configureDisks(index, { a: "", b: "" });
    for (const disk of ["a", "b"] as const) {
      await mkdir(this.#diskOf(index, disk), { recursive: true });
    }
    this.programs.start("mfschunkserver", `store${index}`);
  }

  /** A path on the mount. */
  at(name: string): string {
    return path.join(this.mountPoint, name);
  }

  async chunkOf(name: string): Promise<string> {
    const { stdout } = await run("mfsfileinfo", [this.at(name)]);
    const [, id] = /([0-9A-F]{16})_[0-9A-F]{8}/.exec(stdout) ?? [];
    if (id === undefined) throw new Error(`Cannot find the chunk of "${name}" in "${stdout}"`);
    return id;
  }

  /** Files of the chunk on all disks of a store. */
  async copiesOf(name: string, index: number): Promise<readonly string[]> {
    const id = await this.chunkOf(name);
    const found: string[] = [];
    for (const disk of ["a", "b"] as const) {
      const folder = this.#diskOf(index, disk);
      const files = await readdir(folder, { recursive: true });
      found.push(
        ...files.filter((file) => file.includes(id)).map((file) => path.join(folder, file)),
      );
    }
    return found;
  }

  async put(name: string, size: number, offset = 0): Promise<void> {
    const handle = await open(this.at(name), constants.O_RDWR | constants.O_CREAT);
    await handle.write(Buffer.alloc(size, 0x78), 0, size, offset);
    await handle.sync();
    await handle.close();
  }

  /** Reads until the mount ends: it tries broken copies again and again. */
  read(name: string): void {
    const words = [this.at(name)];
    run("cat", words, { encoding: "buffer", maxBuffer: 1e7 }).catch(() => undefined);
  }

  async goal(name: string, goal: number): Promise<void> {
    await run("mfssetgoal", [`${goal}`, this.at(name)]);
  }

  async snapshot(from: string, to: string): Promise<void> {
    await run("mfsmakesnapshot", [this.at(from), this.at(to)]);
  }

  /** Puts other bytes behind header and checksums of all copies. */
  async spoil(name: string): Promise<void> {
    for (const index of stores.keys()) {
      for (const file of await this.copiesOf(name, index)) {
        const handle = await open(file, "r+");
        await handle.write(Buffer.alloc(1000, 0x21), 0, 1000, 8192);
        await handle.close();
      }
    }
  }
}
