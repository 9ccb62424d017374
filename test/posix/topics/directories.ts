// Directories as inodes: mkdir(2) and rmdir(2), link counts, "." and "..", depth, and what is left of removed ones.

import { O, S } from "../constants.ts";
import { equal, refused } from "../expect.ts";
import type { Topic } from "../suite.ts";

const depth = 60;

export const directories: Topic = {
  topic: "mkdir",
  cases: {
    "a new directory is empty, has two links and the mode asked for": async ({ root, at }) => {
      await root.mkdir(at("d"), 0o750);
      const { type, mode, links } = await root.stat(at("d"));
      equal({ type, mode, links }, { type: S.DIRECTORY, mode: "0750", links: 2 }, "attributes");
      equal(await root.list(at("d")), [], "names");
    },
    "the umask takes bits from the mode of a new directory": async ({ root, at }) => {
      for (const [mask, mode] of [
        [0o022, "0755"],
        [0o077, "0700"],
        [0o777, "0000"],
      ] as const) {
        await root.umask(mask);
        await root.mkdir(at(`d${mask}`), 0o777);
        equal((await root.stat(at(`d${mask}`))).mode, mode, `mode under umask ${mask}`);
      }
    },
    "the sticky bit can be given at creation": async ({ root, at }) => {
      await root.mkdir(at("d"), 0o1777);
      equal((await root.stat(at("d"))).mode, "1777", "mode");
    },
    "each directory in it is a link of its parent": async ({ root, dir, at }) => {
      await root.mkdir(at("a"));
      await root.mkdir(at("b"));
      await root.create(at("file"));
      equal((await root.stat(dir)).links, 4, "links");
      await root.rmdir(at("a"));
      equal((await root.stat(dir)).links, 3, "links after one went");
    },
    "a name that is taken is refused": async ({ root, at }) => {
      await root.create(at("file"));
      await root.mkdir(at("d"));
      await root.symlink("nothing", at("link"));
      await root.mknod(at("fifo"), S.FIFO | 0o600);
      for (const name of ["file", "d", "link", "fifo"]) {
        await refused("EEXIST", root.mkdir(at(name)), name);
      }
      await refused("EEXIST", root.mkdir(at("d/.")), ".");
      await refused("EEXIST", root.mkdir(at("d/..")), "..");
    },
    "what is not there is refused": async ({ root, at }) => {
      await root.create(at("file"));
      await refused("ENOENT", root.mkdir(at("nothing/d")), "directory");
      await refused("ENOTDIR", root.mkdir(at("file/d")), "below a file");
    },
    "a slash behind the name is taken": async ({ root, at }) => {
      await root.mkdir(at("d/"));
      equal(await root.isDirectory(at("d")), true, "is a directory");
      await root.rmdir(at("d/"));
      equal(await root.exists(at("d")), false, "is there");
    },
    "rmdir takes empty directories only": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.create(at("d/file"));
      await refused("ENOTEMPTY", root.rmdir(at("d")), "with a file");
      await root.unlink(at("d/file"));
      await root.mkdir(at("d/e"));
      await refused("ENOTEMPTY", root.rmdir(at("d")), "with a directory");
      await root.rmdir(at("d/e"));
      await root.rmdir(at("d"));
      equal(await root.exists(at("d")), false, "is there");
    },
    "rmdir takes directories only": async ({ root, at }) => {
      await root.create(at("file"));
      await root.mkdir(at("d"));
      await root.symlink("d", at("link"));
      await root.mknod(at("fifo"), S.FIFO | 0o600);
      for (const name of ["file", "link", "fifo", "file/x"]) {
        await refused("ENOTDIR", root.rmdir(at(name)), name);
      }
      await refused("ENOENT", root.rmdir(at("nothing")), "nothing");
    },
    "rmdir refuses dots": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.mkdir(at("d/e"));
      await refused("EINVAL", root.rmdir(at("d/.")), ".");
      await refused("ENOTEMPTY", root.rmdir(at("d/e/..")), "..");
    },
    "dots are inodes of the directory and its parent": async ({ root, dir, at }) => {
      await root.mkdir(at("d"));
      equal((await root.stat(at("d/."))).inode, (await root.stat(at("d"))).inode, ".");
      equal((await root.stat(at("d/.."))).inode, (await root.stat(dir)).inode, "..");
    },
    "directories can be deep": async ({ root, at }) => {
      const deep = Array.from({ length: depth }, (_, index) => `d${index}`);
      for (let count = 1; count <= depth; count++) {
        await root.mkdir(at(deep.slice(0, count).join("/")));
      }
      await root.create(at(`${deep.join("/")}/file`), "text");
      equal(await root.content(at(`${deep.join("/")}/file`)), "text", "content");
      equal(await root.list(at(`${deep.join("/")}${"/..".repeat(depth)}`)), ["d0"], "way back");
    },
    "a current directory can be removed and holds nothing more": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.chdir(at("d"));
      await root.rmdir("../d");
      await refused("ENOENT", root.open("file", O.CREAT | O.RDWR), "create");
      await refused("ENOENT", root.mkdir("e"), "mkdir");
      await refused("ENOENT", root.stat("../d"), "stat by name");
    },
    "a removed current directory can be looked at": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.chdir(at("d"));
      const { inode } = await root.stat(".");
      await root.rmdir("../d");
      const { type, inode: after } = await root.stat(".");
      equal([type, after], [S.DIRECTORY, inode], "type and inode");
    },
    "a removed directory that is open lists nothing": async ({ root, at }) => {
      await root.mkdir(at("d"));
      const fd = await root.open(at("d"), O.DIRECTORY);
      await root.rmdir(at("d"));
      let names: string[] = [];
      try {
        names = (await root.getdents(fd)).map(({ name }) => name);
      } catch {
        // Some systems refuse; all that counts is that no entry comes.
      }
      equal(
        names.filter((name) => name !== "." && name !== ".."),
        [],
        "names",
      );
    },
    "a name can be a file, then a directory, then a file": async ({ root, at }) => {
      for (let round = 0; round < 3; round++) {
        await root.create(at("x"), "text");
        equal((await root.stat(at("x"))).type, S.FILE, "type");
        await root.unlink(at("x"));
        await root.mkdir(at("x"));
        equal((await root.stat(at("x"))).type, S.DIRECTORY, "type");
        await root.rmdir(at("x"));
      }
    },
    "a new directory belongs to its creator": async ({ root, dir, at, as }) => {
      await root.chmod(dir, 0o777);
      await (await as("owner")).mkdir(at("d"));
      const { uid, gid } = await root.stat(at("d"));
      equal([uid, gid], [41001, 41001], "owner");
    },
    "the right to write the directory is needed": async ({ root, at, as }) => {
      await root.mkdir(at("d"));
      const owner = await as("owner");
      await refused("EACCES", owner.mkdir(at("e")), "mkdir");
      await refused("EACCES", owner.rmdir(at("d")), "rmdir");
    },
    "only one of two processes makes a directory": async ({ root, at, fresh }) => {
      const other = await fresh();
      for (let round = 0; round < 10; round++) {
        const both = await Promise.allSettled([
          root.mkdir(at(`d${round}`)),
          other.mkdir(at(`d${round}`)),
        ]);
        equal(both.filter(({ status }) => status === "fulfilled").length, 1, "winners");
      }
    },
  },
};
