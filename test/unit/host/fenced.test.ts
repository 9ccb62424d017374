// The fence: a change with an old token is refused on the host itself, whoever sends it.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { MfsctlError } from "../../../src/errors.ts";
import { FencedHost } from "../../../src/host/fenced.ts";
import { LocalHost } from "../../../src/host/local.ts";

const local = new LocalHost("meta01");
let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mfsctl-fence-"));
  folder = join(root, "a folder", "mfsctl");
});

afterEach(() => rm(root, { recursive: true, force: true }));

function fenced(token: number): FencedHost {
  return new FencedHost(local, { token, folder });
}

async function stored(): Promise<string> {
  return (await readFile(join(folder, "token"), "utf8")).trim();
}

function code(expected: string) {
  return (error: unknown): boolean => error instanceof MfsctlError && error.code === expected;
}

test("the first token is stored, and the program runs with its own words, stdin and code", async () => {
  const argv = [
    "sh",
    "-c",
    'cat; printf %s "$1"; echo err >&2; exit 3',
    "sh",
    "it's $(1)",
  ] as const;
  const output = await fenced(4).exec({ argv, stdin: Buffer.from("in ") });
  assert.deepEqual(
    [output.code, output.stdout.toString(), output.stderr.toString()],
    [3, "in it's $(1)", "err\n"],
  );
  assert.equal(await stored(), "4");
});

test("an equal token runs, a higher one is stored, a lower one is locked out and changes nothing", async () => {
  const mark = join(root, "mark");
  await fenced(4).exec({ argv: ["true"] });
  await fenced(4).exec({ argv: ["true"] });
  await fenced(10).exec({ argv: ["true"] });
  await assert.rejects(fenced(9).exec({ argv: ["touch", mark] }), (error: unknown) => {
    assert.ok(error instanceof MfsctlError);
    assert.equal(error.code, "locked");
    assert.equal(
      error.message,
      "Cannot change 'meta01': the lock's token 9 is old, expected at least 10",
    );
    return true;
  });
  assert.deepEqual(await readdir(root), ["a folder"]);
  assert.equal(await stored(), "10");
});

test("a program's own exit code 75 is an answer", async () => {
  assert.equal((await fenced(1).exec({ argv: ["sh", "-c", "exit 75"] })).code, 75);
});

test("a damaged token file refuses everybody instead of counting as none", async () => {
  await mkdir(folder, { recursive: true });
  for (const content of ["", "12x\n", "-1\n", "1 2\n"]) {
    await writeFile(join(folder, "token"), content);
    await assert.rejects(fenced(99).exec({ argv: ["true"] }), code("refused"));
  }
});

test("the program runs outside of the lock: two long ones do not wait for each other", async () => {
  const pipe = join(root, "pipe");
  await local.exec({ argv: ["mkfifo", pipe] });
  const reader = fenced(1).exec({ argv: ["cat", pipe] });
  const writer = fenced(1).exec({ argv: ["sh", "-c", 'echo met >"$1"', "sh", pipe] });
  assert.equal((await writer).code, 0);
  assert.equal((await reader).stdout.toString(), "met\n");
});

test("tokens that race end with the highest, and none runs after a higher one", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8], { minLength: 4 }),
      async (tokens) => {
        await rm(folder, { recursive: true, force: true });
        const runs = tokens.map((token) => fenced(token).exec({ argv: ["true"] }));
        const results = await Promise.allSettled(runs);
        assert.equal(await stored(), String(Math.max(...tokens)));
        const ran = tokens.filter((_, index) => results[index]?.status === "fulfilled");
        assert.ok(ran.includes(Math.max(...tokens)));
        for (const result of results) {
          if (result.status === "rejected") assert.ok(code("locked")(result.reason));
        }
      },
    ),
    { numRuns: 10 },
  );
});

test("a batch is read-only and passes with any token", async () => {
  await fenced(5).exec({ argv: ["true"] });
  const [output] = await fenced(1).batch([{ argv: ["echo", "seen"] }]);
  assert.equal(output?.stdout.toString(), "seen\n");
});

test("a push asks the guard first, a pull does not", async () => {
  const [from, to] = [join(root, "from"), join(root, "to")];
  await writeFile(from, "x");
  await fenced(5).exec({ argv: ["true"] });
  const push = { direction: "push", local: from, remote: to } as const;
  await assert.rejects(fenced(4).rsync(push), code("locked"));
  await fenced(4).rsync({ ...push, direction: "pull", local: to, remote: from });
  assert.equal(await readFile(to, "utf8"), "x");
});

test("a token that is no whole number is our own mistake", () => {
  for (const token of [-1, 1.5, Number.NaN, 2 ** 53])
    assert.throws(() => fenced(token), MfsctlError);
});
