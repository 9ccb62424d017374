// Reads all connections into one buffer. Node would take 64 KiB for each read and give most of it back, and lead
// the bytes through a stream; requests of some forty bytes cost less this way than their share of that.

import net from "node:net";

/** As much as Node itself reads at once. */
const landing = new Uint8Array(64 * 1024);

/** A server cannot be told how its sockets read: only a socket made by hand can, from the kernel's handle. */
interface HandleHolder {
  _handle: NonNullable<net.SocketConstructorOpts["handle"]> | null;
}

/**
 * Takes over a connection of a server with `pauseOnConnect`. `onBytes` gets what arrives; the bytes are its own.
 * The server counts the connection until the socket returned here is closed.
 */
export function readIntoOneBuffer(
  accepted: net.Socket,
  onBytes: (bytes: Uint8Array) => void,
): net.Socket {
  const holder = accepted as unknown as HandleHolder;
  const handle = holder._handle;
  if (handle === null) return accepted;
  holder._handle = null;
  const callback = (count: number): boolean => {
    // The core may keep a request that waits: small copies come from one pool.
    onBytes(Buffer.from(landing.subarray(0, count)));
    return true;
  };
  const socket = new net.Socket({ handle, onread: { buffer: landing, callback } });
  socket.once("close", () => accepted.destroy());
  // Also the end of the stream wants a reader.
  return socket.resume();
}
