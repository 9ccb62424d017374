// Atomic writes, run by dash on this machine: modes, links, odd names, and uploads that are cut.

import assert from "node:assert/strict";
import { execa } from "execa";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { MfsctlError } from "../../../src/errors.ts";
import { writeFileCodes, writeFileCommand, type FileWrite } from "../../../src/host/files.ts";
import type { Command } from "../../../src/host/host.ts";
import { LocalHost } from "../../../src/host/local.ts";
import { SudoHost } from "../../../src/host/sudo.ts";

const host = new LocalHost("here");
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mfsctl-files-"));
  path = join(folder, "it's a $(file)\t.cfg");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(change: Partial<FileWrite> = {}): Promise<number> {
  const command = writeFileCommand({ path, content: "new\n", mode: 0o640, ...change });
  return (await host.exec(command)).code;
}

async function modeOf(file: string): Promise<number> {
  return (await stat(file)).mode & 0o7777;
}

test("a file is made with its content and mode, whatever the umask", async () => {
  assert.equal(await write({ content: Buffer.from([0, 255, 10, 13]) }), 0);
  assert.deepEqual([...(await readFile(path))], [0, 255, 10, 13]);
  assert.equal(await modeOf(path), 0o640);
  assert.equal(await write({ mode: 0o4755 }), 0);
  assert.equal(await modeOf(path), 0o4755);
  assert.deepEqual((await readdir(folder)).length, 1);
});

test("a file is replaced, never written in place: who has the old one open reads it to its end", async () => {
  await writeFile(path, "old\n");
  const before = (await stat(path)).ino;
  assert.equal(await write(), 0);
  assert.notEqual((await stat(path)).ino, before);
});

test("owner and group are set by name", async () => {
  const { username, uid, gid } = userInfo();
  const group = (await execa("id", ["-gn"])).stdout;
  assert.equal(await write({ owner: username, group }), 0);
  const { uid: seenUid, gid: seenGid } = await stat(path);
  assert.deepEqual([seenUid, seenGid], [uid, gid]);
  assert.equal(await write({ group }), 0);
  assert.equal(await write({ owner: username }), 0);
});

test("an unknown owner leaves the old content and no rest", async () => {
  await writeFile(path, "old\n");
  assert.notEqual(await write({ owner: "no-such-user-here" }), 0);
  assert.equal(await readFile(path, "utf8"), "old\n");
  assert.equal((await readdir(folder)).length, 1);
});

test("a symbolic link is refused, or followed where asked", async () => {
  const real = join(folder, "real");
  await writeFile(real, "old\n");
  await symlink(real, path);
  assert.equal(await write(), writeFileCodes.symlink);
  assert.equal(await readFile(real, "utf8"), "old\n");
  assert.equal(await write({ symlink: "follow" }), 0);
  assert.equal(await readFile(real, "utf8"), "new\n");
  assert.ok((await lstat(path)).isSymbolicLink());
});

test("a folder in its place stays", async () => {
  await mkdir(path);
  assert.notEqual(await write(), 0);
  assert.deepEqual(await readdir(folder), [path.slice(folder.length + 1)]);
});

test("an upload cut anywhere leaves the old content and no rest", async () => {
  await writeFile(path, "old\n");
  await chmod(path, 0o600);
  const whole = writeFileCommand({ path, content: "the new content\n", mode: 0o644 });
  const size = whole.stdin?.length ?? 0;
  for (let cut = 0; cut < size; cut += 1) {
    const command: Command = { ...whole, stdin: whole.stdin?.subarray(0, cut) ?? new Uint8Array() };
    assert.equal((await host.exec(command)).code, writeFileCodes.cut);
  }
  assert.equal(await readFile(path, "utf8"), "old\n");
  assert.equal(await modeOf(path), 0o600);
  assert.equal((await readdir(folder)).length, 1);
});

test("the order on disk is content, name, folder: as strace would show, in the script", () => {
  const script = writeFileCommand({ path: "/etc/a", content: "", mode: 0o644 }).argv[2] ?? "";
  const steps = [
    "sha256sum",
    "chown --",
    "chmod --",
    'sync -- "$new"',
    "mv -T",
    'sync -- "$folder"',
  ];
  const places = steps.map((step) => script.indexOf(step));
  assert.deepEqual(
    places,
    places.toSorted((left, right) => left - right),
  );
  assert.ok(!places.includes(-1));
});

test("works under sudo, which is just another host", async () => {
  const seen: Command[] = [];
  const inner = new LocalHost("here");
  const fake = Object.assign(Object.create(inner) as LocalHost, {
    exec: async (command: Command) => {
      seen.push(command);
      const [, , , program = "", ...rest] = command.argv;
      return await inner.exec({ ...command, argv: [program, ...rest] });
    },
  });
  const sudo = new SudoHost(fake);
  const output = await sudo.exec(writeFileCommand({ path, content: "new\n", mode: 0o600 }));
  assert.equal(output.code, 0);
  assert.deepEqual(seen[0]?.argv.slice(0, 5), ["sudo", "-n", "--", "sh", "-c"]);
  assert.equal(await readFile(path, "utf8"), "new\n");
});

test("relative paths, folders, line breaks and impossible modes are refused before any host is asked", () => {
  for (const wrong of ["a", "/a/", "/a\nb", "/a\0"]) {
    assert.throws(() => writeFileCommand({ path: wrong, content: "", mode: 0o644 }), MfsctlError);
  }
  for (const mode of [-1, 0o10000, 1.5, Number.NaN]) {
    assert.throws(() => writeFileCommand({ path: "/a", content: "", mode }), MfsctlError);
  }
});
