// Tells systemd how the daemon is (sd_notify): ready, reloading, stopping. Without NOTIFY_SOCKET it does nothing.

import { closeSync } from "node:fs";
import { openDatagramSocket, sendDatagram } from "./system-calls.ts";

/** The service manager that started us, if any. */
export class ServiceManager {
  readonly #socketPath: string | null;

  constructor(environment: NodeJS.ProcessEnv) {
    const path = environment["NOTIFY_SOCKET"] ?? "";
    this.#socketPath = path.startsWith("/") || path.startsWith("@") ? path : null;
  }

  ready(): void {
    this.#notify(`READY=1\nMAINPID=${process.pid}`);
  }

  reloading(): void {
    const microseconds = process.hrtime.bigint() / 1000n;
    this.#notify(`RELOADING=1\nMONOTONIC_USEC=${microseconds}`);
  }

  stopping(): void {
    this.#notify("STOPPING=1");
  }

  /** One line that `systemctl status` shows. */
  status(text: string): void {
    this.#notify(`STATUS=${text.replaceAll("\n", " ")}`);
  }

  #notify(state: string): void {
    if (this.#socketPath === null) return;
    try {
      const fd = openDatagramSocket();
      try {
        sendDatagram(fd, this.#socketPath, Buffer.from(state));
      } finally {
        closeSync(fd);
      }
    } catch {
      // The manager is gone; it will see our end by itself.
    }
  }
}
