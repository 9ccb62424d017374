// The configuration of a running daemon. Spec: config-and-cli.md 3 and 5; messages as a running mfsmaster prints them.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { readConfigFile } from "../../../../daemons/runtime/config-file.ts";
import { adminOptions, Config } from "../../../../daemons/runtime/config.ts";

function parse(text: string): Config {
  return Config.parse({ daemon: "mfsmaster", text, own: adminOptions("mfsmaster") });
}

function texts(text: string): readonly string[] {
  return parse(text).judgement.messages.map((message) => message.text);
}

test("values have the type of their option, and our own keys stand beside", () => {
  const config = parse("BACK_LOGS = 0x10\nADMIN_LISTEN_PORT = 1234\n");
  assert.equal(config.number("BACK_LOGS"), 16);
  assert.equal(config.text("MATOCL_LISTEN_PORT"), "9421");
  assert.equal(config.number("ADMIN_LISTEN_PORT"), 1234);
  assert.equal(config.text("ADMIN_LISTEN_HOST"), "127.0.0.1");
  assert.equal(config.optionalText("AUTH_CODE"), null);
  assert.deepEqual(config.rates("CHUNKS_WRITE_REP_LIMIT"), [2, 1, 1, 4]);
});

test("a name that no table knows is a bug of the caller", () => {
  assert.throws(() => parse("").number("NO_SUCH"), /not known/);
  assert.throws(() => parse("").number("DATA_PATH"), /is a text/);
});

test("spec 5: values out of range are said as 3.0.117 says them, and clamped", () => {
  const config = parse("BACK_LOGS = 5000\nSESSION_SUSTAIN_TIME = 5\nCHANGELOG_SAVE_MODE = 7\n");
  assert.deepEqual(config.judgement.messages, [
    { to: "both", text: "BACK_LOGS value too big !!!" },
    { to: "both", text: "CHANGELOG_SAVE_MODE - wrong value - using 0 (write in background)" },
    {
      to: "both",
      text: "SESSION_SUSTAIN_TIME too low (less than minute) - setting this value to one minute",
    },
  ]);
  assert.equal(config.number("BACK_LOGS"), 1000);
  assert.equal(config.number("SESSION_SUSTAIN_TIME"), 60);
});

test("spec 5: reserved space and address classes that cannot be read are named", () => {
  assert.deepEqual(texts("RESERVE_SPACE = 10X\n"), [
    `error parsing RESERVE_SPACE ("10X") ; error on 'X'`,
  ]);
  for (const good of ["0", "10%", "1.5GiB", "2U", "1C", "7kB"]) {
    assert.deepEqual(texts(`RESERVE_SPACE = ${good}\n`), [], good);
  }
  const remap = (bits: string, from: string) =>
    texts(
      `REMAP_BITS = ${bits}\nREMAP_SOURCE_IP_CLASS = ${from}\nREMAP_DESTINATION_IP_CLASS = 10.0.0.0\n`,
    );
  assert.deepEqual(remap("40", "11.0.0.0"), [
    "wrong value for REMAP_BITS (40 ; shlould be between 1 and 32)",
  ]);
  assert.deepEqual(remap("8", "11.x"), [
    "error parsing ip class from REMAP_SOURCE_IP_CLASS (11.x)",
  ]);
  assert.deepEqual(remap("8", "11.0.0.9"), [
    "found garbage bits at the end of REMAP_SOURCE_IP_CLASS (given: 11.0.0.9 - should be: 11.0.0.0)",
  ]);
});

test("spec 5: a limit of zero deletions and an unreadable replication limit stop the start", () => {
  assert.equal(parse("CHUNKS_SOFT_DEL_LIMIT = 0\n").judgement.fatal?.module, "metadata manager");
  const fatal = parse("CHUNKS_READ_REP_LIMIT = 1,2,3\n").judgement.fatal;
  assert.deepEqual(
    fatal?.lines.map((line) => line.text),
    ["read replication limit parse error !!!", "chunk init error"],
  );
});

test("spec 3.2: lines that are no definition are quoted, a lone name is not", () => {
  assert.deepEqual(parse("  # x y\nBAD LINE\nLONE\n# fine\nA = 1\n").skippedLines, [
    "  # x y",
    "BAD LINE",
  ]);
});

test("a reload takes what can be reloaded and keeps the rest and what is refused", () => {
  const before = parse("BACK_LOGS = 10\nDATA_PATH = /one\nCHUNKS_SOFT_DEL_LIMIT = 3\n");
  const text = "BACK_LOGS = 20\nDATA_PATH = /two\nCHUNKS_SOFT_DEL_LIMIT = 0\n";
  const after = before.reloaded(text);
  assert.equal(after.number("BACK_LOGS"), 20);
  assert.equal(after.text("DATA_PATH"), "/one");
  assert.equal(after.number("CHUNKS_SOFT_DEL_LIMIT"), 3);
  assert.deepEqual(before.changesTo(after), ["BACK_LOGS"]);
  assert.deepEqual(before.waitingForRestart(text), ["DATA_PATH"]);
});

test("spec 3.1: which file counts, and what is said when it is missing", (context) => {
  const etc = mkdtempSync(path.join(tmpdir(), "mfs-etc-"));
  context.after(() => rmSync(etc, { recursive: true }));
  const file = path.join(etc, "mfs/mfsmaster.cfg");
  assert.deepEqual(readConfigFile("mfsmaster", null, etc), {
    file,
    text: "",
    messages: [
      `main config file (${file}) not found`,
      `can't load config file: ${file} - using defaults`,
    ],
  });
  assert.deepEqual(readConfigFile("mfsmaster", "/no/such", etc), {
    file: "/no/such",
    text: null,
    messages: ["main config file (/no/such) not found"],
  });
  // The daemon changes its folder, and a reload must find the file again.
  assert.equal(readConfigFile("mfsmaster", "no/such", etc).file, path.resolve("no/such"));
  writeFileSync(path.join(etc, "mfsmaster.cfg"), "A = 1\n");
  assert.deepEqual(readConfigFile("mfsmaster", null, etc).messages, [
    `default sysconf path has changed - please move mfsmaster.cfg from ${etc}/ to ${etc}/mfs/`,
  ]);
  mkdirSync(path.join(etc, "mfs"));
  writeFileSync(file, "A = 2\n");
  assert.deepEqual(readConfigFile("mfsmaster", null, etc), { file, text: "A = 2\n", messages: [] });
});
