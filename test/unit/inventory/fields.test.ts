// The kinds of values: what each accepts and refuses.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { z } from "zod";
import * as field from "../../../src/inventory/fields.ts";

function accepts(schema: z.ZodType, good: readonly unknown[], bad: readonly unknown[]): void {
  for (const value of good) assert.ok(schema.safeParse(value).success, `accepts ${String(value)}`);
  for (const value of bad) assert.ok(!schema.safeParse(value).success, `refuses ${String(value)}`);
}

test("an address is IPv4 or a host name, never a mistyped IPv4", () => {
  accepts(
    field.address,
    ["10.0.0.1", "255.255.255.255", "cm01", "cm01.example.org", "3com.example"],
    ["10.0.0.256", "10.0.0", "10", "a..b", "-a", "a-", "a_b", "", "a b", "::1", 10],
  );
});

test("every IPv4 address is an address", () => {
  fc.assert(fc.property(fc.ipV4(), (ip) => field.address.safeParse(ip).success));
});

test("a path is absolute and normalised, and never the root", () => {
  accepts(
    field.absolutePath,
    ["/a", "/mnt/hdd-1", "/data/..x/.mfs", "/a/b.c_d@e+f"],
    ["/", "", "a", "./a", "/a/", "//a", "/a//b", "/a/./b", "/a/..", "/../a", "/a b", "/a:b", "/ä"],
  );
});

test("spec 10.1: a size has the form mfshdd.cfg reads", () => {
  accepts(
    field.size,
    ["1", "4GiB", "4Gi", "4G", "4GB", "500M", "1k", "1kB", "1KiB", ".5G", "1.5TiB", "2E", 0, 1024],
    ["K", "4 GiB", "1K", "1KB", "4g", "-4G", "4GiBB", "", "4B", ".", -1, 1.5, true],
  );
});

test("a cluster name, a label and a moving address have their forms", () => {
  accepts(
    field.clusterName,
    ["a", "prod-1", "a".repeat(31)],
    ["", "1a", "-a", "A", "a".repeat(32)],
  );
  accepts(field.label, ["A", "Z"], ["a", "AB", "", "1"]);
  accepts(
    field.addressWithPrefix,
    ["10.0.0.1/24", "10.0.0.1/32", "10.0.0.1/1"],
    ["10.0.0.1", "10.0.0.1/0", "10.0.0.1/33", "10.0.0.1/024", "a/24"],
  );
});

test("a mount option is one word, and never one that mfsctl sets itself", () => {
  accepts(
    field.mountOption,
    ["nonempty", "mfsioretries=60", "mfspreflabels=A;B+C", "mfsmasterless", "_netdev"],
    ["a,b", "a b", "mfsmaster=x", "mfsmaster", "mfssubfolder=/x", "a=", "", "-o"],
  );
});

test("a jump host is [USER@]HOST[:PORT] and cannot be taken for an option", () => {
  accepts(
    field.jumpHost,
    ["gate", "u@gate", "u@10.0.0.1:22", "gate.example.org:2222"],
    ["-oProxyCommand=x", "u@-x", "a b", "gate:", "@gate", ""],
  );
});

test("a pinned host key holds its own type and is complete", () => {
  const good = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
  accepts(
    field.hostKey,
    [good],
    [
      good.slice(0, -1),
      good.slice(0, -4),
      good.replace("ssh-ed25519", "ssh-rsa"),
      `${good} comment`,
      `cm01 ${good}`,
      "ssh-ed25519",
      "ssh-ed25519 AAAA",
    ],
  );
});

test("any key line cut short is refused", () => {
  const body = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
  for (let size = 0; size < body.length; size += 1) {
    assert.equal(field.isHostKey(`ssh-ed25519 ${body.slice(0, size)}`), false);
  }
});

test("the value of a setting survives the way through YAML", () => {
  accepts(
    field.settingValue,
    [1, -19, 0.5, "027", "", "1.0", "*"],
    [true, null, Infinity, 2 ** 60, "a\nb", "ä", "a\tb", []],
  );
});
