// The test runner's promises: what it counts, what it refuses, and how it ends.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";

const runner = path.resolve(import.meta.dirname, "../run.ts");
const folder = mkdtempSync(path.join(tmpdir(), "mfs-run-"));
after(() => rmSync(folder, { recursive: true }));

/** Runs the runner outside of this test's own context; gives its exit code, output and last line. */
function runTests(words: readonly string[], env: Record<string, string> = {}) {
  const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
  const result = spawnSync(process.execPath, [runner, ...words], {
    env: { ...rest, ...env },
    encoding: "utf8",
  });
  const output = result.stdout + result.stderr;
  return { code: result.status, output, last: output.trimEnd().split("\n").at(-1) };
}

function fixture(name: string, body: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, `import { after, test } from "node:test";\n${body}\n`);
  return file;
}

test("passing files end with a plain count and exit code 0", () => {
  const files = ["a.test.ts", "b.test.ts"].map((name) => fixture(name, 'test("fine", () => {});'));
  const { code, last } = runTests(files);
  assert.deepEqual({ code, last }, { code: 0, last: "2 passed, 0 failed" });
});

test("failing and skipped tests count as failed", () => {
  const failing = 'test("bad", () => { throw new Error("x"); });';
  const skipped = 'test("later", { ["sk" + "ip"]: true }, () => {});';
  const file = fixture("bad.test.ts", `test("fine", () => {});\n${failing}\n${skipped}`);
  const { code, last } = runTests([file]);
  assert.deepEqual({ code, last }, { code: 1, last: "1 passed, 2 failed" });
});

test("a hook that fails after the last test counts as a failure", () => {
  const file = fixture(
    "hook.test.ts",
    'test("fine", () => {});\nafter(() => { throw new Error("x"); });',
  );
  const { code, last } = runTests([file]);
  assert.equal(code, 1);
  assert.match(last ?? "", /^1 passed, [1-9] failed$/);
});

test("a file that cannot be loaded counts as a failure", () => {
  const { code, last } = runTests([fixture("broken.test.ts", "syntax error")]);
  assert.deepEqual({ code, last }, { code: 1, last: "0 passed, 1 failed" });
});

test("a file that is not there and an unknown option are refused", () => {
  assert.equal(runTests([path.join(folder, "none.test.ts")]).code, 2);
  assert.equal(runTests(["--fast"]).code, 2);
});

test("a signal ends the files that run and those still to start, and counts them as failed", async () => {
  const waiting =
    'test("waits", async () => { console.log("waiting"); await new Promise((go) => setTimeout(go, 60_000)); });';
  const files = ["1", "2", "3"].map((name) => fixture(`wait${name}.test.ts`, waiting));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [runner, ...files], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (output === "") child.kill("SIGTERM");
    output += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  assert.deepEqual(
    { code, last: output.trimEnd().split("\n").at(-1) },
    { code: 1, last: "0 passed, 3 failed" },
  );
});

test("a lab that cannot run fails and names what the machine lacks", () => {
  const { code, last, output } = runTests(["--lab"], { PATH: folder });
  assert.deepEqual({ code, last }, { code: 1, last: "0 passed, 1 failed" });
  assert.match(output, /Missing: .*'debootstrap'.*'systemd-nspawn'/);
});
