// Hard links and unlink(2): counts, shared inodes, and files that live on without a name.

import { AT, O, S } from "../constants.ts";
import { equal, refused } from "../expect.ts";
import type { Topic } from "../suite.ts";

const manyLinks = 300;

export const linking: Topic = {
  topic: "link",
  cases: {
    "a link is the same inode and counts": async ({ root, at }) => {
      await root.create(at("a"), "text");
      await root.link(at("a"), at("b"));
      const [a, b] = [await root.stat(at("a")), await root.stat(at("b"))];
      equal([a.links, b.links], [2, 2], "links");
      equal(a.inode, b.inode, "inode");
    },
    "content and attributes are shared by all names": async ({ root, at }) => {
      await root.create(at("a"), "text");
      await root.link(at("a"), at("b"));
      await root.append(at("b"), " more");
      await root.chmod(at("b"), 0o600);
      await root.chown(at("a"), 7, 8);
      equal(await root.content(at("a")), "text more", "content");
      const { mode, uid, gid } = await root.stat(at("a"));
      equal({ mode, uid, gid }, { mode: "0600", uid: 7, gid: 8 }, "attributes");
      equal(await root.stat(at("b")), await root.stat(at("a")), "all attributes");
    },
    "unlink takes one name and leaves the others": async ({ root, at }) => {
      await root.create(at("a"), "text");
      await root.link(at("a"), at("b"));
      await root.unlink(at("a"));
      equal(await root.exists(at("a")), false, "the name is there");
      equal((await root.stat(at("b"))).links, 1, "links");
      equal(await root.content(at("b")), "text", "content");
    },
    "links can lie in other directories": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.mkdir(at("e"));
      await root.create(at("d/a"), "text");
      await root.link(at("d/a"), at("e/b"));
      await root.unlink(at("d/a"));
      await root.rmdir(at("d"));
      equal(await root.content(at("e/b")), "text", "content");
    },
    "a file may have hundreds of names": async ({ root, at }) => {
      await root.create(at("a"));
      for (let index = 0; index < manyLinks; index++) {
        await root.link(at("a"), at(`link${index}`));
      }
      equal((await root.stat(at("a"))).links, manyLinks + 1, "links");
      for (let index = 0; index < manyLinks; index += 2) {
        await root.unlink(at(`link${index}`));
      }
      equal((await root.stat(at("a"))).links, manyLinks / 2 + 1, "links left");
    },
    "a link of a symbolic link is a symbolic link": async ({ root, at }) => {
      await root.symlink("nothing", at("s"));
      await root.link(at("s"), at("t"));
      equal(await root.readlink(at("t")), "nothing", "target");
      equal((await root.lstat(at("s"))).links, 2, "links");
    },
    "a link can be asked to follow a symbolic link": async ({ root, at }) => {
      await root.create(at("a"));
      await root.symlink("a", at("s"));
      await root.link(at("s"), at("b"), AT.FOLLOW);
      equal((await root.lstat(at("b"))).type, S.FILE, "type");
      equal((await root.stat(at("a"))).links, 2, "links");
    },
    "fifos, sockets and devices can have links": async ({ root, at }) => {
      for (const type of [S.FIFO, S.SOCKET, S.CHARACTER] as const) {
        await root.mknod(at(`n${type}`), type | 0o600, 1, 3);
        await root.link(at(`n${type}`), at(`l${type}`));
        const { links, type: got } = await root.lstat(at(`l${type}`));
        equal([links, got], [2, type], "links and type");
      }
    },
    "a directory gets no link": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await refused("EPERM", root.link(at("d"), at("e")), "link");
    },
    "a name that is taken is refused": async ({ root, at }) => {
      await root.create(at("a"));
      await root.create(at("b"));
      await root.mkdir(at("d"));
      await root.symlink("nothing", at("s"));
      await refused("EEXIST", root.link(at("a"), at("b")), "a file");
      await refused("EEXIST", root.link(at("a"), at("a")), "itself");
      await refused("EEXIST", root.link(at("a"), at("d")), "a directory");
      await refused("EEXIST", root.link(at("a"), at("s")), "a symbolic link");
    },
    "what is not there is refused": async ({ root, at }) => {
      await root.create(at("a"));
      await refused("ENOENT", root.link(at("nothing"), at("b")), "source");
      await refused("ENOENT", root.link(at("a"), at("nothing/b")), "directory of the target");
      await refused("ENOTDIR", root.link(at("a"), at("a/b")), "below a file");
      await refused("ENOTDIR", root.link(at("a/b"), at("c")), "source below a file");
    },
    "unlink refuses what it cannot take": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.create(at("a"));
      await refused(["EISDIR", "EPERM"], root.unlink(at("d")), "directory");
      await refused("ENOENT", root.unlink(at("nothing")), "nothing");
      await refused("ENOTDIR", root.unlink(at("a/b")), "below a file");
      await refused("ENOTDIR", root.unlink(at("a/")), "a slash behind");
    },
    "a file that is open without a name can be read": async ({ root, at }) => {
      await root.create(at("a"), "text");
      const fd = await root.open(at("a"));
      await root.unlink(at("a"));
      equal(await root.read(fd, 10), "text", "content");
      equal((await root.fstat(fd)).links, 0, "links");
      await refused("ENOENT", root.open(at("a")), "open by name");
    },
    "a file that is open without a name can be written": async ({ root, at }) => {
      const fd = await root.open(at("a"), O.CREAT | O.RDWR);
      await root.unlink(at("a"));
      await root.write(fd, "text");
      await root.fsync(fd);
      equal(await root.pread(fd, 10, 0), "text", "content");
      equal((await root.fstat(fd)).size, 4, "size");
    },
    "a file that is open without a name can be changed": async ({ root, at }) => {
      const fd = await root.open(at("a"), O.CREAT | O.RDWR);
      await root.unlink(at("a"));
      await root.fchmod(fd, 0o600);
      await root.fchown(fd, 7, 8);
      const { mode, uid, gid } = await root.fstat(fd);
      equal({ mode, uid, gid }, { mode: "0600", uid: 7, gid: 8 }, "attributes");
    },
    "two processes share a file without a name": async ({ root, at, fresh }) => {
      const other = await fresh();
      const fd = await root.open(at("a"), O.CREAT | O.RDWR);
      const its = await other.open(at("a"), O.RDWR);
      await root.unlink(at("a"));
      await root.write(fd, "text");
      await root.close(fd);
      equal(await other.read(its, 10), "text", "content");
      await other.write(its, " more");
      equal(await other.pread(its, 20, 0), "text more", "content");
    },
    "a new file of the same name is another inode": async ({ root, at }) => {
      const fd = await root.open(at("a"), O.CREAT | O.RDWR);
      await root.write(fd, "old");
      await root.unlink(at("a"));
      await root.create(at("a"), "new");
      equal((await root.stat(at("a"))).inode === (await root.fstat(fd)).inode, false, "same inode");
      equal(await root.pread(fd, 10, 0), "old", "content of the old one");
      equal(await root.content(at("a")), "new", "content of the new one");
    },
    "the last of several names goes as the first did": async ({ root, at }) => {
      await root.create(at("a"), "text");
      await root.link(at("a"), at("b"));
      const fd = await root.open(at("a"));
      await root.unlink(at("a"));
      equal((await root.fstat(fd)).links, 1, "links");
      await root.unlink(at("b"));
      equal((await root.fstat(fd)).links, 0, "links");
      equal(await root.read(fd, 10), "text", "content");
    },
    "the right to write the directory is needed, not the file's": async ({ root, dir, at, as }) => {
      await root.create(at("a"), "text", 0o666);
      const owner = await as("owner");
      await refused("EACCES", owner.unlink(at("a")), "unlink");
      await refused("EACCES", owner.link(at("a"), at("b")), "link");
      await root.chmod(dir, 0o777);
      await root.chmod(at("a"), 0);
      await owner.unlink(at("a"));
      equal(await root.exists(at("a")), false, "the name is there");
    },
  },
};
