// Opening and creating files: flags, modes, and what open(2) refuses.

import { O, S } from "../constants.ts";
import { equal, refused } from "../expect.ts";
import type { Topic } from "../suite.ts";

export const opening: Topic = {
  topic: "open",
  cases: {
    "a new file is empty, has one link and the mode asked for": async ({ root, at }) => {
      await root.open(at("file"), O.CREAT | O.RDWR, 0o640);
      const { type, mode, size, links } = await root.stat(at("file"));
      equal({ type, mode, size, links }, { type: S.FILE, mode: "0640", size: 0, links: 1 }, "file");
    },
    "the umask takes bits from the mode of a new file": async ({ root, at }) => {
      for (const [mask, mode] of [
        [0o022, "0755"],
        [0o077, "0700"],
        [0o777, "0000"],
        [0, "0777"],
      ] as const) {
        await root.umask(mask);
        await root.open(at(`file-${mask}`), O.CREAT | O.WRONLY, 0o777);
        equal((await root.stat(at(`file-${mask}`))).mode, mode, `mode under umask ${mask}`);
      }
    },
    "setuid, setgid and sticky bits can be given at creation": async ({ root, at }) => {
      await root.open(at("file"), O.CREAT | O.WRONLY, 0o7751);
      equal((await root.stat(at("file"))).mode, "7751", "mode");
    },
    "a new file belongs to its creator": async ({ root, dir, at, as }) => {
      await root.chmod(dir, 0o777);
      const owner = await as("owner");
      await owner.open(at("file"), O.CREAT | O.WRONLY);
      const { uid, gid } = await root.stat(at("file"));
      equal({ uid, gid }, { uid: 41001, gid: 41001 }, "owner");
    },
    "a file created without any permission can be written by its creator": async (context) => {
      await context.root.chmod(context.dir, 0o777);
      const owner = await context.as("owner");
      const fd = await owner.open(context.at("file"), O.CREAT | O.WRONLY, 0);
      equal(await owner.write(fd, "text"), 4, "bytes written");
      await owner.close(fd);
      await refused("EACCES", owner.open(context.at("file")), "a second open");
    },
    "O_CREAT leaves the content and mode of a file that exists": async ({ root, at }) => {
      await root.create(at("file"), "text", 0o600);
      await root.open(at("file"), O.CREAT | O.RDWR, 0o777);
      equal(await root.content(at("file")), "text", "content");
      equal((await root.stat(at("file"))).mode, "0600", "mode");
    },
    "O_EXCL refuses a file that exists": async ({ root, at }) => {
      await root.create(at("file"));
      await refused("EEXIST", root.open(at("file"), O.CREAT | O.EXCL | O.RDWR), "open");
    },
    "O_EXCL refuses a directory that exists": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await refused("EEXIST", root.open(at("d"), O.CREAT | O.EXCL | O.RDWR), "open");
    },
    "O_EXCL refuses a symbolic link, even one that leads nowhere": async ({ root, at }) => {
      await root.symlink("nothing", at("link"));
      await refused("EEXIST", root.open(at("link"), O.CREAT | O.EXCL | O.RDWR), "open");
      equal(await root.exists(at("nothing")), false, "target is there");
    },
    "only one of two processes wins a race of O_EXCL": async ({ root, at, fresh }) => {
      const other = await fresh();
      const flags = O.CREAT | O.EXCL | O.WRONLY;
      for (let round = 0; round < 10; round++) {
        const both = await Promise.allSettled([
          root.open(at(`file${round}`), flags),
          other.open(at(`file${round}`), flags),
        ]);
        equal(both.filter(({ status }) => status === "fulfilled").length, 1, "winners");
      }
    },
    "O_CREAT through a symbolic link that leads nowhere makes the target": async (context) => {
      const { root, at } = context;
      await root.symlink("target", at("link"));
      await root.open(at("link"), O.CREAT | O.WRONLY);
      equal((await root.lstat(at("target"))).type, S.FILE, "type of the target");
    },
    "O_TRUNC empties a file and keeps its inode": async ({ root, at }) => {
      await root.create(at("file"), "text");
      const before = await root.stat(at("file"));
      await root.open(at("file"), O.WRONLY | O.TRUNC);
      const after = await root.stat(at("file"));
      equal([after.size, after.inode], [0, before.inode], "size and inode");
    },
    "O_TRUNC is seen by a descriptor that was open before": async ({ root, at }) => {
      await root.create(at("file"), "text");
      const fd = await root.open(at("file"));
      equal(await root.pread(fd, 9, 0), "text", "content before");
      await root.open(at("file"), O.WRONLY | O.TRUNC);
      equal(await root.pread(fd, 9, 0), "", "content after");
    },
    "O_TRUNC needs the right to write": async ({ root, at, as }) => {
      await root.create(at("file"), "text", 0o444);
      const owner = await as("owner");
      await refused("EACCES", owner.open(at("file"), O.RDONLY | O.TRUNC), "open");
      equal(await root.content(at("file")), "text", "content");
    },
    "a name that is not there is refused": async ({ root, at }) => {
      await refused("ENOENT", root.open(at("nothing")), "open");
      await refused("ENOENT", root.open(at("nothing/file"), O.CREAT | O.WRONLY), "create below");
      await refused("ENOENT", root.open(""), "empty name");
    },
    "a file is no directory": async ({ root, at }) => {
      await root.create(at("file"));
      await refused("ENOTDIR", root.open(at("file/name")), "open below");
      await refused("ENOTDIR", root.open(at("file/name"), O.CREAT | O.WRONLY), "create below");
      await refused("ENOTDIR", root.open(at("file/")), "open with a slash behind");
      await refused("ENOTDIR", root.open(at("file"), O.DIRECTORY), "open as a directory");
    },
    "a directory cannot be opened for writing or created as a file": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await refused("EISDIR", root.open(at("d"), O.WRONLY), "for writing");
      await refused("EISDIR", root.open(at("d"), O.RDWR), "for both");
      await refused("EISDIR", root.open(at("d"), O.CREAT | O.RDWR), "with O_CREAT");
      await refused("EISDIR", root.open(at("new/"), O.CREAT | O.RDWR), "new with a slash behind");
    },
    "a directory can be opened and has no content to read": async ({ root, at }) => {
      await root.mkdir(at("d"));
      const fd = await root.open(at("d"), O.RDONLY | O.DIRECTORY);
      await refused("EISDIR", root.read(fd, 10), "read");
    },
    "O_NOFOLLOW refuses a symbolic link as last component only": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.create(at("d/file"), "text");
      await root.symlink("d", at("link"));
      await root.symlink("d/file", at("file"));
      await refused("ELOOP", root.open(at("file"), O.RDONLY | O.NOFOLLOW), "open");
      await root.open(at("link/file"), O.RDONLY | O.NOFOLLOW);
    },
    "descriptors read and write only what they were opened for": async ({ root, at }) => {
      await root.create(at("file"), "text");
      await refused("EBADF", root.write(await root.open(at("file")), "x"), "write");
      await refused("EBADF", root.read(await root.open(at("file"), O.WRONLY), 1), "read");
    },
    "descriptors of one file have offsets of their own, copies share one": async ({ root, at }) => {
      await root.create(at("file"), "abcdef");
      const first = await root.open(at("file"));
      const second = await root.open(at("file"));
      const copy = await root.dup(first);
      equal(await root.read(first, 2), "ab", "first read");
      equal(await root.read(second, 2), "ab", "read of the second");
      equal(await root.read(copy, 2), "cd", "read of the copy");
    },
    "an inode keeps its number": async ({ root, at }) => {
      const fd = await root.open(at("file"), O.CREAT | O.RDWR);
      const { inode } = await root.fstat(fd);
      await root.write(fd, "text");
      await root.rename(at("file"), at("other"));
      await root.close(fd);
      equal((await root.stat(at("other"))).inode, inode, "inode");
    },
    "O_TMPFILE makes a file without a name": async ({ root, dir }) => {
      const fd = await root.open(dir, O.TMPFILE | O.RDWR);
      equal((await root.fstat(fd)).links, 0, "links");
    },
    "a file of mode 0 can be opened by root": async ({ root, at }) => {
      await root.create(at("file"), "text", 0);
      equal(await root.content(at("file")), "text", "content");
    },
  },
};
