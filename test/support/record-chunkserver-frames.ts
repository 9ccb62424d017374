// Records test/golden/protocol/chunkserver and metalogger: stock master, chunkservers, metalogger and mount
// with taps between them. `./bin/node test/support/record-chunkserver-frames.ts` as root, one or two minutes.
// Spec: wire-chunkserver.md section 2, metalogger.md section 2.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, truncate } from "node:fs/promises";
import { connect, createServer } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { joinBlocks } from "../../daemons/protocol/packet.ts";
import { forEachChunk } from "../../daemons/protocol/packets/chunkserver-chunk-list.ts";
import { ChunkChecksum } from "../../daemons/protocol/packets/chunkserver-commands.ts";
import {
  fromChunkserver,
  toChunkserver,
} from "../../daemons/protocol/packets/chunkserver-tables.ts";
import {
  StartDownload,
  downloadFiles,
  fromMetalogger,
  toMetalogger,
} from "../../daemons/protocol/packets/metalogger.ts";
import { FrameTap } from "./frame-tap.ts";
import type { Endpoint } from "./frame-tap.ts";
import { GoldenRecorder } from "./golden-recorder.ts";
import type { RecordedLink } from "./golden-recorder.ts";
import { RecordedCluster, gate, master, stores, tapped } from "./recorded-cluster.ts";
import { StockPrograms, until } from "./stock-programs.ts";

const run = promisify(execFile);
/** A loop of the master over all chunks takes a minute at least. */
const loopSeconds = 200;
const connectionsBeforeFallback = 3;
const password = "example";
const unknownChunk = 12_345;

const golden = path.resolve(import.meta.dirname, "../golden/protocol");
const recorder = new GoldenRecorder(golden, "test/support/record-chunkserver-frames.ts");

const chunkserverLink: RecordedLink = {
  folder: "chunkserver",
  tables: { request: fromChunkserver, answer: toChunkserver },
  nameOf(value) {
    if ("variant" in value && value.variant === "error") return undefined;
    if ("status" in value && "chunkId" in value && value.status !== 0) return "error";
    if ("entries" in value && value.entries instanceof Uint8Array) {
      let marked = false;
      forEachChunk(value.entries, (_id, _version, mark) => (marked ||= mark));
      return marked ? "marked" : undefined;
    }
    if ("digest" in value || !("chunkserverId" in value) || "metaId" in value) return undefined;
    return value.chunkserverId === 0 ? "first" : undefined;
  },
};
/** The data port, where a chunkserver is the one who answers. */
const dataPortLink: RecordedLink = {
  ...chunkserverLink,
  tables: { request: toChunkserver, answer: fromChunkserver },
};
const metaloggerLink: RecordedLink = {
  folder: "metalogger",
  tables: { request: fromMetalogger, answer: toMetalogger },
};

async function tapMaster(host: string): Promise<FrameTap> {
  return await FrameTap.listen({
    listen: { host, port: 9420 },
    target: { host: master, port: 9420 },
    source: "peer",
    onFrame: (frame) => recorder.keep(chunkserverLink, frame),
  });
}

async function tapMetalogger(): Promise<FrameTap> {
  return await FrameTap.listen({
    listen: { host: tapped, port: 9419 },
    target: { host: master, port: 9419 },
    source: "peer",
    onFrame: (frame) => recorder.keep(metaloggerLink, frame),
  });
}

/** Asks a question of ours and records the real program's answers until the wanted one has come. */
async function ask(link: RecordedLink, target: Endpoint, request: Uint8Array, name: string) {
  await using tap = await FrameTap.listen({
    listen: { host: "127.0.0.1", port: 0 },
    target,
    onFrame(frame) {
      if (frame.direction === "answer") recorder.keep(link, frame);
    },
  });
  const socket = connect(tap.port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(request);
  await seen(name);
  socket.destroy();
}

async function seen(name: string, { seconds = 30, times = 1 } = {}): Promise<void> {
  const what = `frame ${name} (step "${recorder.step}")`;
  await until(what, seconds, () => recorder.count(name) >= times);
}

/** Closes the first connections as soon as they speak. */
async function closeFirstConnections(): Promise<void> {
  const closed = Promise.withResolvers<undefined>();
  let connections = 0;
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.destroy();
      if (++connections === connectionsBeforeFallback) closed.resolve(undefined);
    });
  });
  server.listen(9420, gate);
  await closed.promise;
  server.close();
  await once(server, "close");
}

async function registerAndChange(cluster: RecordedCluster): Promise<void> {
  recorder.step = "first registration";
  await cluster.startMaster();
  await cluster.startStore(0);
  await cluster.startStore(1);
  await seen("chunkserver/cstoma-register--end", { times: stores.length - 1 });
  await seen("chunkserver/cstoma-space", { times: stores.length - 1 });
  await cluster.programs.mount(master, ["mfscachemode=DIRECT"]);
  await run("mfssettrashtime", ["0", cluster.mountPoint]);
  await run("mfssetgoal", ["2", cluster.mountPoint]);

  recorder.step = "write";
  for (const name of ["cut", "kept", "broken", "doomed", "gone"]) await cluster.put(name, 200_000);
  await seen("chunkserver/cstoma-create");
  recorder.step = "truncate";
  await truncate(cluster.at("cut"), 70_000);
  await seen("chunkserver/cstoma-truncate");
  recorder.step = "write to a snapshot";
  await cluster.snapshot("kept", "kept2");
  await cluster.put("kept2", 100, 5);
  await seen("chunkserver/cstoma-duplicate");
  recorder.step = "truncate a snapshot";
  await cluster.snapshot("kept", "kept3");
  await truncate(cluster.at("kept3"), 1000);
  await seen("chunkserver/cstoma-duptrunc");
  recorder.step = "truncate of a chunk whose file was taken away";
  for (const file of await cluster.copiesOf("broken", 1)) await rm(file);
  await truncate(cluster.at("broken"), 50);
  await seen("chunkserver/cstoma-truncate--error");
}

async function replicateAndDelete(cluster: RecordedCluster): Promise<void> {
  recorder.step = "registration in the fallback form";
  await cluster.startStore(2);
  await closeFirstConnections();
  const tap = await tapMaster(gate);
  await seen("chunkserver/cstoma-register--begin-plain");
  await seen("chunkserver/matocs-master-ack--accepted-plain");
  recorder.step = "goal raised from 2 to 3";
  await cluster.goal("kept", 3);
  await seen("chunkserver/cstoma-replicate", { seconds: loopSeconds });
  recorder.step = "file deleted, goal lowered from 3 to 1";
  await rm(cluster.at("doomed"));
  await cluster.goal("kept", 1);
  await seen("chunkserver/cstoma-delete", { seconds: loopSeconds });
  await cluster.programs.stop("store2");
  await tap.close();
}

async function logChanges(cluster: RecordedCluster): Promise<void> {
  recorder.step = "master started again";
  await cluster.programs.stop("master");
  cluster.programs.start("mfsmaster", "master");
  await seen("chunkserver/matocs-master-ack--next-part");
  recorder.step = "write after a new registration";
  await cluster.put("cut", 100, 10);
  await seen("chunkserver/cstoma-set-version");

  recorder.step = "metalogger";
  const tap = await tapMetalogger();
  await cluster.startLogger();
  await seen("metalogger/matoan-download-data");
  await mkdir(cluster.at("folder"));
  await seen("metalogger/matoan-metachanges-log--change");
  await seen("metalogger/antoan-nop");
  recorder.step = "connection of the metalogger cut";
  await tap.close();
  const again = await tapMetalogger();
  await seen("metalogger/antoma-register--resume");
  await again.close();
  await cluster.programs.stop("logger");
  recorder.step = "asked for sessions.mfs, which is not there";
  const request = joinBlocks(StartDownload.encode({ file: downloadFiles.sessions }));
  const name = "metalogger/matoan-download-info--failure";
  await ask(metaloggerLink, { host: master, port: 9419 }, request, name);
}

async function breakDisks(cluster: RecordedCluster): Promise<void> {
  recorder.step = "read of a chunk whose data was overwritten on disk";
  await cluster.spoil("gone");
  cluster.read("gone");
  await seen("chunkserver/cstoma-chunk-damaged");
  await seen("chunkserver/cstoma-error-occurred");

  recorder.step = "checksum of a chunk";
  const dataPort = { host: stores[0], port: 9422 };
  const known = Number.parseInt(await cluster.chunkOf("kept2"), 16);
  for (const [chunkId, variant] of [
    [known, "full"],
    [unknownChunk, "error"],
  ] as const) {
    const request = joinBlocks(ChunkChecksum.encode({ chunkId, version: 0 }));
    await ask(dataPortLink, dataPort, request, `chunkserver/cstoan-chunk-checksum--${variant}`);
  }
  await seen("chunkserver/cstoma-chunk-lost");
  recorder.step = "disk marked for removal";
  await cluster.configureDisks(0, { a: "*", b: "*" });
  cluster.programs.reload("store0");
  await seen("chunkserver/cstoma-chunk-new--marked");
}

async function usePassword(cluster: RecordedCluster): Promise<void> {
  recorder.step = "registration with a password";
  await cluster.configureMaster({ AUTH_CODE: password });
  cluster.programs.reload("master");
  await cluster.programs.stop("store1");
  await seen("chunkserver/cstoma-register--disconnect");
  await cluster.configureStore(1, { AUTH_CODE: password });
  cluster.programs.start("mfschunkserver", "store1");
  await seen("chunkserver/cstoma-register--begin-with-password");
}

async function main(): Promise<void> {
  const addresses = [master, tapped, gate, ...stores];
  await using programs = await StockPrograms.prepare(addresses);
  await using _tap = await tapMaster(tapped);
  const cluster = new RecordedCluster(programs);
  const steps = [registerAndChange, replicateAndDelete, logChanges, breakDisks, usePassword];
  try {
    for (const step of steps) await step(cluster);
  } catch (error) {
    process.stderr.write(`${await programs.lastWords()}\n`);
    throw error;
  }
  process.stdout.write(`${recorder.names.join("\n")}\n`);
}

await main();
