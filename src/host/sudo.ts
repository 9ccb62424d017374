// Any host under `sudo -n`: another host around it. A batch is one sudo, so one line in the host's log.

import type { Duplex } from "node:stream";

import { runBatch } from "./batch.ts";
import type { CallOptions, Command, Host, Output, RsyncRequest } from "./host.ts";

export class SudoHost implements Host {
  readonly name: string;
  readonly #inner: Host;

  constructor(inner: Host) {
    this.name = inner.name;
    this.#inner = inner;
  }

  get roundTrips(): number {
    return this.#inner.roundTrips ?? 0;
  }

  async exec(command: Command, options?: CallOptions): Promise<Output> {
    const argv = ["sudo", "-n", "--", ...command.argv] as const;
    return await this.#inner.exec({ ...command, argv }, options);
  }

  async batch(commands: readonly Command[], options?: CallOptions): Promise<readonly Output[]> {
    return await runBatch(this, commands, options);
  }

  async connect(target: { address: string; port: number }, options?: CallOptions): Promise<Duplex> {
    return await this.#inner.connect(target, options);
  }

  async rsync(request: RsyncRequest, options?: CallOptions): Promise<void> {
    await this.#inner.rsync({ ...request, elevated: true }, options);
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }
}
