// The batch script under dash and bash: binary safe, isolated, and honest about a script that was cut.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { test } from "node:test";

import { MfsctlError } from "../../../src/errors.ts";
import { batchCommand, batchOutputs } from "../../../src/host/batch.ts";
import type { Command } from "../../../src/host/host.ts";
import { LocalHost } from "../../../src/host/local.ts";

const host = new LocalHost("here");

async function run(shell: string, commands: readonly Command[]) {
  const { stdin } = batchCommand(commands);
  const answer = await host.exec({
    argv: [shell, "-s"],
    ...(stdin === undefined ? {} : { stdin }),
  });
  return batchOutputs("here", commands, answer);
}

/** Writes its stdin to both streams and ends with a code. */
function echoBoth(bytes: Uint8Array, code: number): Command {
  return { argv: ["sh", "-c", 'tee /dev/stderr; exit "$1"', "sh", String(code)], stdin: bytes };
}

for (const shell of ["dash", "bash"]) {
  test(`any bytes and codes come back as they were, in ${shell}`, async () => {
    const one = fc.record({ bytes: fc.uint8Array({ maxLength: 300 }), code: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 8 }), async (cases) => {
        const outputs = await run(
          shell,
          cases.map(({ bytes, code }) => echoBoth(bytes, code)),
        );
        for (const [index, { bytes, code }] of cases.entries()) {
          assert.equal(outputs[index]?.code, code);
          assert.deepEqual([...(outputs[index]?.stdout ?? [])], [...bytes]);
          assert.deepEqual([...(outputs[index]?.stderr ?? [])], [...bytes]);
        }
      }),
      { numRuns: 15 },
    );
  });

  test(`a death by signal leaves no words of ${shell} in the answers`, async () => {
    const outputs = await run(shell, [
      { argv: ["sh", "-c", "kill -KILL $$"] },
      { argv: ["sh", "-c", "kill -SEGV $$"] },
    ]);
    assert.deepEqual(
      outputs.map((output) => [output.code, output.stderr.length]),
      [
        [137, 0],
        [139, 0],
      ],
    );
  });

  test(`a command cannot end or change the script of ${shell}`, async () => {
    const outputs = await run(shell, [
      { argv: ["exit", "9"] },
      { argv: ["sh", "-c", "exec 5>&- 6>&- 7>&-; kill -TERM $PPID; exit 1"] },
      { argv: ["sh", "-c", "cat; echo last"] },
    ]);
    assert.equal(outputs[0]?.code, 127);
    assert.equal(outputs[2]?.stdout.toString(), "last\n");
  });
}

test("a script that was cut anywhere is an error, never fewer answers", async () => {
  const commands: Command[] = [{ argv: ["echo", "one"] }, { argv: ["echo", "two"] }];
  const answer = await host.exec(batchCommand(commands));
  assert.equal(batchOutputs("here", commands, answer).length, 2);
  for (let size = 0; size < answer.stdout.length; size += 1) {
    const cut = { ...answer, stdout: answer.stdout.subarray(0, size) };
    assert.throws(() => batchOutputs("here", commands, cut), MfsctlError);
  }
  assert.throws(() => batchOutputs("here", commands, { ...answer, code: 1 }), MfsctlError);
});

test("no commands are no round trip", async () => {
  assert.deepEqual(await host.batch([]), []);
});
