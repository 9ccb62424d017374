// What leaves the process: one JSON document whatever happens, progress on stderr alone, and an exit code of our own
// after a signal.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { smallText } from "../../support/fake-hosts.ts";
import { viewProcessFile } from "../../support/view-process.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "mfsctl-process-"));
after(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program; `onLine` sees stderr as it comes. */
async function runProgram(
  argv: readonly [string, ...string[]],
  onError: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
): Promise<Ended> {
  const [file, ...words] = argv;
  const environment = { ...process.env, XDG_STATE_HOME: folder };
  const child = spawn(file, words, {
    cwd: folder,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (piece: Buffer) => (stdout += piece.toString()));
  child.stderr.on("data", (piece: Buffer) => {
    stderr += piece.toString();
    onError(stderr, (signal) => child.kill(signal));
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

function mfsctl(...words: readonly string[]): Promise<Ended> {
  return runProgram([path.join(root, "bin/mfsctl"), ...words]);
}

/** The one document on stdout. */
function documentOf({ stdout, stderr }: Ended): Record<string, unknown> {
  assert.ok(stdout.length < 4096, `${stdout.length} bytes`);
  try {
    return JSON.parse(stdout) as Record<string, unknown>;
  } catch {
    return assert.fail(`not one document: ${stdout}\n${stderr}`);
  }
}

/** The small cluster on this machine's own addresses. */
function inventoryFile(name: string, ssh: string): string {
  const file = path.join(folder, name);
  const text = smallText
    .replace("engine: packages\n", `engine: packages\nssh: ${ssh}\n`)
    .replaceAll("10.0.0.", "127.0.0.");
  writeFileSync(file, text);
  return file;
}

const failures = [
  { what: "an unknown flag", words: ["deploy", "--nonsense"], code: 2, error: "usage" },
  { what: "an unknown command", words: ["nonsense"], code: 2, error: "usage" },
  { what: "a flag without its value", words: ["deploy", "-i"], code: 2, error: "usage" },
  {
    what: "an inventory that is not there",
    words: ["deploy", "none.yaml"],
    code: 2,
    error: undefined,
  },
] as const;

for (const { what, words, code, error } of failures) {
  test(`--json prints exactly one document for ${what}`, async () => {
    const ended = await mfsctl(...words, "--json");
    const document = documentOf(ended);
    assert.equal(ended.code, code, ended.stderr);
    assert.equal(document["ok"], false);
    assert.equal(document["schemaVersion"], 1);
    const failure = document["error"] as Record<string, unknown>;
    if (error !== undefined) assert.equal(failure["code"], error);
    assert.equal(typeof failure["message"], "string");
    assert.equal(typeof failure["hint"], "string");
  });
}

test("--json prints exactly one document for hosts that refuse connections, with exit code 5", async () => {
  const file = inventoryFile("closed.yaml", "{ user: root, port: 1 }");
  const ended = await mfsctl("deploy", file, "--json", "--ssh-timeout", "2");
  const document = documentOf(ended);
  assert.equal(ended.code, 5, ended.stderr);
  assert.equal((document["error"] as Record<string, unknown>)["code"], "unreachable");
  assert.equal((document["error"] as { details: unknown[] }).details.length, 5);
});

test("--json prints exactly one document on success", async () => {
  const file = path.join(folder, "small.yaml");
  writeFileSync(file, smallText);
  const ended = await mfsctl("validate", file, "--json");
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal(documentOf(ended)["ok"], true);
});

test("without --json an error goes to stderr alone and ends with the next step", async () => {
  const { code, stdout, stderr } = await mfsctl("deploy", "none.yaml");
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^Error: .*\nNext: .*\n$/m);
});

test("one Ctrl-C ends a deploy that waits for a silent host with 130 and one document", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const file = inventoryFile("silent.yaml", `{ user: root, port: ${port} }`);
  const words = ["deploy", file, "--json", "--ssh-timeout", "60"];
  const child = spawn(path.join(root, "bin/mfsctl"), words, {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  child.stdout.on("data", (piece: Buffer) => (stdout += piece.toString()));
  server.once("connection", () => child.kill("SIGINT"));
  const [code] = (await once(child, "close")) as [number | null];
  for (const socket of sockets) socket.destroy();
  server.close();
  assert.equal(code, 130);
  assert.equal((JSON.parse(stdout) as { ok: boolean }).ok, false);
});

const viewProcess = [path.join(root, "bin/node"), viewProcessFile] as const;

for (const kind of ["lines", "tree"] as const) {
  test(`SIGINT while the view "${kind}" is shown is ours to answer, and progress never reaches stdout`, async () => {
    let sent = false;
    const ended = await runProgram([...viewProcess, kind], (text, kill) => {
      if (sent || !text.includes("ready")) return;
      sent = true;
      kill("SIGINT");
    });
    assert.equal(ended.code, 130, ended.stderr);
    assert.deepEqual(JSON.parse(ended.stdout), {
      words: ["finished"],
      stopped: true,
      aborted: false,
    });
    assert.match(ended.stderr, /First phase/);
    assert.match(ended.stderr, /broke/);
  });
}
