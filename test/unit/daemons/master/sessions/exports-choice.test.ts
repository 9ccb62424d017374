// Which line of the exports a client gets, and the checksum of all lines.
// Spec: wire-client-master-1.md sections 3.1 and 3.7.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionFlag } from "../../../../../daemons/master/core/client.ts";
import { chooseExport } from "../../../../../daemons/master/core/sessions/exports-choice.ts";
import type {
  Applicant,
  ExportsRow,
} from "../../../../../daemons/master/core/sessions/exports-choice.ts";
import { exportsChecksum } from "../../../../../daemons/master/core/sessions/exports-checksum.ts";
import { digestOf, proofOf } from "../../../../../daemons/master/core/sessions/password.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { bytes } from "../ops/test-master.ts";
import { challenge, openRow } from "./session-host.ts";

const plain: ExportsRow = {
  ...openRow,
  allDirs: false,
  rootRedefined: false,
  sessionFlags: sessionFlag.readOnly,
  rootUid: 999,
  rootGid: 999,
};
const readWrite: ExportsRow = { ...plain, sessionFlags: 0 };

function ask(path: string | null, other: Partial<Applicant> = {}): Applicant {
  return {
    address: 0x0a60_0701,
    version: 0x0300ea,
    path: path === null ? null : bytes(path),
    challenge: null,
    passcode: null,
    ...other,
  };
}

test("a row fits by address, version and kind of mount", () => {
  const row = { ...plain, fromAddress: 0x0a60_0700, toAddress: 0x0a60_0702, minVersion: 0x030075 };
  const cases: readonly (readonly [Applicant, boolean])[] = [
    [ask("/"), true],
    [ask("/", { address: 0x0a60_06ff }), false],
    [ask("/", { address: 0x0a60_0703 }), false],
    [ask("/", { version: 0x030074 }), false],
    [ask(null), false],
  ];
  for (const [who, fits] of cases) {
    assert.equal(chooseExport([row], who), fits ? row : status.EACCES);
  }
  const meta = { ...row, meta: true };
  assert.equal(chooseExport([meta], ask(null)), meta);
  assert.equal(chooseExport([meta], ask("/")), status.EACCES);
});

test("the row of a DEFAULTS line fits nobody, not even address 0", () => {
  const defaults = { ...openRow, toAddress: 0, sessionFlags: sessionFlag.admin };
  for (const address of [0, 1, 0xffff_ffff]) {
    assert.equal(chooseExport([defaults], ask("/", { address })), status.EACCES);
    assert.equal(chooseExport([defaults, plain], ask("/", { address })), plain);
  }
  const guarded = { ...defaults, passwordDigest: digestOf(bytes("secret")) };
  assert.equal(chooseExport([guarded], ask("/", { address: 0 })), status.EACCES);
});

test("a row fits its path, and with alldirs whatever lies below it", () => {
  const exact = { ...plain, path: bytes("a/b") };
  const below = { ...exact, allDirs: true };
  const cases: readonly (readonly [string, boolean, boolean])[] = [
    ["/a/b", true, true],
    ["a/b//", true, true],
    ["/a/b/c", false, true],
    ["/a/bc", false, false],
    ["/a", false, false],
    ["/", false, false],
  ];
  for (const [path, fitsExact, fitsBelow] of cases) {
    assert.equal(chooseExport([exact], ask(path)) === exact, fitsExact, path);
    assert.equal(chooseExport([below], ask(path)) === below, fitsBelow, path);
  }
});

test("a later row replaces the best if it wins any one test, whatever it loses", () => {
  const withRoot = { ...plain, rootUid: 0 };
  const admin = { ...plain, sessionFlags: sessionFlag.readOnly | sessionFlag.admin };
  const withPassword = { ...plain, passwordDigest: digestOf(bytes("x")) };
  const longer = { ...plain, allDirs: true, path: bytes("a") };
  const top = { ...plain, allDirs: true };
  const who = ask("/a", { challenge, passcode: proofOf(digestOf(bytes("x")), challenge) });
  const pairs: readonly (readonly [ExportsRow, ExportsRow])[] = [
    [plain, readWrite],
    [readWrite, withRoot],
    [withRoot, admin],
    [admin, withPassword],
  ];
  for (const [first, second] of pairs) {
    assert.equal(chooseExport([first, second], { ...who, path: bytes("/") }), second);
  }
  assert.equal(chooseExport([top, longer], who), longer);
  assert.equal(chooseExport([longer, top], who), longer);
  const same = { ...plain };
  assert.equal(chooseExport([plain, same], ask("/")), plain);
});

test("a password is an obstacle only where nothing else fits", () => {
  const guarded = { ...plain, passwordDigest: digestOf(bytes("secret")) };
  const passcode = proofOf(digestOf(bytes("wrong")), challenge);
  assert.equal(chooseExport([guarded], ask("/")), status.NOPASSWORD);
  assert.equal(chooseExport([guarded], ask("/", { challenge })), status.NOPASSWORD);
  assert.equal(chooseExport([guarded], ask("/", { challenge, passcode })), status.BADPASSWORD);
  assert.equal(chooseExport([guarded, plain], ask("/")), plain);
  assert.equal(chooseExport([], ask("/")), status.EACCES);
});

test("the checksum is what a real master stores for the same file", () => {
  // Sums of running masters, each for the first row and one more.
  const first = { ...openRow, fromAddress: 0x0a60_0701, toAddress: 0x0a60_0701 };
  const metaReadOnly = { ...plain, meta: true, rootUid: 0, rootGid: 0 };
  const defaults = { ...plain, toAddress: 0, sessionFlags: 0 };
  const cases: readonly (readonly [readonly ExportsRow[], bigint])[] = [
    [[first], 0xb118_a541_b3bf_92fan],
    [[first, plain], 0xd2ff_58c7_bd82_3395n],
    [[first, metaReadOnly], 0x752d_9631_526d_c865n],
    [[first, { ...readWrite, path: bytes("a/b") }], 0xa2d5_eeee_ac2c_e068n],
    [[first, { ...readWrite, passwordDigest: digestOf(bytes("secret")) }], 0xe9fb_5e54_e64b_8fdcn],
    [[first, defaults], 0xdf4e_63d7_e1a6_b79dn],
    [
      [
        first,
        {
          ...readWrite,
          sessionFlags: sessionFlag.ignoreGid | sessionFlag.dynamicIp,
          umask: 0o27,
          goalMin: 2,
          goalMax: 4,
          trashTimeMin: 60,
          trashTimeMax: 3600,
          minVersion: 0x03_000a,
          disables: 3,
        },
      ],
      0xc01d_6e0d_2363_b775n,
    ],
  ];
  for (const [rows, expected] of cases) {
    assert.equal(exportsChecksum(rows), expected);
    assert.equal(exportsChecksum(rows.toReversed()), expected);
  }
});
