// rename(2): every kind of source onto every kind of target, and what stays the same.

import { O, RENAME, S } from "../constants.ts";
import type { Actor } from "../actor.ts";
import { equal, refused } from "../expect.ts";
import type { Topic } from "../suite.ts";

/** One of each kind, in a directory of their own. */
async function oneOfEach(root: Actor, dir: string): Promise<void> {
  await root.mkdir(dir);
  await root.create(`${dir}/file`, "old");
  await root.symlink("nothing", `${dir}/link`);
  await root.mknod(`${dir}/fifo`, S.FIFO | 0o600);
  await root.mknod(`${dir}/socket`, S.SOCKET | 0o600);
  await root.mknod(`${dir}/device`, S.CHARACTER | 0o600, 1, 3);
}

const kinds = ["file", "link", "fifo", "socket", "device"] as const;

export const renaming: Topic = {
  topic: "rename",
  cases: {
    "a file keeps inode, content and attributes": async ({ root, at }) => {
      await root.create(at("a"), "text", 0o640);
      const before = await root.stat(at("a"));
      await root.rename(at("a"), at("b"));
      const after = await root.stat(at("b"));
      equal({ ...after, ctime: 0 }, { ...before, ctime: 0 }, "attributes");
      equal(await root.content(at("b")), "text", "content");
      equal(await root.exists(at("a")), false, "the old name is there");
    },
    "a file moves to another directory": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.mkdir(at("e"));
      await root.create(at("d/a"), "text");
      await root.rename(at("d/a"), at("e/b"));
      equal([await root.list(at("d")), await root.list(at("e"))], [[], ["b"]], "names");
    },
    "whatever is no directory replaces whatever is no directory": async ({ root, at }) => {
      for (const from of kinds) {
        await oneOfEach(root, at(from));
        for (const to of kinds) {
          await root.create(at("x"));
          await root.unlink(at("x"));
          await root.link(at(`${from}/${from}`), at(`${from}/source`));
          const { inode } = await root.lstat(at(`${from}/source`));
          if (to !== from) {
            await root.rename(at(`${from}/source`), at(`${from}/${to}`));
            equal((await root.lstat(at(`${from}/${to}`))).inode, inode, `${from} onto ${to}`);
            equal(await root.exists(at(`${from}/source`)), false, `${from} is left`);
          } else {
            await root.unlink(at(`${from}/source`));
          }
        }
      }
    },
    "a replaced file that is open lives on": async ({ root, at, until }) => {
      await root.create(at("a"), "new");
      await root.create(at("b"), "old");
      const fd = await root.open(at("b"));
      await root.rename(at("a"), at("b"));
      equal(await root.read(fd, 10), "old", "content of the old one");
      await until("its links go to none", async () => (await root.fstat(fd)).links === 0);
      equal(await root.content(at("b")), "new", "content by name");
    },
    "a replaced file with another name loses one link": async ({ root, at }) => {
      await root.create(at("a"), "new");
      await root.create(at("b"), "old");
      await root.link(at("b"), at("c"));
      await root.rename(at("a"), at("b"));
      equal((await root.stat(at("c"))).links, 1, "links");
      equal(await root.content(at("c")), "old", "content");
    },
    "a rename onto itself does nothing": async ({ root, at }) => {
      await root.create(at("a"), "text");
      await root.rename(at("a"), at("a"));
      equal(await root.content(at("a")), "text", "content");
      await root.mkdir(at("d"));
      await root.rename(at("d"), at("d"));
      equal(await root.isDirectory(at("d")), true, "directory");
    },
    "a rename onto a link of the same file does nothing": async ({ root, dir, at }) => {
      await root.create(at("a"), "text");
      await root.link(at("a"), at("b"));
      await root.rename(at("a"), at("b"));
      equal(await root.list(dir), ["a", "b"], "names");
      equal((await root.stat(at("a"))).links, 2, "links");
    },
    "a directory moves with all that is inside": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.mkdir(at("d/e"));
      await root.create(at("d/e/file"), "text");
      await root.mkdir(at("other"));
      await root.rename(at("d"), at("other/new"));
      equal(await root.content(at("other/new/e/file")), "text", "content");
      equal(await root.exists(at("d")), false, "the old name is there");
    },
    "a directory that moves changes its parents' links and its own dots": async (context) => {
      const { root, at } = context;
      await root.mkdir(at("from"));
      await root.mkdir(at("to"));
      await root.mkdir(at("from/d"));
      await root.rename(at("from/d"), at("to/d"));
      equal((await root.stat(at("from"))).links, 2, "links of the old parent");
      equal((await root.stat(at("to"))).links, 3, "links of the new parent");
      equal((await root.stat(at("to/d/.."))).inode, (await root.stat(at("to"))).inode, "dots");
    },
    "a directory replaces an empty directory": async ({ root, dir, at }) => {
      await root.mkdir(at("a"));
      await root.create(at("a/file"));
      await root.mkdir(at("b"));
      const { inode } = await root.stat(at("a"));
      await root.rename(at("a"), at("b"));
      equal((await root.stat(at("b"))).inode, inode, "inode");
      equal((await root.stat(dir)).links, 3, "links of the parent");
    },
    "a directory does not replace one that holds something": async ({ root, at }) => {
      await root.mkdir(at("a"));
      await root.mkdir(at("b"));
      await root.create(at("b/file"));
      await refused(["ENOTEMPTY", "EEXIST"], root.rename(at("a"), at("b")), "rename");
      equal(await root.isDirectory(at("a")), true, "source is there");
    },
    "a directory does not replace what is none": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await oneOfEach(root, at("each"));
      for (const kind of kinds) {
        await refused("ENOTDIR", root.rename(at("d"), at(`each/${kind}`)), kind);
      }
    },
    "what is no directory does not replace one": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await oneOfEach(root, at("each"));
      for (const kind of kinds) {
        await refused("EISDIR", root.rename(at(`each/${kind}`), at("d")), kind);
      }
    },
    "a directory does not move into itself": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.mkdir(at("d/e"));
      await refused("EINVAL", root.rename(at("d"), at("d/x")), "into itself");
      await refused("EINVAL", root.rename(at("d"), at("d/e/x")), "into its own directory");
      await refused("EINVAL", root.rename(at("d"), at("d/e")), "onto its own directory");
    },
    "a directory does not replace its parent": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.mkdir(at("d/e"));
      await root.create(at("file"));
      await refused("ENOTEMPTY", root.rename(at("d/e"), at("d")), "directory");
      await refused(["EISDIR", "ENOTEMPTY"], root.rename(at("file"), at("d")), "file");
    },
    "dots are refused": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.mkdir(at("d/e"));
      for (const name of ["d/.", "d/e/.."]) {
        await refused(["EINVAL", "EBUSY"], root.rename(at(name), at("x")), name);
        await refused(["EINVAL", "EBUSY"], root.rename(at("d/e"), at(name)), `onto ${name}`);
      }
    },
    "what is not there is refused": async ({ root, at }) => {
      await root.create(at("file"));
      await root.mkdir(at("d"));
      await refused("ENOENT", root.rename(at("nothing"), at("x")), "source");
      await refused("ENOENT", root.rename(at("file"), at("nothing/x")), "directory");
      await refused("ENOTDIR", root.rename(at("file"), at("file/x")), "below a file");
      await refused("ENOTDIR", root.rename(at("file/x"), at("y")), "source below a file");
      await refused("ENOTDIR", root.rename(at("file"), at("x/")), "a slash behind a file");
    },
    "a symbolic link is renamed itself and replaced itself": async ({ root, at }) => {
      await root.create(at("file"), "text");
      await root.create(at("other"), "other");
      await root.symlink("file", at("link"));
      await root.rename(at("link"), at("moved"));
      equal(await root.readlink(at("moved")), "file", "target");
      await root.rename(at("other"), at("moved"));
      equal((await root.lstat(at("moved"))).type, S.FILE, "type");
      equal(await root.content(at("file")), "text", "content of the target");
    },
    "an open file follows its name": async ({ root, at }) => {
      const fd = await root.open(at("a"), O.CREAT | O.RDWR);
      await root.rename(at("a"), at("b"));
      await root.write(fd, "text");
      equal(await root.content(at("b")), "text", "content");
    },
    "a current directory can be renamed": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.chdir(at("d"));
      await root.rename("../d", "../e");
      await root.create("file", "text");
      equal(await root.content("../e/file"), "text", "content");
    },
    "a name that was renamed away can be made again": async ({ root, at }) => {
      for (let round = 0; round < 20; round++) {
        await root.create(at("a"), `round ${round}`);
        await root.rename(at("a"), at("b"));
        equal(await root.exists(at("a")), false, "the old name is there");
        equal(await root.content(at("b")), `round ${round}`, "content");
      }
    },
    "somebody who looks sees the old or the new file, never none": async ({ root, at, fresh }) => {
      const other = await fresh();
      await root.create(at("target"), "0000");
      const looks = Array.from({ length: 60 }, () => other.content(at("target")));
      for (let round = 1; round <= 30; round++) {
        await root.create(at("new"), String(round).padStart(4, "0"));
        await root.rename(at("new"), at("target"));
      }
      for (const text of await Promise.all(looks)) {
        equal(text.length, 4, "bytes of the content");
      }
    },
    "the right to write both directories is needed": async ({ root, at, as }) => {
      await root.mkdir(at("mine"));
      await root.chmod(at("mine"), 0o777);
      await root.mkdir(at("closed"));
      await root.create(at("mine/a"));
      await root.create(at("closed/b"));
      const owner = await as("owner");
      await refused("EACCES", owner.rename(at("mine/a"), at("closed/a")), "into the closed one");
      await refused("EACCES", owner.rename(at("closed/b"), at("mine/b")), "out of the closed one");
      await owner.rename(at("mine/a"), at("mine/b"));
    },
    "a directory of somebody else that may not be written is not moved": async (context) => {
      const { root, at, as } = context;
      for (const name of ["from", "to"]) {
        await root.mkdir(at(name));
        await root.chmod(at(name), 0o777);
      }
      await root.mkdir(at("from/d"), 0o755);
      const owner = await as("owner");
      // Its ".." would change, which needs the right to write it.
      await refused("EACCES", owner.rename(at("from/d"), at("to/d")), "to another directory");
      await owner.rename(at("from/d"), at("from/e"));
    },
    "RENAME_NOREPLACE refuses a name that is taken": async ({ root, at }) => {
      await root.create(at("a"));
      await root.create(at("b"));
      await refused("EEXIST", root.renameat2(at("a"), at("b"), RENAME.NOREPLACE), "taken");
      await root.renameat2(at("a"), at("c"), RENAME.NOREPLACE);
    },
    "RENAME_EXCHANGE swaps two names": async ({ root, at }) => {
      await root.create(at("a"), "one");
      await root.create(at("b"), "two");
      await root.renameat2(at("a"), at("b"), RENAME.EXCHANGE);
      equal(await root.content(at("a")), "two", "content");
    },
  },
};
