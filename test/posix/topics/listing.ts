// Listing of directories: completeness, also while names come and go, positions, types and inode numbers.

import type { Actor } from "../actor.ts";
import type { DirectoryEntry } from "../calls/names.ts";
import { O, S } from "../constants.ts";
import { equal, holds, refused } from "../expect.ts";
import type { Topic } from "../suite.ts";

const many = 3000;

/** All entries of an open directory from where it stands, by small requests. */
async function rest(actor: Actor, fd: number, size: number): Promise<DirectoryEntry[]> {
  const all: DirectoryEntry[] = [];
  for (;;) {
    const part = await actor.getdents(fd, size);
    if (part.length === 0) {
      return all;
    }
    all.push(...part);
  }
}

function names(entries: readonly DirectoryEntry[]): string[] {
  return entries
    .map(({ name }) => name)
    .filter((name) => name !== "." && name !== "..")
    .sort();
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`).sort();
}

export const listing: Topic = {
  topic: "readdir",
  cases: {
    "an empty directory lists two dots": async ({ root, at }) => {
      await root.mkdir(at("d"));
      const entries = await root.entries(at("d"));
      equal(entries.map(({ name }) => name).sort(), [".", ".."], "names");
    },
    "dots have the inodes of the directory and its parent": async ({ root, dir, at }) => {
      await root.mkdir(at("d"));
      const inodes = new Map(
        (await root.entries(at("d"))).map(({ name, inode }) => [name, inode] as const),
      );
      equal(inodes.get("."), (await root.stat(at("d"))).inode, ".");
      equal(inodes.get(".."), (await root.stat(dir)).inode, "..");
    },
    "entries tell type and inode": async ({ root, dir, at }) => {
      await root.create(at("file"));
      await root.mkdir(at("d"));
      await root.symlink("x", at("link"));
      for (const [name, type] of [
        ["fifo", S.FIFO],
        ["socket", S.SOCKET],
        ["character", S.CHARACTER],
        ["block", S.BLOCK],
      ] as const) {
        await root.mknod(at(name), type | 0o600, 1, 3);
      }
      const entries = (await root.entries(dir)).filter(({ name }) => !name.startsWith("."));
      equal(entries.length, 7, "count");
      for (const { name, type, inode } of entries) {
        const stat = await root.lstat(at(name));
        equal([type, inode], [stat.type, stat.inode], `type and inode of ${name}`);
      }
    },
    "thousands of names are listed once each": async ({ root, dir }) => {
      await root.createMany(dir, "file", many);
      equal(await root.list(dir), numbered("file", many), "names");
    },
    "long names are listed in small pieces": async ({ root, dir, at }) => {
      const long = numbered("x".repeat(240), 40);
      for (const name of long) {
        await root.create(at(name));
      }
      const fd = await root.open(dir, O.DIRECTORY);
      equal(names(await rest(root, fd, 600)), long, "names");
    },
    "names can be unlinked while they are listed": async ({ root, dir }) => {
      await root.createMany(dir, "file", 1000);
      const fd = await root.open(dir, O.DIRECTORY);
      const seen: string[] = [];
      for (;;) {
        const part = await root.getdents(fd, 2048);
        if (part.length === 0) {
          break;
        }
        seen.push(...names(part));
        await root.unlinkMany(dir, names(part));
      }
      equal(seen.sort(), numbered("file", 1000), "names seen");
      equal(await root.list(dir), [], "names left");
    },
    "names that stay are listed once while others come and go": async ({ root, dir, fresh }) => {
      const other = await fresh();
      await root.createMany(dir, "stay", 1000);
      await root.createMany(dir, "go", 1000);
      const fd = await root.open(dir, O.DIRECTORY);
      const first = await root.getdents(fd, 4096);
      await other.unlinkMany(dir, numbered("go", 1000));
      await other.createMany(dir, "come", 500);
      const seen = names([...first, ...(await rest(root, fd, 4096))]);
      const stayed = seen.filter((name) => name.startsWith("stay"));
      equal(stayed, numbered("stay", 1000), "names that stayed");
      equal(new Set(seen).size, seen.length, "different names");
    },
    "names that stay are listed once while others are renamed": async ({ root, dir, at }) => {
      await root.createMany(dir, "stay", 300);
      await root.createMany(dir, "old", 100);
      const fd = await root.open(dir, O.DIRECTORY);
      const first = await root.getdents(fd, 2048);
      for (let index = 0; index < 100; index++) {
        await root.rename(at(`old${index}`), at(`new${index}`));
      }
      const seen = names([...first, ...(await rest(root, fd, 2048))]);
      const stayed = seen.filter((name) => name.startsWith("stay"));
      equal(stayed, numbered("stay", 300), "names that stayed");
    },
    "a listing from the start sees new names": async ({ root, dir, at }) => {
      await root.create(at("a"));
      const fd = await root.open(dir, O.DIRECTORY);
      equal(names(await rest(root, fd, 4096)), ["a"], "names before");
      await root.create(at("b"));
      await root.unlink(at("a"));
      await root.seek(fd, 0);
      equal(names(await rest(root, fd, 4096)), ["b"], "names after");
    },
    "a listing goes on at a position that was told": async ({ root, dir }) => {
      await root.createMany(dir, "file", 500);
      const fd = await root.open(dir, O.DIRECTORY);
      const first = await root.getdents(fd, 4096);
      const second = await rest(root, fd, 4096);
      await root.seek(fd, first.at(-1)?.offset ?? 0n);
      equal(names(await rest(root, fd, 4096)), names(second), "names behind the position");
    },
    "two descriptors list on their own": async ({ root, dir }) => {
      await root.createMany(dir, "file", 500);
      const [first, second] = [
        await root.open(dir, O.DIRECTORY),
        await root.open(dir, O.DIRECTORY),
      ];
      const start = await root.getdents(first, 4096);
      equal(names(await rest(root, second, 4096)).length, 500, "names of the second");
      const all = names([...start, ...(await rest(root, first, 4096))]);
      equal(all, numbered("file", 500), "names of the first");
    },
    "a listing shows every change of the same process at once": async ({ root, dir, at }) => {
      for (let index = 0; index < 30; index++) {
        await root.create(at(`file${index}`));
        equal((await root.list(dir)).length, index + 1, "names");
      }
      await root.rename(at("file0"), at("other"));
      equal((await root.list(dir)).includes("file0"), false, "the old name is listed");
      equal((await root.list(dir)).includes("other"), true, "the new name is listed");
    },
    "a listing shows every change of another process at once": async ({ root, dir, at, fresh }) => {
      const other = await fresh();
      for (let index = 0; index < 30; index++) {
        await other.create(at(`file${index}`));
        equal((await root.list(dir)).length, index + 1, "names");
      }
    },
    "stat after a listing tells what was changed since": async ({ root, dir, at }) => {
      await root.create(at("file"), "text");
      await root.open(dir, O.DIRECTORY);
      await root.list(dir);
      await root.append(at("file"), " more");
      await root.chmod(at("file"), 0o600);
      const { size, mode } = await root.stat(at("file"));
      equal({ size, mode }, { size: 9, mode: "0600" }, "attributes");
    },
    "only directories can be listed": async ({ root, at }) => {
      await root.create(at("file"));
      const fd = await root.open(at("file"));
      await refused("ENOTDIR", root.getdents(fd), "getdents of a file");
      await refused("ENOTDIR", root.list(at("file")), "open of a file");
      await refused("ENOENT", root.list(at("nothing")), "open of nothing");
    },
    "the right to read is needed to list, not to open what is inside": async (context) => {
      const { root, at, as } = context;
      await root.mkdir(at("d"));
      await root.create(at("d/file"), "text");
      await root.chmod(at("d"), 0o711);
      const owner = await as("owner");
      await refused("EACCES", owner.list(at("d")), "list");
      equal(await owner.content(at("d/file")), "text", "content");
    },
    "the right to search is needed to reach what is inside": async ({ root, at, as }) => {
      await root.mkdir(at("d"));
      await root.create(at("d/file"), "text");
      await root.chmod(at("d"), 0o744);
      const owner = await as("owner");
      await refused("EACCES", owner.open(at("d/file")), "open");
      await refused("EACCES", owner.stat(at("d/file")), "stat");
    },
    "the right to search is not needed to list": async ({ root, at, as }) => {
      await root.mkdir(at("d"));
      await root.create(at("d/file"), "text");
      await root.chmod(at("d"), 0o744);
      equal(await (await as("owner")).list(at("d")), ["file"], "names");
    },
    "a directory that lost many names lists the rest": async ({ root, dir }) => {
      await root.createMany(dir, "file", 1000);
      const gone = numbered("file", 1000).filter((_, index) => index % 10 !== 0);
      await root.unlinkMany(dir, gone);
      const left = await root.list(dir);
      equal(left.length, 100, "names left");
      holds(
        left.every((name) => !gone.includes(name)),
        "no name is listed that went",
      );
    },
  },
};
