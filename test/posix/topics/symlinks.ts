// Symbolic links: their targets, what follows them and what does not, loops and lengths.

import { O, S } from "../constants.ts";
import { equal, refused } from "../expect.ts";
import type { Topic } from "../suite.ts";

export const symlinks: Topic = {
  topic: "symlink",
  cases: {
    "a link keeps its target, mode 0777, and has the target's length": async ({ root, at }) => {
      await root.symlink("some/where", at("link"));
      equal(await root.readlink(at("link")), "some/where", "target");
      const { type, mode, size, links } = await root.lstat(at("link"));
      const expected = { type: S.SYMLINK, mode: "0777", size: 10, links: 1 };
      equal({ type, mode, size, links }, expected, "attributes");
    },
    "the umask does not touch a link": async ({ root, at }) => {
      await root.umask(0o077);
      await root.symlink("x", at("link"));
      equal((await root.lstat(at("link"))).mode, "0777", "mode");
    },
    "a link is followed by open, stat, chmod and directories' names": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.create(at("d/file"), "text");
      await root.symlink("d", at("link"));
      await root.symlink("d/file", at("file"));
      equal(await root.content(at("link/file")), "text", "content through the directory");
      equal(await root.content(at("file")), "text", "content");
      equal((await root.stat(at("file"))).type, S.FILE, "type");
      await root.chmod(at("file"), 0o600);
      equal((await root.stat(at("d/file"))).mode, "0600", "mode");
      equal(await root.list(at("link")), ["file"], "names");
    },
    "a target is looked up from the link's own directory": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.create(at("file"), "text");
      await root.symlink("../file", at("d/link"));
      equal(await root.content(at("d/link")), "text", "content");
    },
    "a link that leads nowhere is there, its target is not": async ({ root, at }) => {
      await root.symlink("nothing", at("link"));
      equal((await root.lstat(at("link"))).type, S.SYMLINK, "type");
      await refused("ENOENT", root.stat(at("link")), "stat");
      await refused("ENOENT", root.open(at("link")), "open");
    },
    "unlink takes the link and leaves the target": async ({ root, at }) => {
      await root.create(at("file"), "text");
      await root.symlink("file", at("link"));
      await root.unlink(at("link"));
      equal(await root.exists(at("link")), false, "the link is there");
      equal(await root.content(at("file")), "text", "content");
    },
    "a name that is taken is refused": async ({ root, at }) => {
      await root.create(at("file"));
      await root.mkdir(at("d"));
      await root.symlink("x", at("link"));
      for (const name of ["file", "d", "link"]) {
        await refused("EEXIST", root.symlink("y", at(name)), name);
      }
    },
    "what is not there is refused": async ({ root, at }) => {
      await root.create(at("file"));
      await refused("ENOENT", root.symlink("x", at("nothing/link")), "directory");
      await refused("ENOTDIR", root.symlink("x", at("file/link")), "below a file");
      await refused("ENOENT", root.symlink("", at("link")), "empty target");
    },
    "only links have targets": async ({ root, at }) => {
      await root.create(at("file"));
      await root.mkdir(at("d"));
      await refused("EINVAL", root.readlink(at("file")), "file");
      await refused("EINVAL", root.readlink(at("d")), "directory");
      await refused("ENOENT", root.readlink(at("nothing")), "nothing");
    },
    "a short buffer gets the start of the target": async ({ root, at }) => {
      await root.symlink("0123456789", at("link"));
      equal(await root.readlink(at("link"), 4), "0123", "target");
    },
    "a target has up to 4095 bytes": async ({ root, at }) => {
      const target = "abcdefg/".repeat(512).slice(0, 4095);
      await root.symlink(target, at("link"));
      equal(await root.readlink(at("link")), target, "target");
      await refused("ENAMETOOLONG", root.symlink(`${target}x`, at("other")), "4096 bytes");
    },
    "a target may be any bytes": async ({ root, at }) => {
      const target = String.fromCharCode(...Array.from({ length: 255 }, (_, index) => index + 1));
      await root.symlink(target, at("link"));
      equal(await root.readlink(at("link")), target, "target");
    },
    "loops of links are refused": async ({ root, at }) => {
      await root.symlink("b", at("a"));
      await root.symlink("a", at("b"));
      await root.symlink("self", at("self"));
      for (const name of ["a", "b", "self"]) {
        await refused("ELOOP", root.open(at(name)), `open ${name}`);
        await refused("ELOOP", root.stat(at(name)), `stat ${name}`);
        await refused("ELOOP", root.open(at(`${name}/x`), O.CREAT | O.RDWR), `create in ${name}`);
        equal((await root.lstat(at(name))).type, S.SYMLINK, `type of ${name}`);
      }
      await refused("ELOOP", root.chmod(at("a"), 0o600), "chmod");
      await refused("ELOOP", root.mkdir(at("a/x")), "mkdir");
    },
    "forty links in a row are followed, more are not": async ({ root, at }) => {
      await root.create(at("link0"), "text");
      for (let index = 1; index <= 41; index++) {
        await root.symlink(`link${index - 1}`, at(`link${index}`));
      }
      equal(await root.content(at("link40")), "text", "content");
      await refused("ELOOP", root.open(at("link41")), "open");
    },
    "a slash behind a link means its directory": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.symlink("d", at("link"));
      equal((await root.lstat(at("link/"))).type, S.DIRECTORY, "type");
      await refused("ENOTDIR", root.rmdir(at("link")), "rmdir of the link");
    },
    "lchown changes the link, chown its target": async ({ root, at }) => {
      await root.create(at("file"));
      await root.symlink("file", at("link"));
      await root.lchown(at("link"), 5, 6);
      await root.chown(at("link"), 7, 8);
      const [link, file] = [await root.lstat(at("link")), await root.stat(at("file"))];
      equal([link.uid, link.gid], [5, 6], "owner of the link");
      equal([file.uid, file.gid], [7, 8], "owner of the target");
    },
    "the times of a link can be set": async ({ root, at }) => {
      await root.create(at("file"));
      await root.symlink("file", at("link"));
      await root.lutimes(at("link"), 1_000_000, 2_000_000);
      equal((await root.lstat(at("link"))).mtime, 2_000_000, "mtime of the link");
      equal((await root.stat(at("file"))).mtime > 2_000_000, true, "mtime of the target untouched");
    },
    "a link keeps inode and target when it is renamed": async ({ root, at }) => {
      await root.symlink("somewhere", at("a"));
      const { inode } = await root.lstat(at("a"));
      await root.rename(at("a"), at("b"));
      equal(await root.readlink(at("b")), "somewhere", "target");
      equal((await root.lstat(at("b"))).inode, inode, "inode");
    },
    "a name that is removed and linked anew has the new target": async ({ root, at }) => {
      for (const target of ["one", "two", "three"]) {
        await root.symlink(target, at("link"));
        equal(await root.readlink(at("link")), target, "target");
        await root.unlink(at("link"));
      }
    },
  },
};
