// What a key is worth: the judgement alone, without a network.

import assert from "node:assert/strict";
import { execa } from "execa";
import * as fc from "fast-check";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import {
  fingerprint,
  judge,
  knownKeys,
  preferredAlgorithms,
  type KnownKey,
} from "../../../src/host/known-hosts.ts";
import type { SshTarget } from "../../../src/host/ssh-config.ts";
import { makeKey } from "./sshd.ts";

let folder: string;
let key: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "mfsctl-known-"));
  key = await makeKey(join(folder, "key"));
});

after(() => rm(folder, { recursive: true, force: true }));

function target(knownName: string, files: readonly string[]): SshTarget {
  return {
    name: "cm01",
    address: knownName,
    port: 22,
    user: "root",
    identityFiles: [],
    identitiesOnly: false,
    agent: undefined,
    knownName,
    knownHostsFiles: files,
    hostKeys: [],
    via: undefined,
  };
}

const oneKey: fc.Arbitrary<KnownKey> = fc.record({
  marker: fc.constantFrom("plain", "revoked", "authority"),
  type: fc.constantFrom("ssh-ed25519", "ssh-rsa"),
  fingerprint: fc.constantFrom("SHA256:a", "SHA256:b", "SHA256:c"),
  place: fc.constant("file:1"),
});

test("a key is trusted only if a plain line holds it and no line revokes it", () => {
  fc.assert(
    fc.property(fc.array(oneKey), (known) => {
      const seen = known.filter((one) => one.fingerprint === "SHA256:a");
      const trusted =
        seen.some((one) => one.marker === "plain") && !seen.some((one) => one.marker === "revoked");
      assert.equal(judge(known, "SHA256:a").kind === "trusted", trusted);
    }),
  );
});

test("the algorithms of known keys are offered first, all others after them, none twice", () => {
  fc.assert(
    fc.property(fc.array(oneKey), (known) => {
      const offered = preferredAlgorithms(known);
      assert.equal(new Set(offered).size, 6);
      const types = new Set(known.filter((one) => one.marker === "plain").map((one) => one.type));
      if (types.has("ssh-rsa") && !types.has("ssh-ed25519"))
        assert.equal(offered[0], "rsa-sha2-512");
      if (types.has("ssh-ed25519") || types.size === 0) assert.equal(offered[0], "ssh-ed25519");
    }),
  );
});

test("a fingerprint reads as ssh-keygen prints it", async () => {
  const { stdout } = await execa("ssh-keygen", ["-l", "-f", join(folder, "key.pub")]);
  assert.equal(fingerprint(Buffer.from(key.split(" ")[1] ?? "", "base64")), stdout.split(" ")[1]);
});

test("all files are read, with line numbers, patterns and markers; absent files know nobody", async () => {
  const [one, two] = [join(folder, "one"), join(folder, "two")];
  await writeFile(one, `# comment\n\n*.example.com,!bad.example.com ${key} me@home\n`);
  await writeFile(
    two,
    `@revoked * ${key}\n@cert-authority a.example.com ${key}\n@odd a.example.com ${key}\n`,
  );
  const files = [one, join(folder, "absent"), two];
  const known = await knownKeys(target("a.example.com", files));
  assert.deepEqual(
    known.map(({ marker, place }) => [marker, place.slice(folder.length + 1)]),
    [
      ["plain", "one:3"],
      ["revoked", "two:1"],
      ["authority", "two:2"],
    ],
  );
  assert.deepEqual(await knownKeys(target("bad.example.com", [one])), []);
});
