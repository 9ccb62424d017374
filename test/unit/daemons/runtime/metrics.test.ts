// Metrics and the admin port.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { AdminServer } from "../../../../daemons/runtime/admin-server.ts";
import { Log } from "../../../../daemons/runtime/log.ts";
import { Metrics } from "../../../../daemons/runtime/metrics.ts";
import { addProcessMetrics } from "../../../../daemons/runtime/process-metrics.ts";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function quiet(lines: string[] = []): Log {
  const sink = {
    write: (_level: string, line: string) => lines.push(line),
    close: () => undefined,
  };
  return new Log([sink], () => 0);
}

test("a scrape shows counters, gauges and labels in Prometheus' text form", () => {
  const metrics = new Metrics();
  metrics.counter("a_total", "Counts a", { kind: "one" }).add(2);
  metrics.counter("a_total", "Counts a", { kind: "one" }).add();
  metrics.counter("a_total", "Counts a", { kind: 'q"\\\n' }).add();
  metrics.gauge("b", "Shows b", (sample) => {
    sample(2n ** 60n);
    sample(Number.POSITIVE_INFINITY, { of: "x" });
  });
  assert.equal(
    metrics.render(),
    [
      "# HELP a_total Counts a",
      "# TYPE a_total counter",
      'a_total{kind="one"} 3',
      'a_total{kind="q\\"\\\\\\n"} 1',
      "# HELP b Shows b",
      "# TYPE b gauge",
      "b 1152921504606846976",
      'b{of="x"} +Inf',
      "",
    ].join("\n"),
  );
});

test("a metric has one kind, one declaration and a proper name", () => {
  const metrics = new Metrics();
  metrics.gauge("a", "A", () => undefined);
  assert.throws(() => metrics.gauge("a", "A", () => undefined), /twice/);
  assert.throws(() => metrics.counter("a", "A"), /no counter/);
  assert.throws(() => metrics.counter("a b", "A"), /no name/);
});

test("series beyond the limit count unseen", () => {
  const metrics = new Metrics();
  for (let index = 0; index < 10_050; index++) metrics.counter("a", "A", { of: `${index}` }).add();
  metrics.gauge("b", "B", (sample) => {
    for (let index = 0; index < 10_050; index++) sample(1, { of: `${index}` });
  });
  assert.equal(metrics.render().split("\n").length, 20_000 + 5);
});

test("the admin port answers reads of its two pages and nothing else", async () => {
  const metrics = new Metrics();
  addProcessMetrics(metrics, { name: "mfsmaster", version: "3.0.117" });
  let trouble: string | null = null;
  const admin = new AdminServer({ metrics, health: () => trouble }, quiet());
  const port = await freePort();
  await admin.listen({ host: "127.0.0.1", port });
  const ask = (path: string, method = "GET") =>
    fetch(`http://127.0.0.1:${port}${path}`, { method });
  const page = await ask("/metrics");
  assert.match(page.headers.get("content-type") ?? "", /version=0\.0\.4/);
  assert.match(await page.text(), /process_resident_memory_bytes \d+\n/);
  assert.equal((await ask("/healthz")).status, 200);
  trouble = "starting";
  const unwell = await ask("/healthz");
  assert.deepEqual([unwell.status, await unwell.text()], [503, "starting\n"]);
  assert.equal((await ask("/other")).status, 404);
  assert.equal((await ask("/metrics", "POST")).status, 405);
  await admin.close();
  await assert.rejects(ask("/healthz"));
});

test("an admin port in use is a line of the log, not the end of a start", async () => {
  const lines: string[] = [];
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const admin = new AdminServer({ metrics: new Metrics(), health: () => null }, quiet(lines));
  await admin.listen({ host: "127.0.0.1", port });
  assert.match(lines[0] ?? "", /^admin port: cannot listen.*EADDRINUSE/);
  await admin.listen({ host: "127.0.0.1", port: 0 });
  await admin.close();
  taken.close();
});
