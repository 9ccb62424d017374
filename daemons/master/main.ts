// The master: reads its settings and its metadata, listens on its three ports, and serves until it is told
// to stop. This is the only place where core and input/output meet; it reads as a table of contents.
// Spec: config-and-cli.md sections 2 and 5, semantics-master.md section 24.

import { randomBytes, randomInt } from "node:crypto";
import { availableParallelism } from "node:os";

import { Prng } from "../base/prng.ts";
import { live } from "../config/option-row.ts";
import { runDaemon } from "../runtime/daemon.ts";
import type { Config } from "../runtime/config.ts";
import { InitFailure } from "../runtime/program.ts";
import type { DaemonContext, RunningDaemon } from "../runtime/program.ts";
import { MasterCore } from "./core/core.ts";
import type { Outbox } from "./core/service.ts";
import { IdlePoll, RunnableThreads } from "./io/idle-poll.ts";
import { addMetrics } from "./io/metrics.ts";
import { Metadata, restoreMetadata } from "./io/metadata.ts";
import { Monitor } from "./io/monitor.ts";
import { Ports } from "./io/ports.ts";
import type { PortHandler } from "./io/ports.ts";
import { readSettings } from "./io/settings.ts";

const tickMs = 20;
const watchEveryTicks = 50;
/** A power cut takes at most the last second, also where the disk needs some of it. */
const syncEveryTicks = 10;
/** Of our own: how long the master stays awake for the next request, at most; 0: not at all. */
const idlePollOption = "IDLE_POLL_MICROSECONDS";

await runDaemon({
  name: "mfsmaster",
  version: "3.0.117-1 ; build: 1341",
  options: { [idlePollOption]: live("uint32", 200, { max: 1000 }) },
  boot,
  restore: restoreMetadata,
});

async function boot(context: DaemonContext): Promise<RunningDaemon> {
  const { config, log } = context;
  const warn = (message: string): void => log.warning(message);
  const settings = readSettings(config, undefined, (message) => context.announce(message));
  if (settings.exports.length === 0) {
    context.announce("no exports defined !!!");
    throw new InitFailure("exports manager");
  }
  const metadata = await Metadata.open(context);
  const clock = (): number => Date.now() * 1000;

  const poll = newIdlePoll(config);
  const ports = new Ports(
    {
      begin: () => core.setTime(clock(), performance.now()),
      end: () => metadata.flush(),
      log: (level, message) => log.write(level, message),
    },
    () => performance.now(),
    poll,
  );
  const outbox: Outbox = {
    journal: (version, line) => metadata.append(version, line),
    send: (peer, packet, body) => ports.send(peer, packet, body),
    sendStatus: (peer, answer, body) => ports.sendStatus(peer, answer, body),
    close: (peer, reason) => ports.close(peer, reason),
    log: (level, message) => log.write(level, message),
  };
  const core = new MasterCore({
    world: metadata.world,
    outbox,
    settings,
    prng: new Prng(randomInt(2 ** 32)),
    randomBytes: (count) => randomBytes(count),
    nowMicroseconds: clock(),
  });

  await listen(ports, config, core, metadata.metaloggers(ports));
  // No change is logged before all ports are there: a start that fails can be repeated as it was.
  ports.run(() => metadata.begin(core));
  metadata.takeOver();
  const monitor = new Monitor({ core, metadata, ports, ...context });
  core.monitor = monitor;
  addMetrics(context.metrics, { core, ports, poll });
  let ticks = 0;
  const timer = setInterval(() => {
    poll.observe();
    ports.run(() => {
      core.tick();
      if (++ticks % syncEveryTicks === 0) metadata.sync();
      if (ticks % watchEveryTicks === 0) {
        ports.watch();
        metadata.everySecond(core);
        monitor.everySecond();
      }
    });
  }, tickMs);

  return {
    reload(next) {
      ports.run(() => core.reconfigure(readSettings(next, core.config, warn)));
      metadata.reconfigure(next);
      poll.configure(next.number(idlePollOption) / 1000);
    },
    async stop() {
      clearInterval(timer);
      await ports.shutDown();
      monitor.store();
      await metadata.close(core);
    },
    info: () => metadata.describe(core),
    health: () => metadata.health(),
  };
}

function newIdlePoll(config: Config): IdlePoll {
  const threads = new RunnableThreads();
  const poll = new IdlePoll({
    clock: () => performance.now(),
    processors: availableParallelism(),
    runnableThreads: () => threads.count(),
    lookForInput: (then) => void setImmediate(then),
  });
  poll.configure(config.number(idlePollOption) / 1000);
  return poll;
}

/** The ports of metaloggers, chunkservers and clients. Who could change something waits until all are there. */
async function listen(
  ports: Ports,
  config: Config,
  core: MasterCore,
  metaloggers: PortHandler,
): Promise<void> {
  let isOpen = false;
  const guard = (connect: (peer: number, ip: number) => void) => (peer: number, ip: number) => {
    if (isOpen) connect(peer, ip);
    else ports.close(peer, "the start is not complete");
  };
  const clients: PortHandler = {
    name: "client",
    connected: guard((peer, ip) => core.clientConnected(peer, ip)),
    ruleOf: (peer, type) => core.ruleOf(peer, type),
    frame: (peer, type, body) => core.frame(peer, type, body),
    closed: (peer) => core.closed(peer),
    watches: (peer) => (core.clients.get(peer)?.kind === "tools" ? "silence" : "both"),
  };
  const chunkservers: PortHandler = {
    ...clients,
    name: "chunkserver",
    connected: guard((peer, ip) => core.chunkserverConnected(peer, ip)),
    watches: () => "none",
  };
  const rows = [
    ["MATOCS", chunkservers, "chunkservers communication module"],
    ["MATOCL", clients, "main master server module"],
    // Last, and without that guard: from here on nothing comes between the ports and the first change.
    ["MATOML", metaloggers, "communication with metalogger"],
  ] as const;
  for (const [prefix, handler, module] of rows) {
    const host = config.text(`${prefix}_LISTEN_HOST`);
    const port = Number(config.text(`${prefix}_LISTEN_PORT`));
    try {
      await ports.listen(host, port, handler);
    } catch (error) {
      throw new InitFailure(module, { cause: error });
    }
  }
  isOpen = true;
}
