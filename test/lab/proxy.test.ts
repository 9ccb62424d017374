// The way to the mirror, with a mirror on this machine that can be broken.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, beforeEach, test } from "node:test";
import { startProxy } from "./proxy.ts";

type Behaviour = (request: http.IncomingMessage, response: http.ServerResponse) => void;

const folder = await mkdtemp(path.join(tmpdir(), "lab-proxy-"));
const asked: string[] = [];
let behave: Behaviour;
const mirror = http.createServer((request, response) => {
  asked.push(request.url ?? "");
  behave(request, response);
});
await once(mirror.listen(0, "127.0.0.1"), "listening");
const archive = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}/debian`;
const proxy = await startProxy({
  folder,
  archives: [`${archive}/`],
  address: "127.0.0.1",
  port: 0,
});
const proxyPort = (proxy.address() as AddressInfo).port;

beforeEach(async () => {
  asked.length = 0;
  behave = (request, response) => void response.end(`file ${request.url}`);
  for (const entry of await readdir(folder))
    await rm(path.join(folder, entry), { recursive: true });
});

after(async () => {
  proxy.close();
  mirror.close();
  await rm(folder, { recursive: true });
});

async function ask(
  url: string,
  method = "GET",
): Promise<{ status: number; length: string; text: string }> {
  const request = http.request({
    host: "127.0.0.1",
    port: proxyPort,
    path: url,
    method,
    agent: false,
  });
  const [answer] = (await once(request.end(), "response")) as [http.IncomingMessage];
  const text = Buffer.concat(await answer.toArray()).toString();
  return { status: answer.statusCode ?? 0, length: answer.headers["content-length"] ?? "", text };
}

/** Makes a kept file so old that it is asked for again. */
async function makeOld(name: string): Promise<void> {
  await utimes(path.join(folder, new URL(archive).host, "debian", name), 0, 0);
}

test("a package is fetched once, however many hosts ask at the same time and later", async () => {
  const url = `${archive}/pool/a.deb`;
  const answers = await Promise.all(Array.from({ length: 6 }, () => ask(url)));
  for (const answer of [...answers, await ask(url)]) {
    assert.deepEqual(answer, { status: 200, length: "23", text: "file /debian/pool/a.deb" });
  }
  assert.deepEqual(asked, ["/debian/pool/a.deb"]);
});

test("an old release file is asked for again, an old package is not", async () => {
  for (const name of ["InRelease", "pool/a.deb"]) {
    await ask(`${archive}/${name}`);
    await makeOld(name);
    await ask(`${archive}/${name}`);
  }
  assert.deepEqual(asked, ["/debian/InRelease", "/debian/InRelease", "/debian/pool/a.deb"]);
});

test("an old release file serves when the mirror fails", async () => {
  await ask(`${archive}/InRelease`);
  await makeOld("InRelease");
  behave = (_, response) => void response.writeHead(503).end();
  assert.equal((await ask(`${archive}/InRelease`)).text, "file /debian/InRelease");
});

test("a file that the mirror does not have is not found, and asked for again", async () => {
  behave = (_, response) => void response.writeHead(404).end();
  assert.equal((await ask(`${archive}/pool/none.deb`)).status, 404);
  assert.equal((await ask(`${archive}/pool/none.deb`)).status, 404);
  assert.equal(asked.length, 2);
});

test("a download that breaks off is refused and leaves nothing behind", async () => {
  behave = (_, response) => {
    response.writeHead(200, { "content-length": 100 }).write("short");
    setImmediate(() => response.destroy());
  };
  assert.equal((await ask(`${archive}/pool/a.deb`)).status, 502);
  const kept = await readdir(folder, { recursive: true, withFileTypes: true });
  assert.deepEqual(
    kept.filter((entry) => entry.isFile()).map((entry) => entry.name),
    [],
  );
});

test("a redirect is followed inside the archives only", async () => {
  behave = (request, response) => {
    const name = path.basename(request.url ?? "");
    const target = { "a.deb": "/debian/pool/b.deb", "c.deb": "http://127.0.0.2/debian/c.deb" }[
      name
    ];
    if (target === undefined) response.end("b");
    else response.writeHead(302, { location: target }).end();
  };
  assert.equal((await ask(`${archive}/pool/a.deb`)).text, "b");
  assert.equal((await ask(`${archive}/pool/c.deb`)).status, 502);
});

test("HEAD gives the size without the file", async () => {
  const answer = await ask(`${archive}/pool/a.deb`, "HEAD");
  assert.deepEqual(answer, { status: 200, length: "23", text: "" });
});

for (const [reason, method, url] of [
  ["another host", "GET", "http://127.0.0.2/debian/pool/a.deb"],
  ["another port", "GET", "http://127.0.0.1:1/debian/pool/a.deb"],
  ["another folder of the mirror", "GET", new URL("/secret", archive).href],
  ["a way out of the archive", "GET", `${archive}/../secret`],
  ["an encoded way out of the archive", "GET", `${archive}/%2e%2e/secret`],
  ["an encoded slash", "GET", `${archive}/..%2fsecret`],
  ["a folder", "GET", `${archive}/pool/`],
  ["a query", "GET", `${archive}/pool/a.deb?x`],
  ["no absolute URL", "GET", "/debian/pool/a.deb"],
  ["an upload", "PUT", `${archive}/pool/a.deb`],
] as const) {
  test(`refuses ${reason}`, async () => {
    const answer = await ask(url, method);
    assert.equal(answer.status, method === "GET" ? 403 : 405);
    assert.deepEqual(asked, []);
  });
}
