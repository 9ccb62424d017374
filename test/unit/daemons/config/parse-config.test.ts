// The option tables and what the daemons make of values. Spec: config-and-cli.md 3.2 and 4 to 7.
import assert from "node:assert/strict";
import { test } from "node:test";
import { options } from "../../../../daemons/config/options.ts";
import type { Daemon } from "../../../../daemons/config/options.ts";
import { changedOptions, parseConfig } from "../../../../daemons/config/parse-config.ts";
import { hasErrors } from "../../../../daemons/config/problem.ts";
import { assertOne, brief } from "./expect.ts";

interface Case {
  readonly text: string;
  readonly part: string;
  readonly severity?: "warning";
}

function check(daemon: Daemon, cases: readonly Case[]): void {
  for (const { text, part, severity } of cases) {
    assertOne(parseConfig(daemon, text).problems, severity ?? "error", part);
  }
}

test("spec 4 to 7: an empty file gives the defaults and no finding", () => {
  const master = parseConfig("mfsmaster", "");
  assert.deepEqual(master.problems, []);
  assert.equal(master.values["WORKING_USER"], "mfs");
  assert.equal(master.values["FILE_UMASK"], 0o27);
  assert.equal(master.values["CHUNKS_HARD_DEL_LIMIT"], 30);
  assert.equal(master.values["AUTH_CODE"], undefined);
  assert.deepEqual(parseConfig("mfschunkserver", "").problems, []);
  assert.deepEqual(parseConfig("mfsmetalogger", "").problems, []);
});

test("spec 4 to 7: every default passes its own row", () => {
  for (const daemon of ["mfsmaster", "mfschunkserver", "mfsmetalogger"] as const) {
    const lines = Object.entries(options[daemon])
      .filter(([, row]) => row.default !== null)
      .map(([name, row]) => `${name} = ${row.kind === "umask" ? "027" : row.default}\n`);
    const { problems, values } = parseConfig(daemon, lines.join(""));
    assert.deepEqual(problems, []);
    assert.deepEqual(
      changedOptions(daemon, parseConfig(daemon, ""), { values, defined: new Map(), problems }),
      [],
    );
  }
});

test("spec 3.2: an unknown name is reported with the one that was meant", () => {
  check("mfsmaster", [
    { text: "CHUNK_LOOP_MIN_TIME = 60\n", part: 'did you mean "CHUNKS_LOOP_MIN_TIME"' },
    { text: "back_logs = 60\n", part: 'did you mean "BACK_LOGS"' },
    { text: "SOMETHING_ELSE_ALTOGETHER = 1\n", part: "expected an option of mfsmaster 3.0.117" },
    { text: "HDD_CONF_FILENAME = /x\n", part: "unknown name" },
    { text: "constructor = /x\n", part: "unknown name" },
  ]);
});

test("spec 5: options of older versions are ignored by the daemon", () => {
  for (const name of ["LOCK_FILE", "CHUNKS_DEL_LIMIT", "REJECT_OLD_CLIENTS"]) {
    check("mfsmaster", [{ text: `${name} = 1\n`, part: "ignored", severity: "warning" }]);
  }
});

test("spec 3.2: the last definition of a name wins", () => {
  const differing = parseConfig("mfsmaster", "BACK_LOGS = 9\nBACK_LOGS = 10\n");
  assert.equal(differing.values["BACK_LOGS"], 10);
  assertOne(differing.problems, "error", "defined again in line 2");
  check("mfsmaster", [
    { text: "BACK_LOGS = 9\nBACK_LOGS = 9\n", part: "line 2", severity: "warning" },
  ]);
});

test("spec 3.2: integers are read as C reads them with base 0", () => {
  check("mfsmaster", [
    { text: "CHUNKS_LOOP_MIN_TIME = 0300\n", part: "octal and the daemon reads 192" },
    { text: "REPLICATIONS_DELAY_INIT = 09\n", part: "octal" },
    { text: "REPLICATIONS_DELAY_INIT = ten\n", part: "reads 0" },
    { text: "REPLICATIONS_DELAY_INIT =\n", part: "reads 0" },
    { text: "REPLICATIONS_DELAY_INIT = 10h\n", part: "reads 10" },
    { text: "REPLICATIONS_DELAY_INIT = 1.5\n", part: "reads 1" },
    { text: "REPLICATIONS_DELAY_INIT = -1\n", part: "reads 4294967295" },
    { text: "LOCK_MEMORY = 4294967296\n", part: "reads 0" },
    { text: "DISABLE_OOM_KILLER = 256\n", part: "cuts it to 8 bits and reads 0" },
    { text: "REPLICATIONS_DELAY_INIT = 60 # s\n", part: "comment", severity: "warning" },
  ]);
  const fine = parseConfig(
    "mfsmaster",
    "NICE_LEVEL = -5\nREPLICATIONS_DELAY_INIT = 0x10\nBACK_LOGS = 07\n",
  );
  assert.deepEqual(fine.problems, []);
  assert.deepEqual(
    [fine.values["NICE_LEVEL"], fine.values["REPLICATIONS_DELAY_INIT"], fine.values["BACK_LOGS"]],
    [-5, 16, 7],
  );
});

test("spec 3.2: FILE_UMASK must be written with a leading 0", () => {
  check("mfsmaster", [
    { text: "FILE_UMASK = 27\n", part: "reads 033" },
    { text: "FILE_UMASK = 077x\n", part: "octal number" },
    { text: "FILE_UMASK = 0127\n", part: "at most 077", severity: "warning" },
  ]);
  assert.equal(parseConfig("mfsmaster", "FILE_UMASK = 022\n").values["FILE_UMASK"], 0o22);
});

test("spec 3.2: hosts, ports and paths take a comment behind the value as part of it (run on mfsmaster)", () => {
  check("mfsmaster", [
    { text: "MATOCL_LISTEN_PORT = 9421 # x\n", part: "comment behind a value becomes part of it" },
    { text: "MATOCL_LISTEN_HOST = 10.0.0.1 # x\n", part: "comment" },
    { text: "DATA_PATH = /var/mfs # x\n", part: "comment" },
    { text: "AUTH_CODE = secret # x\n", part: "comment" },
  ]);
  assert.deepEqual(parseConfig("mfsmaster", "AUTH_CODE = a#b\nWORKING_USER = #5\n").problems, []);
});

test("spec 5: ports beyond 65535 are no ports, names of services are", () => {
  check("mfsmaster", [
    { text: "MATOCL_LISTEN_PORT = 70000\n", part: "1 to 65535" },
    { text: "MATOCL_LISTEN_PORT = 0\n", part: "1 to 65535" },
    { text: "MATOCL_LISTEN_PORT = 9420\n", part: "MATOCS_LISTEN_PORT does not use" },
  ]);
  assert.deepEqual(parseConfig("mfsmaster", "MATOCL_LISTEN_PORT = http\n").problems, []);
  const apart =
    "MATOCS_LISTEN_HOST = 10.0.0.1\nMATOCL_LISTEN_HOST = 10.0.0.2\nMATOCL_LISTEN_PORT = 9420\n";
  assert.deepEqual(parseConfig("mfsmaster", apart).problems, []);
});

test("spec 4: accounts are names or #numbers, paths are absolute", () => {
  check("mfsmaster", [
    { text: "WORKING_USER =\n", part: "a user name" },
    { text: "WORKING_USER = a b\n", part: "a user name" },
    { text: "DATA_PATH = var/mfs\n", part: "an absolute path" },
    { text: "DATA_PATH = /var/my mfs\n", part: "without blanks" },
  ]);
});

test("spec 5: values outside of a range are not what the daemon uses", () => {
  const cases: readonly (readonly [string, number, number])[] = [
    ["BACK_LOGS", 1001, 1000],
    ["BACK_META_KEEP_PREVIOUS", 100, 99],
    ["CHANGELOG_PRESERVE_SECONDS", 15001, 15000],
    ["CHANGELOG_SAVE_MODE", 3, 0],
    ["MATOCS_TIMEOUT", 9, 10],
    ["CHUNKS_UNIQUE_MODE", 3, 0],
    ["CHUNKS_LOOP_MAX_CPS", 9999, 10000],
    ["CHUNKS_LOOP_MIN_TIME", 59, 60],
    ["CHUNKS_LOOP_MIN_TIME", 7201, 7200],
    ["PRIORITY_QUEUES_LENGTH", 9999, 10000],
    ["CS_DAYS_TO_REMOVE_UNUSED", 366, 0],
    ["SESSION_SUSTAIN_TIME", 59, 60],
    ["SESSION_SUSTAIN_TIME", 604801, 604800],
    ["ATIME_MODE", 5, 0],
    ["MAX_ALLOWED_HARD_LINKS", 7, 8],
    ["INODE_REUSE_DELAY", 299, 300],
  ];
  for (const [name, written, taken] of cases) {
    const { problems, values } = parseConfig("mfsmaster", `${name} = ${written}\n`);
    assertOne(problems, "error", `takes ${taken}`);
    assert.equal(values[name], taken);
  }
  check("mfsmaster", [
    { text: "MISSING_LOG_CAPACITY = 999\n", part: "1000 to 1000000", severity: "warning" },
    { text: "ACCEPTABLE_PERCENTAGE_DIFFERENCE = 11\n", part: "0.1 to 10" },
    { text: "CS_HEAVY_LOAD_RATIO_THRESHOLD = x\n", part: "a number" },
  ]);
});

test("spec 5: metadata must be saved at least twice while change logs are kept", () => {
  check("mfsmaster", [
    { text: "BACK_LOGS = 10\nMETADATA_SAVE_FREQ = 6\n", part: "at most 5" },
    { text: "BACK_LOGS = 1\n", part: "2 to 1000" },
    { text: "METADATA_SAVE_FREQ = 0\n", part: "at least 1" },
  ]);
});

test("spec 5: a soft limit of 0 keeps the master from starting, a hard one below it lowers both (run on mfsmaster)", () => {
  check("mfsmaster", [
    { text: "CHUNKS_SOFT_DEL_LIMIT = 0\n", part: "refuses" },
    { text: "CHUNKS_HARD_DEL_LIMIT = 5\n", part: "takes 5 for both" },
  ]);
});

test("spec 5: replication limits are four numbers (run on mfsmaster)", () => {
  check("mfsmaster", [
    { text: "CHUNKS_WRITE_REP_LIMIT = 2,1,1\n", part: "does not start" },
    { text: "CHUNKS_WRITE_REP_LIMIT = 2,1,1,4 # x\n", part: "does not start: a comment" },
    { text: "CHUNKS_READ_REP_LIMIT = 2\n", part: "old form", severity: "warning" },
  ]);
  assert.deepEqual(
    parseConfig("mfsmaster", "CHUNKS_WRITE_REP_LIMIT = 2, 1 ,.5,4.5\n").problems,
    [],
  );
});

test("spec 5: RESERVE_SPACE is a size, a share or a number of chunkservers (run on mfsmaster)", () => {
  for (const value of ["0", "10GiB", "5%", "1.5U", "2C"]) {
    assert.deepEqual(parseConfig("mfsmaster", `RESERVE_SPACE = ${value}\n`).problems, [], value);
  }
  for (const value of ["10X", "5%%", "1K", "10 GiB"]) {
    check("mfsmaster", [{ text: `RESERVE_SPACE = ${value}\n`, part: "expected a size" }]);
  }
});

test("spec 5: the remapping needs all three options and clean networks (run on mfsmaster)", () => {
  const text = (bits: string, from: string, to: string) =>
    `REMAP_BITS = ${bits}\nREMAP_SOURCE_IP_CLASS = ${from}\nREMAP_DESTINATION_IP_CLASS = ${to}\n`;
  assert.deepEqual(parseConfig("mfsmaster", text("24", "10.0.0.0", "10.1.0.0")).problems, []);
  check("mfsmaster", [
    { text: "REMAP_BITS = 24\n", part: "all three or none" },
    { text: text("33", "10.0.0.0", "10.1.0.0"), part: "1 to 32" },
    { text: text("24", "10.0.0.1", "10.1.0.0"), part: "behind the first 24" },
    { text: text("24", "10.0.0.0", "10.1.0"), part: "an IPv4 address" },
  ]);
});

test("spec 5: old names count only where no new one stands", () => {
  const old = parseConfig(
    "mfsmaster",
    "MATOCU_LISTEN_HOST = 10.0.0.1\nMATOCU_LISTEN_PORT = 9521\n",
  );
  assert.deepEqual(brief(old.problems), [
    "1 warning MATOCU_LISTEN_HOST",
    "2 warning MATOCU_LISTEN_PORT",
  ]);
  const errors = (text: string) =>
    brief(parseConfig("mfsmaster", text).problems.filter(({ severity }) => severity === "error"));
  assert.deepEqual(errors("MATOCU_LISTEN_PORT = 9521\n"), ["1 error MATOCU_LISTEN_PORT"]);
  assert.deepEqual(errors("MATOCL_LISTEN_PORT = 9521\nMATOCU_LISTEN_HOST = *\n"), [
    "2 error MATOCU_LISTEN_HOST",
  ]);
  assert.deepEqual(errors("CHUNKS_LOOP_MIN_TIME = 60\nCHUNKS_LOOP_TIME = 60\n"), [
    "1 error CHUNKS_LOOP_MIN_TIME",
  ]);
  assert.deepEqual(errors("QUOTA_TIME_LIMIT = 60\nQUOTA_DEFAULT_GRACE_PERIOD = 60\n"), [
    "1 error QUOTA_TIME_LIMIT",
  ]);
});

test("spec 6: a chunkserver's numbers have their ranges", () => {
  check("mfschunkserver", [
    { text: "HDD_TEST_SPEED = -1\n", part: "takes 0" },
    { text: "HDD_REBALANCE_UTILIZATION = 101\n", part: "takes 100" },
    { text: "HDD_HIGH_SPEED_REBALANCE_LIMIT = 11\n", part: "takes 10" },
    { text: "HDD_ERROR_TOLERANCE_COUNT = 0\n", part: "takes 1" },
    { text: "HDD_ERROR_TOLERANCE_PERIOD = 9\n", part: "takes 10" },
    { text: "HDD_RR_CHUNK_COUNT = 0\n", part: "takes 1" },
    { text: "HDD_KEEP_DUPLICATES_HOURS = 2401\n", part: "takes 2400" },
    { text: "MASTER_TIMEOUT = 5\n", part: "0 or 10 to 65535" },
    { text: "CHUNKS_PER_REGISTER_PACKET = 999\n", part: "takes 1000" },
    { text: "HDD_TEST_SPEED = 0\n", part: "tests of chunks are off", severity: "warning" },
    { text: "HDD_TEST_FREQ = 10\n", part: "HDD_TEST_SPEED", severity: "warning" },
  ]);
});

test("spec 6: the space to leave is a size, better not below one chunk", () => {
  check("mfschunkserver", [
    { text: "HDD_LEAVE_SPACE_DEFAULT = 4 GiB\n", part: "a size" },
    { text: "HDD_LEAVE_SPACE_DEFAULT = 1MiB\n", part: "at least 64MiB", severity: "warning" },
  ]);
});

test("spec 6: labels are letters separated by commas", () => {
  for (const value of ["", "A", "A,B", "a ; b"]) {
    assert.deepEqual(parseConfig("mfschunkserver", `LABELS = ${value}\n`).problems, [], value);
  }
  check("mfschunkserver", [
    { text: "LABELS = A,1\n", part: 'drops "1"' },
    { text: "LABELS = AB\n", part: "letters separated", severity: "warning" },
    { text: "LABELS = A,A\n", part: "letters separated", severity: "warning" },
    { text: "LABELS = ,A\n", part: "letters separated", severity: "warning" },
  ]);
});

test("spec 6: a chunkserver refuses a master on 127.x", () => {
  check("mfschunkserver", [
    { text: "MASTER_HOST = 127.0.1.1\n", part: "other than 127.x" },
    { text: "MASTER_HOST = localhost\n", part: "other than 127.x" },
    { text: "MASTER_HOST = *\n", part: "a host name" },
    { text: "MASTER_HOST = 10.0.0\n", part: "a host name" },
  ]);
  assert.deepEqual(parseConfig("mfsmetalogger", "MASTER_HOST = 127.0.0.1\n").problems, []);
});

test("spec 7: a metalogger's numbers have their ranges", () => {
  check("mfsmetalogger", [
    { text: "BACK_LOGS = 4\nMETA_DOWNLOAD_FREQ = 2\n", part: "takes 5" },
    { text: "BACK_LOGS = 40\n", part: "at most 20, half of BACK_LOGS" },
    { text: "BACK_META_KEEP_PREVIOUS = 100\n", part: "takes 99" },
    { text: "MASTER_TIMEOUT = 9\n", part: "takes 10" },
  ]);
});

test("spec 4 to 7: changed options say whether a reload puts them into effect", () => {
  const before = parseConfig("mfsmaster", "CHUNKS_LOOP_MIN_TIME = 300\n");
  const after = parseConfig("mfsmaster", "CHUNKS_LOOP_MIN_TIME = 60\nWORKING_USER = work\n");
  assert.deepEqual(changedOptions("mfsmaster", before, after), [
    { name: "WORKING_USER", reloadable: false },
    { name: "CHUNKS_LOOP_MIN_TIME", reloadable: true },
  ]);
  assert.equal(hasErrors(after.problems), false);
});
