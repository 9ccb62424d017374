// A local datagram socket that keeps what is sent to it: stands in for syslog and for systemd, which Node cannot play.

import { closeSync } from "node:fs";
import koffi from "koffi";

const unixSocket = 1;
const datagramNonBlocking = 2 | 0o4000;
const dontWait = 0x40;
const datagramBytes = 4096;

type Call = (...args: readonly unknown[]) => number;

/** Receives on a path; a leading "@" means the abstract name space. */
export class DatagramReceiver {
  readonly #fd: number;
  readonly #receive: Call;

  constructor(socketPath: string) {
    const library = koffi.load(null);
    const socket: Call = library.func("int socket(int domain, int kind, int protocol)");
    const bind: Call = library.func("int bind(int fd, void *address, uint32 size)");
    this.#receive = library.func("long recv(int fd, void *data, size_t size, int flags)");
    this.#fd = socket(unixSocket, datagramNonBlocking, 0);
    const name = socketPath.startsWith("@") ? `\0${socketPath.slice(1)}` : `${socketPath}\0`;
    const address = Buffer.concat([Buffer.from([unixSocket, 0]), Buffer.from(name)]);
    if (bind(this.#fd, address, address.length) !== 0) {
      throw new Error(`Cannot bind "${socketPath}": errno ${koffi.errno()}`);
    }
  }

  /** Everything that has arrived since the last time. */
  take(): readonly string[] {
    const texts: string[] = [];
    const data = Buffer.alloc(datagramBytes);
    for (;;) {
      const size = this.#receive(this.#fd, data, data.length, dontWait);
      if (size < 0) return texts;
      texts.push(data.toString("utf8", 0, size));
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
