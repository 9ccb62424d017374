// Data folders that a master must not start from as they are: it says what is there and what to do, touches nothing,
// and what it advises leads to the newest unbroken tree. Calls of the program on real folders; the rules themselves are
// tested one by one in test/unit/daemons/master/io. Spec: metadata-file.md 4.3, metalogger.md 6, config-and-cli.md 11.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { DaemonHome } from "../support/daemon-home.ts";
import { History } from "../unit/daemons/master/io/data-folder.ts";

const program = [path.resolve(import.meta.dirname, "../../bin/mfsmaster")];
const lockFile = ".mfsmaster.lock";
/** Where an image of today says the number of its next change. */
const versionOffset = 8;

const history = new History();
const foreign = new History(20, 8n);
const newFileSystem = "MFSM NEW";

type Files = Readonly<Record<string, string | Uint8Array>>;

/** What somebody does who believes the message. */
interface Advice {
  readonly prepare?: (data: string) => void;
  readonly switches: readonly string[];
  /** The next change of the tree to which it leads. */
  readonly reaches: number;
}

interface Refusal {
  readonly files: Files;
  /** Switches of the first start. */
  readonly switches?: readonly string[];
  /** Lines of the answer: what is there and what to do. */
  readonly says: readonly (string | RegExp)[];
  /** Absent where only a copy from elsewhere helps. */
  readonly advice?: Advice;
}

const back10 = "found valid metadata file: metadata.mfs.back (version: 10 ; id: 0000000000000007)";
const previous10 =
  "found valid metadata file: metadata.mfs.back.1 (version: 10 ; id: 0000000000000007)";
const restore: Pick<Advice, "switches"> = { switches: ["-a"] };

/** What a crash left, and an image that was cut short while it was copied. */
const afterCut = {
  "metadata.mfs.back.1": history.image(10),
  "changelog.0.mfs": history.log(5, 14),
};

const refusals: Readonly<Record<string, Refusal>> = {
  "metadata.mfs is missing, as after a crash": {
    files: { "metadata.mfs.back": history.image(10), "changelog.0.mfs": history.log(5, 14) },
    says: ["can't find metadata.mfs - try using option '-a'", back10],
    advice: { ...restore, reaches: 15 },
  },
  "the folder is empty, as before a first start": {
    files: { "metadata.mfs.empty": newFileSystem },
    says: [
      "can't find metadata.mfs - try using option '-a'",
      /^there is no metadata in .*copy metadata\.mfs\.empty .* to metadata\.mfs; if not,/,
    ],
    advice: {
      prepare: (data) =>
        renameSync(path.join(data, "metadata.mfs.empty"), path.join(data, "metadata.mfs")),
      switches: [],
      // The first change of all gives the file system its id.
      reaches: 2,
    },
  },
  "metadata.mfs has lost its last bytes": {
    files: { ...afterCut, "metadata.mfs": history.image(15).subarray(0, -20) },
    says: ["metadata.mfs has wrong ending - try using option '-a'", previous10],
    advice: { ...restore, reaches: 15 },
  },
  "metadata.mfs has lost its second half": {
    files: { ...afterCut, "metadata.mfs": history.image(15).subarray(0, 300) },
    says: ["metadata.mfs has wrong ending - try using option '-a'", previous10],
    advice: { ...restore, reaches: 15 },
  },
  "metadata.mfs is empty": {
    files: { ...afterCut, "metadata.mfs": "" },
    says: ["metadata.mfs has wrong header - try using option '-a'", previous10],
    advice: { ...restore, reaches: 15 },
  },
  "metadata.mfs has lost bytes in its middle": {
    files: {
      ...afterCut,
      "metadata.mfs": Buffer.concat([
        history.image(15).subarray(0, 400),
        history.image(15).subarray(500),
      ]),
    },
    says: [/^metadata\.mfs is broken \(.+\) - try using option '-a'$/, previous10],
    advice: { ...restore, reaches: 15 },
  },
  "the backup is newer": {
    files: { "metadata.mfs": history.image(10), "metadata.mfs.back": history.image(15) },
    says: [
      "backup file is newer than current file - please check it manually - try using option '-a'",
      "found valid metadata file: metadata.mfs (version: 10 ; id: 0000000000000007)",
      "found valid metadata file: metadata.mfs.back (version: 15 ; id: 0000000000000007)",
    ],
    advice: { ...restore, reaches: 15 },
  },
  "the change logs lead beyond the image": {
    files: { "metadata.mfs": history.image(10), "changelog.0.mfs": history.log(5, 14) },
    says: [
      "change logs (changelog.0.mfs) lead to 14, metadata.mfs only to 9 - try using option '-a', or move them away",
    ],
    advice: { ...restore, reaches: 15 },
  },
  "a new file system lies beside an older image": {
    files: { "metadata.mfs": newFileSystem, "metadata.mfs.back": history.image(10) },
    says: [
      "backup file is newer than current file - please check it manually - try using option '-a'",
      "found valid metadata file: metadata.mfs (version: 1)",
      back10,
    ],
    advice: { ...restore, reaches: 10 },
  },
  "a new file system lies among the logs of an older one": {
    files: { "metadata.mfs": newFileSystem, "changelog.0.mfs": history.log(5, 14) },
    says: [/^change logs \(changelog\.0\.mfs\) lead to 14, .* - try using option '-a', or move/],
  },
  "with -a: only a new file system is whole": {
    files: {
      "metadata.mfs": newFileSystem,
      "metadata.mfs.back": history.image(10).subarray(0, -20),
    },
    switches: ["-a"],
    says: [
      'can\'t find valid metadata file: only "metadata.mfs" of a new, empty file system, expected an image',
      "found invalid metadata file (wrong ending): metadata.mfs.back",
    ],
  },
  "metadata.mfs is of another file system, the backup is newer": {
    files: { "metadata.mfs": foreign.image(10), "metadata.mfs.back": history.image(15) },
    says: [
      /^backup file is newer than current file - please check it manually/,
      "found valid metadata file: metadata.mfs (version: 10 ; id: 0000000000000008)",
      "found valid metadata file: metadata.mfs.back (version: 15 ; id: 0000000000000007)",
    ],
    advice: {
      prepare: (data) => rmSync(path.join(data, "metadata.mfs")),
      switches: ["-a"],
      reaches: 15,
    },
  },
  "metadata.mfs is of another file system, the backup is older": {
    files: { "metadata.mfs": foreign.image(15), "metadata.mfs.back": history.image(10) },
    says: [
      /^metadata\.mfs\.back is of another file system than metadata\.mfs - please check it manually/,
      "found valid metadata file: metadata.mfs (version: 15 ; id: 0000000000000008)",
      back10,
    ],
    advice: {
      prepare: (data) => rmSync(path.join(data, "metadata.mfs")),
      switches: ["-a"],
      reaches: 10,
    },
  },
  "with -a: images of two file systems": {
    files: { "metadata.mfs": foreign.image(15), "metadata.mfs.back": history.image(10) },
    switches: ["-a"],
    says: [
      "found metadata file with different id number - cleanup your working directory or use '-i' flag (might be dangerous without cleaning)",
      " - found valid metadata file: metadata.mfs (version: 15 ; id: 0000000000000008)",
      ` - ${back10}`,
    ],
    advice: {
      prepare: (data) => rmSync(path.join(data, "metadata.mfs")),
      switches: ["-a"],
      reaches: 10,
    },
  },
  "with -a: a change log has a hole": {
    files: {
      "metadata.mfs.back": history.image(10),
      "changelog.0.mfs": history.log(16, 20),
      "changelog.1.mfs": history.log(8, 12),
      "found-elsewhere": history.log(10, 17),
    },
    switches: ["-a"],
    says: [
      "error applying changelogs - fix changelogs manually or use '-i' flag",
      "hole in change files (changes 13 to 15 are missing before those of changelog.0.mfs)",
    ],
    advice: {
      prepare: (data) =>
        renameSync(path.join(data, "found-elsewhere"), path.join(data, "changelog_ml.0.mfs")),
      switches: ["-a"],
      reaches: 21,
    },
  },
  "with -a: a change log has a hole, and nobody has what is missing": {
    files: {
      "metadata.mfs.back": history.image(10),
      "changelog.0.mfs": history.log(16, 20),
      "changelog.1.mfs": history.log(8, 12),
    },
    switches: ["-a"],
    says: ["error applying changelogs - fix changelogs manually or use '-i' flag"],
    advice: { switches: ["-a", "-i"], reaches: 13 },
  },
  "with -a: what is whole is known not to be the end": {
    files: {
      "metadata.mfs.back": history.image(15).subarray(0, -20),
      "metadata.mfs.back.1": history.image(10),
    },
    switches: ["-a"],
    says: [
      "recovery reaches change 9, but the folder knows of later ones - add more files or use '-i' flag",
      "found invalid metadata file (wrong ending): metadata.mfs.back leads to change 14",
    ],
    advice: {
      prepare: (data) => writeFileSync(path.join(data, "changelog.0.mfs"), history.log(9, 14)),
      switches: ["-a"],
      reaches: 15,
    },
  },
};

/** A master's folder with these files. Its ports are free ones, nobody calls. */
function homeOf(files: Files): DaemonHome {
  const listen = ["MATOML", "MATOCS", "MATOCL"].flatMap((name) => [
    `${name}_LISTEN_HOST = 127.0.0.1`,
    `${name}_LISTEN_PORT = 0`,
  ]);
  const home = new DaemonHome(program, listen);
  const exports = path.join(home.folder, "mfsexports.cfg");
  writeFileSync(exports, "* / rw,alldirs,maproot=0:0\n");
  home.configure([...listen, `EXPORTS_FILENAME = ${exports}`]);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path.join(home.data, name), content);
  }
  return home;
}

/** Names and contents, without the lock. */
function contents(data: string): ReadonlyMap<string, string> {
  const names = readdirSync(data).filter((name) => name !== lockFile);
  return new Map(names.map((name) => [name, readFileSync(path.join(data, name), "latin1")]));
}

/** Starts as advised, stops, and gives the next change of the image that it left. */
async function follow(home: DaemonHome, { prepare, switches }: Advice): Promise<number> {
  prepare?.(home.data);
  const started = await home.call(...switches, "start");
  assert.equal(started.code, 0, started.stderr);
  const stopped = await home.call("stop");
  assert.equal(stopped.code, 0, stopped.stderr);
  const image = readFileSync(path.join(home.data, "metadata.mfs"));
  return Number(image.readBigUInt64BE(versionOffset));
}

for (const [what, { files, switches = [], says, advice }] of Object.entries(refusals)) {
  test(`no start: ${what}`, async () => {
    await using home = homeOf(files);
    const before = contents(home.data);
    const { code, stderr } = await home.call(...switches, "start");
    assert.equal(code, 1, stderr);
    const lines = stderr.split("\n");
    for (const said of says) {
      const isSaid = lines.some((line) =>
        typeof said === "string" ? line === said : said.test(line),
      );
      assert.ok(isSaid, `${String(said)} is not said:\n${stderr}`);
    }
    assert.deepEqual(contents(home.data), before);
    if (advice !== undefined) assert.equal(await follow(home, advice), advice.reaches);
  });
}

test("no start: nobody may mount anything", async () => {
  for (const exports of [undefined, "# nothing yet\n", "* / rw,no-such-word=1,umask=x\n"]) {
    await using home = homeOf({ "metadata.mfs": newFileSystem });
    const file = path.join(home.folder, "mfsexports.cfg");
    if (exports === undefined) rmSync(file);
    else writeFileSync(file, exports);
    const before = contents(home.data);
    const { code, stderr } = await home.call("start");
    assert.equal(code, 1, stderr);
    const lines = stderr.split("\n");
    assert.ok(lines.includes("no exports defined !!!"), stderr);
    assert.ok(lines.includes("init: exports manager failed !!!"), stderr);
    if (exports === undefined) assert.match(stderr, /mfsexports\.cfg\) not found - please create/);
    assert.deepEqual(contents(home.data), before);
  }
});
