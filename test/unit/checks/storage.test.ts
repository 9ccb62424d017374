// Room, mount points, foreign data and places that cannot be written.

import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterText, hostFacts, pathFact, unitFact, world } from "../../support/facts.ts";
import type { HostFacts } from "../../../src/facts/host-facts.ts";
import { hints, troubles } from "./judge.ts";

const mebibyte = 1024 ** 2;
const data = "/home/work/local/mfs/var/mfs";
const ours = "00000000000000aa";
const theirs = "00000000000000bb";

/** The head of an image of a file system. */
const image = (id: string) => `4d46534d20322e30${"0".repeat(15)}1${id}`;

function free(path: string, freeBytes: number, over: Partial<HostFacts> = {}): Partial<HostFacts> {
  const { space } = hostFacts("any");
  return { space: new Map(space).set(path, { freeBytes, totalBytes: 100 * mebibyte }), ...over };
}

test("the data path warns below one GiB and fails below 256 MiB", () => {
  const at = (bytes: number) => troubles(world({ facts: { meta02: free(data, bytes) } }), "space");
  assert.deepEqual(at(1024 * mebibyte), []);
  assert.match(at(500 * mebibyte).join(), /^meta02 warn .*500 MiB free/);
  assert.match(at(100 * mebibyte).join(), /^meta02 fail .*100 MiB is free/);
});

test("a full disk fails while it is new and only warns once it holds chunks", () => {
  const fresh = world({ facts: { cm01: free("/mnt/a", mebibyte) } });
  assert.match(troubles(fresh, "space").join(), /^cm01 fail .*"\/mnt\/a"/);
  const heads = new Map([["/mnt/a/.metaid", ours]]);
  const used = world({ facts: { cm01: free("/mnt/a", mebibyte, { heads }) } });
  assert.match(troubles(used, "space").join(), /^cm01 warn/);
});

test("room that could not be measured is not enough", () => {
  assert.match(
    troubles(world({ facts: { meta02: { space: new Map() } } }), "space").join(),
    /unknown/,
  );
});

test("a disk that must be mounted and is not fails, and is not looked at any further", () => {
  const over = free("/mnt/b", 0, {
    mounts: [],
    paths: new Map([...hostFacts("x").paths, ["/mnt/b", pathFact("folder", { entries: ["etc"] })]]),
  });
  const before = world({ facts: { cm01: over } });
  assert.match(
    troubles(before, "mountpoint").join(),
    /^cm01 fail .*"\/mnt\/b".*nothing is mounted/,
  );
  assert.deepEqual(hints(before, "mountpoint"), [
    "ssh root@10.0.0.11 'mount /mnt/b || lsblk -f' mounts it, or shows the disks where /etc/fstab does not know it",
  ]);
  assert.deepEqual(troubles(before, "space"), []);
  assert.deepEqual(troubles(before, "foreign"), []);
});

test("a disk that was taken out for good is not looked for", () => {
  const paths = new Map([
    ...hostFacts("x").paths,
    ["/var/lib/mfsctl/removed-disks", pathFact("file", { content: "/mnt/b\n" })] as const,
  ]);
  assert.deepEqual(troubles(world({ facts: { cm01: { mounts: [], paths } } }), "mountpoint"), []);
});

test("disks of this cluster are fine, also by the metadata of a stopped master", () => {
  const heads = new Map([
    ["/mnt/a/.metaid", ours],
    [`${data}/chunkserverid.mfs`, `0001${ours}`],
  ]);
  const master = new Map([[`${data}/metadata.mfs.back`, image(ours)]]);
  const facts = { meta01: { heads: master }, cm01: { heads } };
  assert.deepEqual(troubles(world({ facts }), "foreign"), []);
});

test("a disk, a server and a metalogger of another file system fail", () => {
  const facts = {
    meta01: { heads: new Map([[`${data}/metadata.mfs.back`, image(ours)]]) },
    meta02: { heads: new Map([[`${data}/metadata_ml.mfs.back`, image(theirs)]]) },
    cm01: {
      heads: new Map([
        ["/mnt/a/.metaid", theirs],
        [`${data}/chunkserverid.mfs`, `0001${theirs}`],
      ]),
    },
  };
  const found = troubles(world({ facts }), "foreign");
  assert.equal(found.length, 3);
  assert.match(found[0] ?? "", /^meta02 fail .*"metadata_ml\.mfs\.back" belongs to file system/);
  assert.match(found[1] ?? "", /^cm01 fail .*"chunkserverid\.mfs"/);
  assert.match(found[2] ?? "", /^cm01 fail .*"\/mnt\/a".*00bb, expected 0+aa, this cluster's/);
});

test("any disk of a file system is foreign to a cluster that has no data yet", () => {
  const heads = new Map([["/mnt/a/.metaid", theirs]]);
  assert.match(
    troubles(world({ facts: { cm01: { heads } } }), "foreign").join(),
    /^cm01 fail .*expected none/,
  );
});

test("an empty image and the id 0 belong to nobody", () => {
  const facts = {
    meta01: { heads: new Map([[`${data}/metadata.mfs`, "4d46534d204e4557"]]) },
    cm01: { heads: new Map([[`${data}/chunkserverid.mfs`, "00010000000000000000"]]) },
  };
  assert.deepEqual(troubles(world({ facts }), "foreign"), []);
});

test("disks that differ from each other fail also where nobody knows the cluster's id", () => {
  const heads = new Map([
    ["/mnt/a/.metaid", ours],
    ["/mnt/b/.metaid", theirs],
  ]);
  const before = world({ facts: { cm01: { heads } } });
  const facts = new Map(before.facts);
  facts.delete("meta02");
  assert.equal(troubles({ ...before, facts }, "foreign").length, 2);
});

const folders = (entries: readonly string[], path = "/mnt/a") =>
  new Map([...hostFacts("x").paths, [path, pathFact("folder", { entries })] as const]);

test("what a chunkserver makes is no stranger on a disk, anything else is", () => {
  const own = ["00", "FF", ".lock", ".metaid", ".chunkdb", "lost+found"];
  const heads = new Map([["/mnt/a/.metaid", ours]]);
  const meta01 = { heads: new Map([[`${data}/metadata.mfs`, image(ours)]]) };
  const look = (entries: readonly string[]) =>
    troubles(world({ facts: { meta01, cm01: { heads, paths: folders(entries) } } }), "foreign");
  assert.deepEqual(look(own), []);
  assert.match(
    look([...own, "photos", "a.txt", "b", "c"]).join(),
    /^cm01 fail .*it holds "photos", "a\.txt", "b" and 1 more/,
  );
});

test("chunk folders without an id warn until our own chunkserver runs", () => {
  const paths = folders(["00", "01"]);
  assert.match(
    troubles(world({ facts: { cm01: { paths } } }), "foreign").join(),
    /^cm01 warn .*no "\.metaid"/,
  );
  const units = new Map([["mfs-chunkserver.service", unitFact({ active: "active" })]]);
  assert.deepEqual(troubles(world({ facts: { cm01: { paths, units } } }), "foreign"), []);
});

test("a file where a disk should be fails", () => {
  const paths = new Map([...hostFacts("x").paths, ["/mnt/a", pathFact("file")] as const]);
  assert.match(troubles(world({ facts: { cm01: { paths } } }), "foreign").join(), /it is a file/);
});

test("a soft link may be missing or right, and nothing else may stand in its place", () => {
  const text = clusterText.replace("[/mnt/a,", "[{ path: /data/mfs, link_to: /home/data },");
  const at = (fact: ReturnType<typeof pathFact>) =>
    troubles(
      world({
        text,
        facts: { cm01: { paths: new Map([...hostFacts("x").paths, ["/data/mfs", fact]]) } },
      }),
      "foreign",
    );
  assert.deepEqual(at(pathFact("link", { target: "/home/data" })), []);
  assert.match(at(pathFact("link", { target: "/tmp" })).join(), /it is a link to "\/tmp"/);
  assert.match(at(pathFact("folder", { entries: [] })).join(), /it is a folder/);
});

test("a prefix that root cannot write fails once for each place", () => {
  const parents = new Map(
    ["/home/work/local/mfs/etc/mfs", data].map((path) => [
      path,
      { path: "/home", isFolder: true, writable: false },
    ]),
  );
  const found = troubles(world({ facts: { cm01: { parents } } }), "prefix");
  assert.equal(found.length, 1);
  assert.match(found[0] ?? "", /^cm01 fail .*"\/home" cannot be written/);
});

test("a file in the way of the prefix fails", () => {
  const parents = new Map([[data, { path: "/home/work", isFolder: false, writable: true }]]);
  assert.match(troubles(world({ facts: { cm01: { parents } } }), "prefix").join(), /is no folder/);
});
