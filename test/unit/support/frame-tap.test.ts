// The tap hands on every byte in both directions and shows each frame once, whole.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { FrameTap } from "../../support/frame-tap.ts";

const limit = { timeout: 10_000 };

test(
  "a frame cut in pieces is shown once in each direction and arrives unchanged",
  limit,
  async () => {
    const echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    echo.listen(0, "127.0.0.1");
    await once(echo, "listening");
    const seen: string[] = [];
    const closed = Promise.withResolvers<number>();
    const tap = await FrameTap.listen({
      listen: { host: "127.0.0.1", port: 0 },
      target: { host: "127.0.0.1", port: (echo.address() as AddressInfo).port },
      onFrame: ({ connection, direction, type, bytes }) =>
        seen.push(`${connection} ${direction} ${type} ${Buffer.from(bytes).toString("hex")}`),
      onClose: closed.resolve,
    });
    const client = connect(tap.port, "127.0.0.1");
    const frames = Buffer.from("0000000700000003aabbcc0000000000000000", "hex");
    client.write(frames.subarray(0, 9));
    client.end(frames.subarray(9));
    const received: Uint8Array[] = [];
    for await (const piece of client) received.push(piece as Buffer);

    assert.deepStrictEqual(Buffer.concat(received), frames);
    assert.equal(await closed.promise, 1);
    assert.deepStrictEqual(seen.toSorted(), [
      "1 answer 0 0000000000000000",
      "1 answer 7 0000000700000003aabbcc",
      "1 request 0 0000000000000000",
      "1 request 7 0000000700000003aabbcc",
    ]);
    await tap.close();
    echo.close();
    await once(echo, "close");
  },
);
