// The start guard, run by a real bash on loopback addresses of this test's own.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { renderTemplate } from "../../../src/render/render.ts";

const witness = "127.77.23.2";
const rival = "127.77.23.3";
const nobody = "127.77.23.9";
const port = 9428;

let folder: string;
let servers: Server[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mfsctl-guard-"));
  servers = [];
});
afterEach(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(address: string, at: number, text = ""): Promise<void> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined); // the guard leaves as soon as it knows
    socket.end(text);
  }).listen(at, address);
  servers.push(server);
  await once(server, "listening");
}

interface Case {
  readonly others: readonly string[];
  readonly record?: string;
  readonly ordered?: boolean;
}

/** How the guard ends, or "waits" when it asks again. */
async function guard({ others, record = "5 meta01", ordered = false }: Case) {
  const script = path.join(folder, "start-guard");
  writeFileSync(path.join(folder, "master"), `${record}\n`);
  if (ordered) writeFileSync(path.join(folder, "start-alone"), "fenced by hand\n");
  const text = renderTemplate("start-guard.ejs", {
    cluster: "lab",
    host: "meta01",
    others: others.join(" "),
    masterFile: path.join(folder, "master"),
    stamps: folder,
    port,
  });
  writeFileSync(script, text, { mode: 0o755 });
  const child = spawn("bash", [script], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const hear = (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes("asking again")) child.kill();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const closed = once(child, "close");
  child.on("exit", (_code, signal) => {
    // A sleep that the killed guard had begun would hold the pipes.
    if (signal !== null) for (const pipe of [child.stdout, child.stderr]) pipe.destroy();
  });
  const [code] = (await closed) as [number | null];
  return { end: code === null ? "waits" : code === 0 ? "starts" : "refuses", said };
}

test("a host that is recorded starts when another one answers and knows nothing newer", async () => {
  await serve(witness, port, "5 meta01\n");
  assert.equal((await guard({ others: [witness, nobody] })).end, "starts");
});

test("a newer or an equal record of another master refuses", async () => {
  await serve(witness, port, "6 meta02\n");
  const { end, said } = await guard({ others: [witness] });
  assert.equal(end, "refuses");
  assert.match(said, /master is meta02 since token 6; refusing to start on meta01/);
  assert.equal((await guard({ others: [witness], record: "6 meta01" })).end, "refuses");
});

test("an older record of another master does not", async () => {
  await serve(witness, port, "4 meta02\n");
  assert.equal((await guard({ others: [witness] })).end, "starts");
});

test("another master that serves refuses, ordered or not", async () => {
  await serve(rival, 9421);
  for (const ordered of [false, true]) {
    assert.equal((await guard({ others: [rival], ordered })).end, "refuses");
  }
});

test("while nobody answers it waits; an order starts it once", async () => {
  assert.equal((await guard({ others: [nobody] })).end, "waits");
  const { end, said } = await guard({ others: [nobody], ordered: true });
  assert.equal(end, "starts");
  assert.match(said, /fenced by hand/);
  assert.equal(existsSync(path.join(folder, "start-alone")), false);
  assert.equal((await guard({ others: [nobody] })).end, "waits");
});

test("a host whose own record names another master refuses even an order", async () => {
  const { end } = await guard({ others: [nobody], record: "7 meta02", ordered: true });
  assert.equal(end, "refuses");
});

test("a damaged record refuses; the only metadata host needs no answer", async () => {
  assert.equal((await guard({ others: [], record: "x meta01" })).end, "refuses");
  assert.equal((await guard({ others: [] })).end, "starts");
});
