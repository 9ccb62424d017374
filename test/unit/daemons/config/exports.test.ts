// mfsexports.cfg. Spec: config-and-cli.md 8; "run on mfsmaster": seen in a real master's export list.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseExports } from "../../../../daemons/config/exports.ts";
import { assertOne, brief } from "./expect.ts";

/** The rights of a line that has no finding. */
function rights(options: string) {
  const { records, problems } = parseExports(`* / ${options}\n`);
  assert.deepEqual(problems, [], options);
  const [record] = records;
  assert.ok(record !== undefined);
  return record.rights;
}

/** The findings of a line beside one that is right. */
function findings(line: string) {
  return parseExports(`${line}\n* /other rw\n`).problems;
}

test("spec 8.3: the shipped sample gives two records", () => {
  const { records, problems } = parseExports("* / rw,alldirs,admin,maproot=0:0\n* . rw\n");
  assert.deepEqual(problems, []);
  assert.deepEqual(
    records.map(({ from, to, meta, path }) => ({ from, to, meta, path })),
    [
      { from: 0, to: 0xffffffff, meta: false, path: "/" },
      { from: 0, to: 0xffffffff, meta: true, path: "." },
    ],
  );
});

test("spec 8.1: only whole lines are comments, and indented ones count too (run on mfsmaster)", () => {
  assert.deepEqual(parseExports("# a\n # b\n\t#c\n\n \r\n* / rw\r\n").problems, []);
  assertOne(findings("* / rw # note"), "error", "comments stand on lines of their own");
  assertOne(findings("* / rw,alldirs # note"), "error", "alldirs # note");
});

test("spec 8.1: a line without anything behind the address is dropped (run on mfsmaster)", () => {
  for (const line of ["*", "10.0.0.1 ", "DEFAULTS"]) assertOne(findings(line), "error", "alone");
});

test("spec 8.1: a path that does not start with a slash is taken by its name (run on mfsmaster)", () => {
  for (const line of ["* rw", "* rw,alldirs", "* a rw"])
    assertOne(findings(line), "error", 'starts with "/"');
  const { path, rights } = parseExports("* rw\n").records[0] ?? {};
  assert.deepEqual([path, rights?.readOnly], ["/rw", true]);
});

test("spec 8.1: slashes at the ends of a path are removed, inner ones stay (run on mfsmaster)", () => {
  assert.equal(parseExports("* //a/b// rw\n").records[0]?.path, "/a/b");
  assert.equal(parseExports("* // rw\n").records[0]?.path, "/");
  assertOne(findings("* /a//b rw"), "error", "nothing matches");
  assertOne(findings("* /a/../b rw"), "error", "nothing matches");
});

test("spec 8.1: addresses, networks, masks and ranges", () => {
  const cases: readonly (readonly [string, number, number])[] = [
    ["*", 0, 0xffffffff],
    ["10.0.0.1", 0x0a000001, 0x0a000001],
    ["10.0.0.0/8", 0x0a000000, 0x0affffff],
    ["10.0.0.0/255.0.0.0", 0x0a000000, 0x0affffff],
    ["10.0.0.9/32", 0x0a000009, 0x0a000009],
    ["10.0.0.5-10.0.1.5", 0x0a000005, 0x0a000105],
    ["010.0.0.1", 0x0a000001, 0x0a000001],
  ];
  for (const [address, from, to] of cases) {
    const { records, problems } = parseExports(`${address} / rw\n`);
    assert.deepEqual(problems, [], address);
    assert.deepEqual([records[0]?.from, records[0]?.to], [from, to], address);
  }
});

test("spec 8.1: wrong addresses drop the line (run on mfsmaster)", () => {
  const wrong =
    "10.0.0.0/33 10.0.0.256 10.0.0 10.0.0.1/ 10.0.0.1- host */ 10.0.0.1-host 10.0.0.1/255.0.0";
  for (const address of wrong.split(" "))
    assertOne(findings(`${address} / rw`), "error", "line is dropped");
});

test("spec 8.1: addresses that the master accepts and misreads are errors (run on mfsmaster)", () => {
  assertOne(findings("0.0.0.0/0 / rw"), "error", "only its base address");
  assertOne(findings("10.0.0.5-10.0.0.1 / rw"), "error", "matches no address");
  assertOne(findings("10.0.0.0/255.0.255.0 / rw"), "error", "10.0.0.0-10.255.0.255");
  assertOne(findings("10.1.2.3/8 / rw"), "warning", "host bits");
});

test("spec 8.1: a range with blanks makes a path of the minus sign (run on mfsmaster)", () => {
  assert.deepEqual(brief(findings("10.0.0.1 - 10.0.0.2 / rw")), [
    "1 error -",
    "1 error 10.0.0.2 / rw",
  ]);
});

test("spec 8.1: a line has at most 9999 bytes", () => {
  const line = (size: number) => "* / password=".padEnd(size, "x");
  assert.deepEqual(findings(line(9999)), []);
  assertOne(findings(line(10000)), "error", "at most 9999");
});

test("spec 8.1: DEFAULTS changes the following lines, cumulates, and needs no capitals", () => {
  const { records, problems } = parseExports(
    "* /a rw\nDEFAULTS rw,umask=0022\ndefaults mingoal=2\n* /b alldirs\n* /c ro\n",
  );
  assert.deepEqual(problems, []);
  const [first, , , second, third] = records.map((record) => record.rights);
  assert.deepEqual(
    [first?.umask, second?.umask, second?.goalMin, second?.readOnly],
    [0, 0o22, 2, false],
  );
  assert.deepEqual([second?.allDirs, third?.allDirs, third?.readOnly], [true, false, true]);
});

test("spec 8.1: DEFAULTS leaves a record of its own at its place (run on mfsmaster)", () => {
  const { records } = parseExports("* /a rw\nDEFAULTS rw,umask=0022\n* /b\nDEFAULTS ro\n");
  assert.deepEqual(
    records.map(({ line, from, to, meta, path }) => ({ line, from, to, meta, path })),
    [
      { line: 1, from: 0, to: 0xffffffff, meta: false, path: "/a" },
      { line: 2, from: 0, to: 0, meta: false, path: "/" },
      { line: 3, from: 0, to: 0xffffffff, meta: false, path: "/b" },
      { line: 4, from: 0, to: 0, meta: false, path: "/" },
    ],
  );
  assert.deepEqual(
    records.map(({ rights }) => [rights.readOnly, rights.umask]),
    [
      [false, 0],
      [false, 0o22],
      [false, 0o22],
      [true, 0o22],
    ],
  );
});

test("spec 8.1: a DEFAULTS line with a wrong value leaves nothing (run on mfsmaster)", () => {
  const { records } = parseExports("DEFAULTS admin,mingoal=12,rw\n* /a\n");
  assert.deepEqual(
    records.map(({ path, rights }) => [path, rights.admin, rights.readOnly]),
    [["/a", false, true]],
  );
});

test("spec 8.2: without options a mount is read-only, unless DEFAULTS says otherwise", () => {
  assert.equal(parseExports("* /\n").records[0]?.rights.readOnly, true);
  assert.equal(parseExports("DEFAULTS rw\n* /\n").records[1]?.rights.readOnly, false);
});

test("spec 8.2: a mapping that the host does not have drops its line alone (run on mfsmaster)", () => {
  const text = "DEFAULTS rw,maproot=ghost\n* /a\n* /b mapall=ghost\n* . rw,maproot=ghost\n";
  const { records, problems } = parseExports(text, ({ user }) =>
    user === "ghost" ? "a living user" : null,
  );
  assert.deepEqual(
    records.map(({ path, rights }) => [path, rights.readOnly, rights.mapRoot]),
    [
      ["/a", true, null],
      [".", false, null],
    ],
  );
  assert.deepEqual(brief(problems), ["1 error maproot", "3 error mapall", "4 warning maproot"]);
});

test("spec 8.2: every option has its effect, blanks around commas do not count", () => {
  assert.equal(rights("rw").readOnly, false);
  assert.equal(rights("readwrite").readOnly, false);
  assert.equal(rights("readonly").readOnly, true);
  const many = rights(
    "rw , alldirs, ignoregid ,dynamicip,canchangequota,maproot=0:0,mapall=work:users",
  );
  assert.deepEqual(
    [many.allDirs, many.ignoreGroups, many.dynamicAddress, many.admin, many.mapRoot, many.mapAll],
    [true, true, true, true, { user: "0", group: "0" }, { user: "work", group: "users" }],
  );
  assert.deepEqual(rights("disable=chown:chmod,disable=chmod:mkdir").disabled, [
    "chown",
    "chmod",
    "mkdir",
  ]);
  assert.equal(rights("password=a b#c").password, true);
  assert.equal(rights("md5pass=0123456789ABCDEF0123456789abcdef").password, true);
  assert.deepEqual(rights("minversion=3.0").minVersion, [3, 0]);
  assert.deepEqual([rights("mingoal=2,maxgoal=3").goalMin, rights("maxgoal=3").goalMax], [2, 3]);
  assert.equal(rights("umask=0227").umask, 0o227);
});

test("spec 8.2: trash times are seconds or units in falling order (run on mfsmaster)", () => {
  assert.equal(rights("mintrashtime=1d2h").trashSecondsMin, 93600);
  assert.equal(rights("mintrashtime=5D").trashSecondsMin, 432000);
  assert.equal(rights("maxtrashtime=1w1s").trashSecondsMax, 604801);
  assert.equal(rights("maxtrashtime=4294967295").trashSecondsMax, 4294967295);
  for (const time of ["2h1d", "1x", "1h30", "", "d"]) {
    assertOne(findings(`* / rw,mintrashtime=${time}`), "error", "a time such as");
  }
  assertOne(findings("* / rw,maxtrashtime=4294967296"), "error", "less than 4294967296");
});

test("spec 8.2: wrong values drop the whole line (run on mfsmaster)", () => {
  const wrong = [
    "minversion=3.0.256",
    "minversion=3.0.1.2",
    "minversion=x",
    "umask=022",
    "umask=0288",
    "mingoal=0",
    "maxgoal=10",
    "mingoal=3,maxgoal=2",
    "maxgoal=2,mingoal=3",
    "mintrashtime=9,maxtrashtime=8",
    "md5pass=0123456789abcdef0123456789abcde",
    "maproot=",
    "maproot=:5",
    "maproot=root:",
    "mapall=99999999999:1",
    "mapall=a:b:c",
  ];
  for (const option of wrong) {
    const { records, problems } = parseExports(`* / rw,${option}\n* /other rw\n`);
    assertOne(problems, "error", "expected");
    assert.deepEqual(
      records.map((record) => record.path),
      ["/other"],
      option,
    );
  }
});

test("spec 8.2: values that the master takes otherwise are errors, and their lines stay (run on mfsmaster)", () => {
  const taken = (option: string) => {
    const { records, problems } = parseExports(`* / rw,${option}\n`);
    assertOne(problems, "error", "expected");
    const { rights } = records[0] ?? {};
    return [rights?.umask, rights?.disabled, rights?.secret?.value ?? null];
  };
  assert.deepEqual(taken("umask=02271"), [0o227, [], null]);
  assert.deepEqual(taken("disable=chown:bogus"), [0, ["chown"], null]);
  assert.deepEqual(taken("disable=CHOWN:read:"), [0, ["read"], null]);
  assert.deepEqual(taken("password=x # note"), [0, [], "x # note"]);
});

test("no finding repeats a password", () => {
  for (const option of ["password=geheim # note", "md5pass=geheim"]) {
    const [problem] = parseExports(`* / rw,${option}\n* /other\n`).problems;
    assert.match(problem?.message ?? "", /^"(?:password|md5pass)=\.\.\.", expected/);
  }
});

test("spec 8.2: unknown options are skipped by the master (run on mfsmaster)", () => {
  for (const option of ["RW", "rw=1", "maproot", "all_dirs", "constructor"]) {
    assertOne(findings(`* / rw,${option}`), "error", "the master skips it");
  }
  for (const options of ["rw,,alldirs", "rw,"])
    assertOne(findings(`* / ${options}`), "warning", "empty option");
});

test("spec 8.2: on the meta path some options are ignored (run on mfsmaster)", () => {
  for (const option of ["alldirs", "ignoregid", "admin", "maproot=5:5", "mapall=5:5"]) {
    assertOne(findings(`* . rw,${option}`), "warning", "ignores it");
  }
  assertOne(findings("* . rw,disable=chown"), "error", "ignores it");
});

test("spec 8.2: minversion is compared with doubled numbers (run on mfsmaster)", () => {
  assertOne(findings("* / rw,minversion=3.0.10"), "warning", "clients from 3.0.5 on");
  assertOne(findings("* / rw,minversion=3.0.117"), "warning", "clients from 3.0.59 on");
});

test("spec 8.2: names and numbers without a group are listed for a look-up on the master", () => {
  const text =
    "* /a maproot=root,mapall=work:users\n* /b maproot=5\n* /c mapall=5:6\nDEFAULTS maproot=nobody\n* /d rw\n";
  assert.deepEqual(
    parseExports(text).references.map(
      ({ line, option, kind, name }) => `${line} ${option} ${kind} ${name}`,
    ),
    [
      "1 maproot user root",
      "1 mapall user work",
      "1 mapall group users",
      "2 maproot uid 5",
      "4 maproot user nobody",
    ],
  );
});

test("spec 8.3: a file without a usable line keeps the master from starting", () => {
  for (const text of ["", "# nothing\n", "* / rw,umask=1\n"]) {
    const found = parseExports(text).problems.filter(({ line }) => line === 0);
    assertOne(found, "error", "the master does not start");
  }
});

test("a file with nothing but DEFAULTS is an error: the master starts and refuses all (run on mfsmaster)", () => {
  assertOne(parseExports("DEFAULTS rw\n").problems, "error", "nobody can mount");
  assertOne(parseExports("0.0.0.0 / rw\n").problems, "error", "nobody can mount");
});

test("both directions of writing in one line are reported", () => {
  assertOne(findings("* / ro,rw"), "warning", "the last one counts");
});

test("any text is parsed without a throw, and only lines that exist are named", () => {
  const line = fc.stringMatching(/^[*.0-9/\-, =:a-z#]{0,30}$/);
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const { records, problems } = parseExports(lines.join("\n"));
      for (const { line } of [...records, ...problems])
        assert.ok(line >= 0 && line <= lines.length);
    }),
  );
});
