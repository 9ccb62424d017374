// The sudo wrapper over a real sshd, with a sudo that stands earlier in the PATH and writes down its words.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { MfsctlError } from "../../../src/errors.ts";
import type { Host } from "../../../src/host/host.ts";
import type { SshHosts } from "../../../src/host/pool.ts";
import { startSshd, type Sshd } from "./sshd.ts";

let sshd: Sshd;
let hosts: SshHosts;
let host: Host;
let log: string;

before(async () => {
  sshd = await startSshd();
  log = join(sshd.folder, "sudo.log");
  const fake = `#!/bin/sh\nprintf '%s\\n' "$1 $2 $3" >>${log}\nshift 2\nexec "$@"\n`;
  await writeFile(join(sshd.folder, "bin", "sudo"), fake, { mode: 0o755 });
  hosts = sshd.hosts({ entries: [sshd.entry({ sudo: true })] });
  host = await hosts.host("cm01");
});

after(async () => {
  await hosts?.close();
  await sshd?.stop();
});

test("a program runs behind 'sudo -n --', with its words, stdin and code", async () => {
  const argv = ["sh", "-c", 'cat; echo "$1"; exit 4', "sh", "it's $(a)"] as const;
  const output = await host.exec({ argv, stdin: Buffer.from("in ") });
  assert.deepEqual([output.code, output.stdout.toString()], [4, "in it's $(a)\n"]);
  assert.equal(await readFile(log, "utf8"), "-n -- sh\n");
});

test("a batch is one sudo and one round trip", async () => {
  await writeFile(log, "");
  const start = host.roundTrips ?? 0;
  const outputs = await host.batch([{ argv: ["echo", "a"] }, { argv: ["echo", "b"] }]);
  assert.deepEqual(
    outputs.map((output) => output.stdout.toString()),
    ["a\n", "b\n"],
  );
  assert.equal(await readFile(log, "utf8"), "-n -- sh\n");
  assert.equal((host.roundTrips ?? 0) - start, 1);
});

test("a sudo that refuses is the answer of a program, and an error for a batch", async () => {
  const path = join(sshd.folder, "bin", "sudo");
  await writeFile(path, "#!/bin/sh\necho a password is required >&2\nexit 1\n");
  assert.equal((await host.exec({ argv: ["true"] })).code, 1);
  await assert.rejects(host.batch([{ argv: ["true"] }]), (error: unknown) => {
    assert.ok(error instanceof MfsctlError);
    assert.deepEqual(error.details, ["a password is required"]);
    return true;
  });
});
