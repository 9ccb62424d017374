// mfshdd.cfg as read. Spec: config-and-cli.md 10; "run on mfschunkserver": a real one's messages.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDisks } from "../../../../daemons/config/hdd.ts";
import { assertOne } from "./expect.ts";

function one(line: string) {
  const { disks, problems } = parseDisks(`${line}\n`);
  assert.deepEqual(problems, [], line);
  const [disk] = disks;
  assert.ok(disk !== undefined);
  return disk;
}

function findings(line: string) {
  return parseDisks(`${line}\n/mnt/other\n`).problems;
}

test("spec 10.1: one path a line, comments and blank lines between", () => {
  const { disks, problems } = parseDisks("# disks\n/mnt/hda\n\n\t\r\n/mnt/hdb \r\n/mnt/hdc");
  assert.deepEqual(problems, []);
  assert.deepEqual(
    disks.map(({ line, path }) => `${line} ${path}`),
    ["2 /mnt/hda", "5 /mnt/hdb", "6 /mnt/hdc"],
  );
});

test("spec 10.1: prefixes may be combined in any order, of < and > the later one wins", () => {
  assert.deepEqual(one("/mnt/a"), {
    line: 1,
    path: "/mnt/a",
    markedForRemoval: false,
    rebalance: null,
    ignoreSizeChange: false,
    size: null,
  });
  assert.equal(one("*/mnt/a").markedForRemoval, true);
  assert.equal(one("</mnt/a").rebalance, "source");
  assert.equal(one("~>*/mnt/a").rebalance, "target");
  assert.equal(one("~/mnt/a").ignoreSizeChange, true);
  const { disks, problems } = parseDisks("*<>~/mnt/a\n");
  assertOne(problems, "warning", "the last one counts");
  assert.equal(disks[0]?.rebalance, "target");
  assertOne(findings("**/mnt/a"), "warning", "each sign once");
});

test("spec 10.1: the last word is a size to leave or a limit", () => {
  assert.deepEqual(one("/mnt/a -4GiB").size, { kind: "leaveFree", bytes: 4294967296n });
  assert.deepEqual(one("*/mnt/a \t1.5G \t").size, { kind: "limit", bytes: 1500000000n });
  assert.equal(one("/mnt/a .5G").path, "/mnt/a");
});

test("spec 10.1: a word that cannot be read as a size becomes part of the path (run on mfschunkserver)", () => {
  for (const size of ["1K", "1g", "1.2.3G", "99999999999E", "-x"]) {
    const { problems, disks } = parseDisks(`/mnt/a ${size}\n/mnt/b\n`);
    assert.ok(
      problems.some(
        ({ message, severity }) => severity === "error" && message.includes("part of the path"),
      ),
    );
    assert.deepEqual(
      disks.map((disk) => disk.path),
      ["/mnt/b"],
    );
  }
});

test("spec 10.1: blanks become part of the path (run on mfschunkserver)", () => {
  const cases: readonly (readonly [string, string])[] = [
    [" /mnt/a", "no blank in front"],
    ["* /mnt/a", "no blank in front"],
    [" # note", "this is no comment"],
    ["/mnt/a # note", "no comment behind it"],
    ["/mnt/a 1MB #c", "no comment behind it"],
    ["/mnt/a 1 G", "no blanks"],
    ["/mnt/my disk", "no blanks"],
    ["mnt/a", "an absolute path"],
    ["/mnt/../a", "/../"],
    ["//", "a folder of its own"],
  ];
  for (const [line, part] of cases) assertOne(findings(line), "error", part);
});

test("spec 10.2: small sizes and a limit of 0 are accepted with a warning", () => {
  assertOne(findings("/mnt/a -1MiB"), "warning", "at least 64MiB");
  assertOne(findings("/mnt/a -0"), "warning", "at least 64MiB");
  assertOne(findings("/mnt/a 10"), "warning", "at least 64MiB");
  assertOne(findings("/mnt/a 0"), "warning", "the whole volume is used");
});

test("spec 10.2: a folder must be listed once, better not inside another", () => {
  assertOne(parseDisks("/mnt/a\n*/mnt//a/\n").problems, "error", "path of line 1 too");
  assertOne(parseDisks("/mnt/a\n/mnt/a/b\n").problems, "warning", "inside the other");
  assert.deepEqual(parseDisks("/mnt/a\n/mnt/ab\n").problems, []);
});

test("spec 10.2: a file without a disk starts, and is surely not meant", () => {
  assertOne(parseDisks("# none\n").problems, "warning", "no disk");
});
