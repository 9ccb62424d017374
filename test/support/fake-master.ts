// A master (and its chunkservers' disk lists) for tests: answers from a plain object that the test changes
// at will, on the same packet tables as the real client. Spec: wire-admin.md sections 3 to 5.

import { duplexPair } from "node:stream";
import type { Duplex } from "node:stream";
import { FrameReader } from "../../daemons/protocol/frame.ts";
import { limits } from "../../daemons/protocol/limits.ts";
import type { Packet } from "../../daemons/protocol/packet.ts";
import {
  ChunkserverCommand,
  ChunkserverCommandAnswer,
  ChunkserverList,
  ChunkserverListAnswer,
  ChunksMatrix,
  ChunksMatrixAnswer,
  ChunksTestInfo,
  ChunksTestInfoAnswer,
  Info,
  InfoAnswer,
  MetaloggerList,
  MetaloggerListAnswer,
  SessionList,
  SessionListAnswer,
  chunkserverCommands,
} from "../../daemons/protocol/packets/admin.ts";
import {
  GetVersion,
  ModuleInfo,
  ModuleInfoAnswer,
  Nop,
  Version,
} from "../../daemons/protocol/packets/any.ts";
import { DiskList, DiskListAnswer } from "../../daemons/protocol/packets/chunkserver-admin.ts";
import { statusCode, statusOk } from "../../daemons/protocol/status.ts";
import {
  idleLoop,
  infoOf,
  listedDisk,
  listedServer,
  listedSession,
  matrixOf,
  numberOf,
} from "./fake-cluster.ts";
import type { FakeClusterModel } from "./fake-cluster.ts";

/** The client's end of a connection to the model. The other end hangs up on anything it does not know. */
export function fakeMasterStream(model: FakeClusterModel): Duplex {
  const [clientSide, serverSide] = duplexPair();
  const handlers = model.role === "master" ? masterHandlers(model) : chunkserverHandlers(model);
  const frames = new FrameReader((type) => {
    if (type === Nop.id) return { name: Nop.name, skip: true };
    return handlers.has(type) ? { name: `${type}`, maxBody: limits.requestBytes } : undefined;
  });
  serverSide.on("data", (piece: Uint8Array) => {
    try {
      frames.push(piece, (frame) => {
        for (const block of handlers.get(frame.type)?.(frame.body) ?? []) serverSide.write(block);
      });
    } catch {
      // A real master closes the connection without a word.
      serverSide.destroy();
      clientSide.destroy();
    }
  });
  serverSide.on("error", () => serverSide.destroy());
  serverSide.on("end", () => serverSide.end());
  return clientSide;
}

type Handlers = Map<number, (body: Uint8Array) => readonly Uint8Array[]>;

function answer<Q, A>(
  handlers: Handlers,
  row: { request: Packet<Q>; reply: Packet<A>; run(body: Q): NoInfer<A> },
): void {
  handlers.set(row.request.id, (body) => row.reply.encode(row.run(row.request.decode(body))));
}

function masterHandlers(model: FakeClusterModel): Handlers {
  const handlers = commonHandlers(model);
  answer(handlers, { request: Info, reply: InfoAnswer, run: () => infoOf(model) });
  answer(handlers, {
    request: ChunkserverList,
    reply: ChunkserverListAnswer,
    run: () => ({ chunkservers: model.chunkservers.map((each) => listedServer(each, model)) }),
  });
  answer(handlers, {
    request: MetaloggerList,
    reply: MetaloggerListAnswer,
    run: () => ({
      metaloggers: model.metaloggers.map((ip) => ({ version: model.version, ip: numberOf(ip) })),
    }),
  });
  answer(handlers, {
    request: SessionList,
    reply: SessionListAnswer,
    run: () => ({
      counters: 16,
      sessions: model.sessions.map((each) => listedSession(each, model)),
    }),
  });
  answer(handlers, {
    request: ChunksMatrix,
    reply: ChunksMatrixAnswer,
    run: () => ({
      variant: "both" as const,
      progress: model.matrixProgress,
      all: matrixOf(model, (cell) => cell.copies),
      regular: matrixOf(model, (cell) => cell.regularCopies ?? cell.copies),
    }),
  });
  answer(handlers, {
    request: ChunksTestInfo,
    reply: ChunksTestInfoAnswer,
    run: () => ({ ...idleLoop, loopStart: model.chunkLoop.start, loopEnd: model.chunkLoop.end }),
  });
  answer(handlers, {
    request: ChunkserverCommand,
    reply: ChunkserverCommandAnswer,
    run(body) {
      const command = body.variant === "legacy" ? chunkserverCommands.remove : body.command;
      const code = runCommand(model, { command, ip: body.ip, port: body.port });
      return body.variant === "legacy"
        ? { variant: "legacy" as const }
        : { variant: "command" as const, status: code };
    },
  });
  return handlers;
}

function chunkserverHandlers(model: FakeClusterModel): Handlers {
  const handlers = commonHandlers(model);
  answer(handlers, {
    request: DiskList,
    reply: DiskListAnswer,
    run: () => ({ disks: model.disks.toReversed().map((disk) => listedDisk(disk)) }),
  });
  return handlers;
}

function commonHandlers(model: FakeClusterModel): Handlers {
  const handlers: Handlers = new Map();
  answer(handlers, {
    request: GetVersion,
    reply: Version,
    run: (body) => ({ ...body, version: model.version, text: "3.0.117-1" }),
  });
  answer(handlers, {
    request: ModuleInfo,
    reply: ModuleInfoAnswer,
    run: (body) => ({
      ...body,
      moduleType: model.role === "master" ? 1 : 2,
      version: model.version,
      moduleId: model.role === "master" ? 0 : 1,
      metaId: model.metaId,
      leaderIp: 0,
      leaderPort: 0,
    }),
  });
  return handlers;
}

function runCommand(
  model: FakeClusterModel,
  request: { command: number; ip: number; port: number },
): number {
  const index = model.chunkservers.findIndex(
    (each) => numberOf(each.ip) === request.ip && (each.port ?? 9422) === request.port,
  );
  const server = model.chunkservers[index];
  if (server === undefined) return statusCode("NOTFOUND");
  switch (request.command) {
    case chunkserverCommands.remove:
      if (server.connected ?? true) return statusCode("ACTIVE");
      model.chunkservers.splice(index, 1);
      return statusOk;
    case chunkserverCommands.backToWork:
      return statusOk;
    case chunkserverCommands.maintenanceOn:
    case chunkserverCommands.maintenanceOff:
      server.maintenance = request.command === chunkserverCommands.maintenanceOn;
      return statusOk;
    default:
      return statusCode("EINVAL");
  }
}
