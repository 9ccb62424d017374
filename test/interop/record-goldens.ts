// Records what stock clients and a stock master say to each other: one golden per packet and variant, in both
// directions, under test/golden/protocol/client/. Run by hand: `./bin/node test/interop/record-goldens.ts`.
// Needs what a cluster needs (README.md). It removes the old goldens first and ends with a list of unseen packets.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { headerBytes } from "../../daemons/protocol/packet.ts";
import { FrameTap } from "../support/frame-tap.ts";
import type { TappedFrame } from "../support/frame-tap.ts";
import { Cluster } from "./cluster.ts";
import type { MountOptions } from "./mount.ts";
import { goldenName, packetNames } from "./golden-names.ts";
import { prelude, steps } from "./golden-steps.ts";
import type { Stage } from "./golden-steps.ts";
import { ports } from "./settings.ts";

const folder = path.join(import.meta.dirname, "../golden/protocol/client");
const frameSizeMax = 4000;
const hexWidth = 96;
/** The system's own, which other users may run too. */
const python = "/usr/bin/python3";

/** Writes the first frame of every name. */
class Recorder {
  title = "";
  readonly #names = new Set<string>();
  /** Bodies of requests by connection and message id, for their answers. */
  readonly #requests = new Map<string, Buffer>();

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  readonly keep = (frame: TappedFrame): void => {
    const { connection, direction, type, bytes } = frame;
    const body = Buffer.from(bytes).subarray(headerBytes);
    const isRegister = type === 400 || type === 401;
    const key = `${connection}:${isRegister ? "register" : body.length >= 4 ? body.readUInt32BE(0) : 0}`;
    if (direction === "request") this.#requests.set(key, body);
    const name = goldenName({ direction, type, body, request: this.#requests.get(key) });
    if (name === undefined) process.stdout.write(`Not kept: type ${type}\n`);
    else if (!this.#names.has(name) && bytes.length <= frameSizeMax) this.#write(name, bytes);
  };

  #write(name: string, bytes: Uint8Array): void {
    this.#names.add(name);
    const hex = Buffer.from(bytes).toString("hex");
    const lines = hex.match(new RegExp(`.{1,${hexWidth}}`, "g")) ?? [];
    const head = `# Stock 3.0.117 mount and master, while: ${this.title}`;
    writeFileSync(path.join(folder, `${name}.hex`), `${[head, ...lines].join("\n")}\n`);
  }
}

/** Python and tools in the mounts of a cluster. What a tool answers does not matter here, a failing Python step ends all. */
function stageOf(cluster: Cluster, mounts: Pick<Stage, "first" | "second" | "meta">): Stage {
  const asUser = ["setpriv", "--reuid=1000", "--regid=1000", "--groups=1000,2000,3000", python];
  return {
    ...mounts,
    python: async (code, user) => {
      const [program = "", ...words] = user === undefined ? [python] : asUser;
      const argv = [...words, "-c", `${prelude}${code}`, mounts.first, mounts.second, mounts.meta];
      const answer = await cluster.tool(program, argv, { cwd: mounts.first });
      if (answer.code !== 0) throw new Error(`A step failed:${code}\n${answer.stderr}`);
    },
    tool: async (name, ...words) => {
      const { code, stdout, stderr } = await cluster.tool(name, words, { cwd: mounts.first });
      process.stdout.write(`${name} ${words.join(" ")} (${code}): ${stdout}${stderr}\n`);
    },
  };
}

const [adminSource, readOnlySource, passwordSource] = [0, 1, 2] as const;

function exportsText(cluster: Cluster, last: string): string {
  const address = (index: number) => cluster.network.outside[index] ?? "";
  return [
    `${address(adminSource)} / rw,alldirs,admin,maproot=0:0`,
    `${address(adminSource)} . rw`,
    `${address(readOnlySource)} / ro,mapall=1000:1000,mingoal=2,maxgoal=3,umask=0022,disable=mkdir:link`,
    `${address(passwordSource)} / rw,password=secret`,
    last,
    "",
  ].join("\n");
}

/** All taps in front of one master, by the address that the master sees. */
class Taps {
  readonly #cluster: Cluster;
  readonly #recorder: Recorder;
  #taps: readonly FrameTap[] = [];
  #listenPorts: readonly number[] = [];

  constructor(cluster: Cluster, recorder: Recorder) {
    this.#cluster = cluster;
    this.#recorder = recorder;
  }

  async open(): Promise<void> {
    const { network, master } = this.#cluster;
    this.#taps = await Promise.all(
      network.outside.map((source, index) =>
        FrameTap.listen({
          listen: { host: this.#host, port: this.#listenPorts[index] ?? 0 },
          target: { host: master.address, port: ports.clients },
          source,
          onFrame: this.#recorder.keep,
        }),
      ),
    );
    this.#listenPorts = this.#taps.map((tap) => tap.port);
  }

  /** Cuts every connection, as a failing network does. */
  async close(): Promise<void> {
    await Promise.all(this.#taps.map((tap) => tap.close()));
  }

  /** Where a mount connects to that the master shall see with this address. */
  at(index: number): { address: string; port: number } {
    return { address: this.#host, port: this.#listenPorts[index] ?? 0 };
  }

  get #host(): string {
    return this.#cluster.network.outside[0] ?? "";
  }
}

/** Mounts that only come and go: what registration says, and what options change. */
async function visits(cluster: Cluster, taps: Taps, recorder: Recorder): Promise<void> {
  const visit = async (
    title: string,
    from: number,
    options: MountOptions,
    code = "",
  ): Promise<void> => {
    recorder.title = title;
    const mount = await cluster
      .mount({ ...options, master: taps.at(from) })
      .catch((error: Error) => process.stdout.write(`${title}: ${error.message.slice(-200)}\n`));
    if (typeof mount !== "string") return;
    await stageOf(cluster, { first: mount, second: mount, meta: mount }).python(code);
    await cluster.umount(mount);
  };
  await visit("mounting without the password", passwordSource, {});
  await visit("mounting with a wrong password", passwordSource, { options: ["mfspassword=x"] });
  await visit("mounting with the password", passwordSource, { options: ["mfspassword=secret"] });
  await visit("mounting from a foreign address", 3, {});
  await visit("mounting a folder that is not there", adminSource, { subfolder: "/missing" });
  const readOnly = `
refused(open, 'new', 'w'); refused(os.mkdir, 'new'); refused(os.link, 'data', 'new'); refused(os.unlink, 'data'); refused(os.chmod, 'data', 0)
os.access('data', os.W_OK); os.listdir('.'); refused(os.rename, 'data', 'new'); refused(os.truncate, 'data', 0); refused(os.setxattr, 'data', 'user.a', b'')`;
  await visit("using a read-only mount", readOnlySource, {}, readOnly);
  const brief = { options: ["mfsfsyncmintime=30"] };
  await visit(
    "closing without waiting",
    adminSource,
    brief,
    "open('brief', 'wb').write(b'b' * 200000)",
  );
  await visit(
    "mounting a subfolder",
    adminSource,
    { subfolder: "/dir" },
    "os.listdir('.'); os.stat('..')",
  );
  const flat = { isMeta: true, options: ["mfsflattrash"] };
  await visit("listing a flat trash", adminSource, flat, "os.listdir('trash')");
}

/** What no program sends by itself, or only later versions: asked by hand, answered by the stock master. */
async function askByHand(cluster: Cluster, taps: Taps, mount: string): Promise<void> {
  const { stdout } = await cluster.tool("od", ["-An", "-tx1", "-v", ".masterinfo"], { cwd: mount });
  const info = Buffer.from(stdout.replaceAll(/\s/g, ""), "hex");
  const blob = Buffer.from("DjI1GAQDULI5d2YjA26ypc3ovkhjvhciTQVx3CS4nYgtBoUcsljiVpsErJENHaw0");
  const register = (code: number): Buffer =>
    Buffer.concat([
      blob,
      Buffer.from([code]),
      info.subarray(6, 10),
      Buffer.from("000300ea", "hex"),
    ]);
  const reconnect = 3;
  const toolsCode = 4;
  const inode = "0000000200000001";
  await exchange(
    taps.at(adminSource),
    [400, register(reconnect)],
    [484, Buffer.from(inode, "hex")],
  );
  await exchange(
    taps.at(adminSource),
    [400, register(toolsCode)],
    [462, Buffer.from(inode, "hex")],
  );
  info.writeUInt32BE(0xffff, 6);
  await exchange(taps.at(adminSource), [400, register(reconnect)]);
  await exchange(taps.at(adminSource), [400, register(toolsCode)]);
}

async function exchange(
  to: { address: string; port: number },
  ...packets: readonly (readonly [number, Buffer])[]
): Promise<void> {
  const socket = connect(to.port, to.address);
  socket.on("error", (error) => process.stdout.write(`${error.message}\n`));
  for (const [type, body] of packets) {
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32BE(type, 0);
    header.writeUInt32BE(body.length, 4);
    socket.write(Buffer.concat([header, body]));
    await once(socket, "data");
  }
  socket.destroy();
}

/** The connection breaks, the exports change, a chunkserver leaves, nothing happens: what a mount makes of it. */
async function disturb(
  cluster: Cluster,
  taps: Taps,
  recorder: Recorder,
  mount: string,
): Promise<void> {
  const look = `os.stat('data'); open('later', 'a').write('x')`;
  const stage = stageOf(cluster, { first: mount, second: mount, meta: mount });
  recorder.title = "coming back after a lost connection";
  await taps.close();
  await taps.open();
  await stage.python(look);
  recorder.title = "coming back after a change of the exports";
  await cluster.master.write("mfsexports.cfg", exportsText(cluster, "127.0.0.9 / ro"));
  cluster.master.reload();
  await delay(3000); // the mounts come back by themselves within two seconds
  await stage.python(look);
  recorder.title = "a chunkserver leaves";
  await cluster.chunkserver(2).stop();
  recorder.title = "nothing happens";
  await delay(5000); // an idle mount writes every three seconds
}

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) rmSync(path.join(folder, file));
  const recorder = new Recorder();
  await using cluster = await Cluster.start({ chunkservers: 3 });
  await cluster.master.write("mfsexports.cfg", exportsText(cluster, ""));
  cluster.master.reload();
  const taps = new Taps(cluster, recorder);
  await taps.open();
  recorder.title = "mounting";
  const through = { master: taps.at(adminSource) };
  const first = await cluster.mount(through);
  const second = await cluster.mount(through);
  const meta = await cluster.mountMeta(through);
  const stage = stageOf(cluster, { first, second, meta });
  for (const step of steps) {
    recorder.title = step.title;
    process.stdout.write(`--- ${step.title}\n`);
    await step.run(stage);
  }
  await visits(cluster, taps, recorder);
  recorder.title = "asked by hand";
  await askByHand(cluster, taps, first);
  await disturb(cluster, taps, recorder, first);
  recorder.title = "unmounting";
  for (const mount of [meta, second, first]) await cluster.umount(mount);
  await taps.close();
  const seen = [...recorder.names].map((name) => name.replace(/--.*/, ""));
  const unseen = packetNames.filter(
    (name) => !seen.includes(name.toLowerCase().replaceAll("_", "-")),
  );
  process.stdout.write(`${recorder.names.size} goldens; never seen: ${unseen.join(" ")}\n`);
}

await main();
