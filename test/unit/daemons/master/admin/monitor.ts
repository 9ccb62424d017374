// A monitor of a master without connections: its requests go in as bytes, the answer comes back as bytes.

import assert from "node:assert/strict";
import { monitorRequests } from "../../../../../daemons/master/core/admin/table.ts";
import type {
  Monitored,
  MonitorSources,
} from "../../../../../daemons/master/core/admin/providers.ts";
import type { Packet } from "../../../../../daemons/protocol/packet.ts";
import { headerBytes, joinBlocks } from "../../../../../daemons/protocol/packet.ts";
import type { Settings } from "../../../../../daemons/master/core/settings.ts";
import { TestMaster } from "../ops/test-master.ts";

/** A connection that never registered. */
const peer = 9;

/** A master with somebody who watches it. */
export class WatchedMaster extends TestMaster {
  monitor: MonitorSources | undefined;
  settings: Partial<Settings> = {};

  /** The body of the answer, whose packet must be this one. */
  askBytes<Q>(request: Packet<Q>, body: Q, answer: Pick<Packet<unknown>, "id">): Uint8Array {
    const frame = joinBlocks(request.encode(body));
    return this.askRaw(request.id, frame.subarray(headerBytes), answer);
  }

  askRaw(type: number, body: Uint8Array, answer: Pick<Packet<unknown>, "id">): Uint8Array {
    const row = monitorRequests.get(type);
    assert(row !== undefined, `request ${type} is served`);
    assert.equal(row.answer.id, answer.id);
    const sent: Uint8Array[] = [];
    const { service } = this;
    const core: Monitored = {
      ...service,
      now: service.now,
      nowMicroseconds: service.nowMicroseconds,
      config: { ...service.config, ...this.settings },
      outbox: {
        ...service.outbox,
        send: (to, packet, value) => {
          assert.equal(to, peer);
          assert.equal(packet.id, answer.id);
          sent.push(joinBlocks(packet.encode(value)).slice(headerBytes));
        },
      },
      ...(this.monitor === undefined ? {} : { monitor: this.monitor }),
    };
    row.run(core, peer, body);
    assert.equal(sent.length, 1, "every request has one answer");
    return sent[0] ?? new Uint8Array(0);
  }

  /** The answer itself; `variant` where its bytes alone do not tell. */
  watch<Q, A>(request: Packet<Q>, body: Q, answer: Packet<A>, variant?: string): A {
    return answer.decode(this.askBytes(request, body, answer), variant);
  }
}
