// The rows that the master makes of mfsexports.cfg. Spec: config-and-cli.md 8.1 to 8.3.

import assert from "node:assert/strict";
import { test } from "node:test";
import { exportsChecksum } from "../../../../../daemons/master/core/sessions/exports-checksum.ts";
import type { ExportsRow } from "../../../../../daemons/master/core/sessions/exports-choice.ts";
import { readExports } from "../../../../../daemons/master/io/exports-file.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

interface Read {
  readonly rows: readonly ExportsRow[];
  readonly warnings: readonly string[];
}

function read(...lines: readonly string[]): Read {
  using folder = new TemporaryFolder();
  folder.write("mfsexports.cfg", `${lines.join("\n")}\n`);
  const warnings: string[] = [];
  const rows = readExports(folder.file("mfsexports.cfg"), (message) => void warnings.push(message));
  assert(rows !== undefined);
  return { rows, warnings };
}

test("the checksum of a file is the one of a real master with it", () => {
  const cases: readonly (readonly [bigint, ...string[]])[] = [
    [0x04e5_0135_a378_ecc9n, "DEFAULTS rw,alldirs", "* /a ro", "* ."],
    [0x91ad_362a_241c_c412n, "* /a rw", "DEFAULTS rw,umask=0022", "* /b"],
    [0x253a_ad00_2384_26dan, "DEFAULTS rw", "DEFAULTS rw", "* /a"],
    [
      0x76d7_cf7c_419a_ff1dn,
      "DEFAULTS maproot=5:6,mapall=7:8,admin,alldirs,ignoregid,disable=read",
      "* . rw",
    ],
    [
      0x3a79_529c_183c_33b1n,
      "DEFAULTS password=secret,minversion=3.0.10",
      "* /a rw",
      "* /b password=other",
    ],
    [0xec4d_7ee5_4d51_da48n, "DEFAULTS rw,maproot=nosuchuser", "* /a"],
    [0x927f_273e_22d1_5a39n, "DEFAULTS password=ö", "* /ä/é rw"],
  ];
  for (const [expected, ...lines] of cases) {
    assert.equal(exportsChecksum(read(...lines).rows), expected, lines.join("; "));
  }
});

test("a DEFAULTS line is a row of its own: no address, the root, its options", () => {
  const { rows, warnings } = read("DEFAULTS rw,alldirs,maproot=5:6,disable=chown", "* /a");
  assert.deepEqual(warnings, []);
  const [own, next] = rows;
  assert(own !== undefined && next !== undefined);
  const { fromAddress, toAddress, path, meta, ...rights } = own;
  assert.deepEqual([fromAddress, toAddress, path.length, meta], [0, 0, 0, false]);
  const range = { fromAddress: 0, toAddress: 0xffff_ffff, path: Uint8Array.of(0x61), meta: false };
  assert.deepEqual(next, { ...rights, ...range });
  assert.deepEqual([own.rootUid, own.rootGid, own.allDirs, own.disables], [5, 6, true, 1]);
});

test("a user that the host does not have drops the DEFAULTS line, not the lines behind it", () => {
  const { rows, warnings } = read("DEFAULTS rw,maproot=nosuchuser", "* /a", "* /b mapall=77777");
  assert.deepEqual(
    rows.map(({ path, rootUid }) => [Buffer.from(path).toString(), rootUid]),
    [["a", 999]],
  );
  assert.deepEqual(warnings, [
    'mfsexports: line 1: "maproot=nosuchuser", expected a user of this host, which "nosuchuser" is not',
    'mfsexports: line 3: "mapall=77777", expected a group, for this host has no user 77777 to take it from',
  ]);
});

test("names of the host stand for their numbers", () => {
  const { rows } = read(
    "* /a maproot=root",
    "* /b mapall=root:root",
    "* /c mapall=5:6,maproot=7:8",
  );
  assert.deepEqual(
    rows.map(({ rootUid, rootGid, mapAllUid, mapAllGid }) => [
      rootUid,
      rootGid,
      mapAllUid,
      mapAllGid,
    ]),
    [
      [0, 0, 999, 999],
      [0, 0, 0, 0],
      [7, 8, 5, 6],
    ],
  );
});

test("a path is the bytes of the file", () => {
  const [row] = read("* /ä/é/ rw").rows;
  assert.deepEqual(row?.path, new TextEncoder().encode("ä/é"));
});

test("a file that cannot be read gives no rows and says so", () => {
  const warnings: string[] = [];
  assert.equal(
    readExports("/nonexistent/mfsexports.cfg", (message) => void warnings.push(message)),
    undefined,
  );
  assert.match(
    warnings.join(),
    /^mfsexports configuration file \(\/nonexistent\/mfsexports\.cfg\) not found/,
  );
});
