// Bytes of the real Debian programs (3.0.117-1, one master, two chunkservers of which one was stopped, a
// metalogger, a mount) decode to what mfscli printed at the same moment and encode back to the same bytes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIpv4 } from "../../../../daemons/protocol/address.ts";
import { encodeText } from "../../../../daemons/protocol/byte-text.ts";
import { joinBlocks } from "../../../../daemons/protocol/packet.ts";
import { spokenVersion } from "../../../../daemons/protocol/version.ts";
import {
  monitoringPackets,
  goldenFrame,
  goldenNames,
  goldenRequests,
  opened,
  refusedOrExact,
} from "./tables.ts";

/** Frames whose variant only the request could tell. */
const variants: Readonly<Record<string, string>> = {
  "get-version-numbered": "numbered",
  "fstest-info-legacy": "legacy",
  "list-open-files-session": "numberedSession",
};
const host = parseIpv4("10.99.0.1");
const metaId = 0x6b02_ebfd_1b8d_b12fn;

for (const name of goldenNames) {
  test(`golden ${name}: the real bytes survive decoding and encoding`, () => {
    const frame = goldenFrame(name);
    const { row, body } = opened(frame);
    const value = row.decode(body, variants[name]);
    assert.deepStrictEqual(joinBlocks(row.encode(value)), frame);
  });

  test(`golden ${name}: cut at any length it is refused, or means exactly what is left`, () => {
    const { row, body } = opened(goldenFrame(name));
    for (let length = 0; length < body.length; length++) {
      refusedOrExact(row, { body: body.slice(0, length), variant: variants[name] });
    }
  });

  test(`golden ${name}: with any byte made 255 it is refused, or means exactly those bytes`, () => {
    const { row, body } = opened(goldenFrame(name));
    for (let offset = 0; offset < Math.min(body.length, 600); offset++) {
      const broken = body.slice();
      broken[offset] = 0xff;
      refusedOrExact(row, { body: broken, variant: variants[name] });
    }
  });
}

for (const { name, frame } of goldenRequests()) {
  test(`golden request ${name}: what mfscli or mfsmount sent survives decoding and encoding`, () => {
    const { row, body } = opened(frame);
    assert.equal(row.name, name);
    assert.deepStrictEqual(joinBlocks(row.encode(row.decode(body))), frame);
  });
}

test("golden requests: the mount registers with its mount point and subfolder", () => {
  const request = goldenRequests().find((each) => each.name === "CLTOMA_FUSE_REGISTER");
  assert.ok(request);
  const { row, body } = opened(request.frame);
  assert.deepStrictEqual(row.decode(body), {
    variant: "newSession",
    version: spokenVersion,
    info: encodeText("/tmp/mfsproto/mnt2\0"),
    path: encodeText("/t\0"),
    rejoin: { variant: "none" },
  });
});

test("every packet of tools and monitors has golden bytes, but for those not captured", () => {
  const seen = new Set([
    ...goldenNames.map((name) => opened(goldenFrame(name)).row.name),
    ...goldenRequests().map(({ name }) => name),
  ]);
  const unseen = monitoringPackets.map((row) => row.name).filter((name) => !seen.has(name));
  assert.deepStrictEqual(unseen, [
    "ANTOAN_UNKNOWN_COMMAND",
    "ANTOAN_BAD_COMMAND_SIZE",
    "ANTOAN_GET_VERSION",
    "ANTOAN_GET_CONFIG",
    "CLTOAN_MODULE_INFO",
    "CLTOAN_MONOTONIC_DATA",
    "ANTOCL_MONOTONIC_DATA",
    "CLTOAN_CHART",
    "ANTOCL_CHART",
    "CLTOAN_CHART_DATA",
    "ANTOCL_CHART_DATA",
    "CLTOMA_QUOTA_INFO",
    "MATOCL_QUOTA_INFO",
    "CLTOMA_LIST_ACQUIRED_LOCKS",
    "MATOCL_LIST_ACQUIRED_LOCKS",
    "CLTOCS_HDD_LIST",
    "ANTOCS_GET_CHUNK_CHECKSUM_TAB",
  ]);
});

/** What the frames say, from what mfscli and ls printed at the same moment. */
const facts: Readonly<Record<string, object>> = {
  "get-version": { version: spokenVersion, text: "3.0.117-1" },
  "get-version-numbered": { variant: "numbered", messageId: 7, text: "3.0.117-1" },
  "get-config": { messageId: 9, value: "60" },
  "module-info-master": { variant: "plain", moduleType: 1, moduleId: 0, metaId },
  "module-info-numbered": { variant: "numbered", messageId: 3, moduleType: 1, metaId },
  "module-info-chunkserver": { moduleType: 2, moduleId: 1, leaderIp: host, leaderPort: 9420 },
  info: {
    variant: "current",
    version: spokenVersion,
    totalBytes: 108_944_293_888,
    trashFiles: 1,
    trashBytes: 2,
    nodes: 7,
    directories: 4,
    files: 3,
    chunks: 3,
    lastSaveTime: 0,
    state: 255,
    synchronized: 255,
    metaVersion: 58n,
    exportsChecksum: 0xffcc_fd8a_defb_e2den,
  },
  "mlog-list": { metaloggers: [{ version: spokenVersion, ip: host }] },
  "chunkstest-info": {
    loopStart: 1_795_353_743,
    loopEnd: 1_795_353_803,
    notCopiedUnderGoal: 3,
  },
  "csserv-command": { variant: "command", status: 0 },
  "csserv-command-legacy": { variant: "legacy" },
  "session-command": { status: 41 },
  "list-open-files-session": { messageId: 5, inodes: [1, 7, 6, 5] },
  "mass-resolve-paths": {
    nodes: [
      { inode: 1, paths: ["/"] },
      { inode: 2, paths: ["t"] },
      { inode: 3, paths: ["t/deep"] },
      { inode: 4, paths: ["nogoal"] },
      { inode: 5, paths: ["nogoal/link", "t/a.bin"] },
      { inode: 999, paths: ["(deleted)"] },
    ],
  },
  "chunk-checksum-tab-error": { variant: "error", chunkId: 77n, status: 13 },
  "register-new-session": { variant: "session", version: spokenVersion, metaId, flags: 8 },
  "register-new-meta-session": { variant: "metaSession", version: spokenVersion, metaId },
  "register-reconnect": { variant: "reconnected", version: spokenVersion, status: 0 },
  "register-tools": { variant: "status", status: 0 },
  "register-close-session": { variant: "status", status: 0 },
  "lookup-missing": { variant: "status", messageId: 3, status: 3 },
  "lookup-directory": { variant: "full", inode: 2, flags: 0xff, location: undefined },
  "lookup-file": {
    inode: 5,
    location: { chunkId: 1, copies: [{ ip: host, port: 9422, labelMask: 3 }] },
  },
  getsclass: { files: [], directories: [{ class: { goal: 3 }, count: 1 }] },
  "getsclass-recursive": {
    files: [{ class: { goal: 3 }, count: 3 }],
    directories: [
      { class: { goal: 2 }, count: 1 },
      { class: { goal: 3 }, count: 2 },
      { class: { className: encodeText("archive") }, count: 1 },
    ],
  },
  "setsclass-recursive": { changed: 0, unchanged: 4, notPermitted: 0 },
  "setsclass-exchange": { changed: 1, unchanged: 6 },
  "setsclass-error": { variant: "status", status: 6 },
  "cserv-list": {
    chunkservers: [
      {
        flags: 0,
        version: spokenVersion,
        ip: host,
        port: 9422,
        chunkserverId: 1,
        usedBytes: 25_032_851_456,
        totalBytes: 108_944_293_888,
        chunks: 3,
        removalUsedBytes: 25_032_712_192,
        labelMask: 3,
        removalStatus: 0,
      },
      { flags: 7, version: 0, ip: parseIpv4("10.99.0.2"), chunkserverId: 2, totalBytes: 0 },
    ],
  },
  "hdd-list": {
    disks: [
      { path: "/tmp/mfsproto/hdd2/", flags: 1, usedBytes: 25_032_712_192, chunks: 0 },
      { path: "/tmp/mfsproto/hdd1/", flags: 0, usedBytes: 25_032_851_456, chunks: 3 },
    ],
  },
  "session-list": {
    counters: 16,
    sessions: [
      { sessionId: 1, openFiles: 4, sockets: 1, info: "/tmp/mfsproto/mnt", path: "/", flags: 8 },
      { sessionId: 2, sockets: 0, expireSeconds: 86_218, info: "mfsctl" },
      { sessionId: 3, sockets: 0, expireSeconds: 86_230, info: "mfsctl" },
      { sessionId: 6, expireSeconds: 86_336, info: "/tmp/mfsproto/mnt2", path: "/t" },
    ],
  },
  "exports-info": {
    exports: [
      { toIp: 0xffff_ffff, path: "/", extraFlags: 1, flags: 8, rootUid: 0, goalMax: 9 },
      { toIp: 0xffff_ffff, path: ".", extraFlags: 0, flags: 0 },
    ],
  },
};

for (const [name, expected] of Object.entries(facts)) {
  test(`golden ${name}: the decoded value is what the programs showed`, () => {
    const { row, body } = opened(goldenFrame(name));
    assert.partialDeepStrictEqual(row.decode(body, variants[name]), expected);
  });
}
