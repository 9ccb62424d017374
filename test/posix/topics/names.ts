// Names and paths: which bytes and lengths they may have, and the figures of statvfs(3).

import { O } from "../constants.ts";
import { equal, holds, refused } from "../expect.ts";
import type { Topic } from "../suite.ts";

const longest = "n".repeat(255);

export const names: Topic = {
  topic: "names",
  cases: {
    "a name has up to 255 bytes": async ({ root, dir, at }) => {
      await root.create(at(longest), "text");
      equal(await root.content(at(longest)), "text", "content");
      equal(await root.list(dir), [longest], "names");
      await root.rename(at(longest), at("x"));
      await root.rename(at("x"), at(longest));
      await root.unlink(at(longest));
    },
    "directories, links and fifos have names up to 255 bytes too": async ({ root, dir, at }) => {
      await root.mkdir(at(`d${longest.slice(1)}`));
      await root.symlink("x", at(`s${longest.slice(1)}`));
      await root.mknod(at(`f${longest.slice(1)}`), 0o010600);
      equal((await root.list(dir)).length, 3, "names");
    },
    "a longer name is refused by every call": async ({ root, at }) => {
      await root.create(at("file"));
      const long = at(`${longest}n`);
      const tries = {
        open: () => root.open(long),
        create: () => root.open(long, O.CREAT | O.WRONLY),
        stat: () => root.lstat(long),
        mkdir: () => root.mkdir(long),
        rmdir: () => root.rmdir(long),
        unlink: () => root.unlink(long),
        symlink: () => root.symlink("x", long),
        readlink: () => root.readlink(long),
        link: () => root.link(at("file"), long),
        "link from": () => root.link(long, at("x")),
        rename: () => root.rename(at("file"), long),
        "rename from": () => root.rename(long, at("x")),
        mknod: () => root.mknod(long, 0o010600),
        chmod: () => root.chmod(long, 0o600),
        chown: () => root.chown(long, 0, 0),
        truncate: () => root.truncate(long, 0),
        utimes: () => root.utimes(long, 0, 0),
        setxattr: () => root.setxattr(long, "user.a", "x"),
      };
      for (const [name, run] of Object.entries(tries)) {
        await refused("ENAMETOOLONG", run(), name);
      }
    },
    "a path has up to 4095 bytes": async ({ root, dir, at }) => {
      await root.create(at("file"), "text");
      const fill = "./".repeat(2100);
      const path = `${dir}/${fill}file`;
      const fits = `${dir}/${fill.slice(0, 2 * Math.floor((4095 - dir.length - 5) / 2))}file`;
      equal(await root.content(fits), "text", "content");
      await refused("ENAMETOOLONG", root.open(path), "a longer one");
    },
    "a name may have any byte but two": async ({ root, dir, at }) => {
      const all: string[] = [];
      for (let byte = 1; byte < 256; byte++) {
        const letter = String.fromCharCode(byte);
        if (letter !== "/") {
          all.push(`a${letter}b`);
          await root.create(at(`a${letter}b`), letter);
        }
      }
      equal(await root.list(dir), all.sort(), "names");
      for (const name of all) {
        equal(await root.content(at(name)), name[1] ?? "", "content");
      }
    },
    "a name of one odd byte is a name": async ({ root, dir, at }) => {
      for (const name of ["\xff", "\n", " ", "\\", "\x01", "*", "%"]) {
        await root.create(at(name), "text");
        await root.rename(at(name), at("other"));
        await root.rename(at("other"), at(name));
        equal(await root.list(dir), [name], "names");
        await root.unlink(at(name));
      }
    },
    "a name that is no UTF-8 works for all kinds": async ({ root, at }) => {
      const name = "\xe9\xff\xc0\xaf";
      await root.mkdir(at(name));
      await root.create(at(`${name}/${name}`), "text");
      await root.symlink(name, at(`${name}/link`));
      equal(await root.readlink(at(`${name}/link`)), name, "target");
      equal(await root.content(at(`${name}/link`)), "text", "content by the link");
      await root.link(at(`${name}/${name}`), at(`${name}/\xfe`));
      equal(await root.list(at(name)), ["link", name, "\xfe"], "names");
    },
    "names that differ in case or form are different": async ({ root, dir, at }) => {
      const composed = Buffer.from("\u00e9").toString("latin1");
      const decomposed = Buffer.from("e\u0301").toString("latin1");
      const all = ["file", "File", "FILE", "file ", "file.", composed, decomposed];
      for (const name of all) {
        await root.create(at(name), name);
      }
      equal(await root.list(dir), [...all].sort(), "names");
      for (const name of all) {
        equal(await root.content(at(name)), name, "content");
      }
    },
    "names of dots other than the two are names": async ({ root, dir, at }) => {
      const all = ["...", "....", ".x", "..x", ". "];
      for (const name of all) {
        await root.create(at(name));
      }
      equal(await root.list(dir), [...all].sort(), "names");
    },
    "dots and double slashes in paths are as good as none": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.create(at("d/file"), "text");
      equal(await root.content(at("d/./..//d///file")), "text", "content");
    },
    "statvfs tells sizes that fit together": async ({ root, dir }) => {
      const found = await root.statvfs(dir);
      equal(found.nameMax, 255, "longest name");
      holds(found.blockSize > 0 && found.fragmentSize > 0, "block sizes are positive");
      holds(found.blocks > 0, "there are blocks");
      holds(found.blocksFree <= found.blocks, "not more blocks are free than are");
      holds(found.blocksAvailable <= found.blocksFree, "not more are available than free");
      holds(found.files > 0 && found.filesFree <= found.files, "inodes fit together");
    },
    "statvfs is the same for all names": async ({ root, dir, at }) => {
      await root.create(at("file"));
      const [one, two] = [await root.statvfs(dir), await root.statvfs(at("file"))];
      equal([one.blocks, one.blockSize], [two.blocks, two.blockSize], "blocks and size");
      await refused("ENOENT", root.statvfs(at("nothing")), "nothing");
    },
    "a new file is one more inode": async ({ root, dir, until }) => {
      const used = async () => {
        const { files, filesFree } = await root.statvfs(dir);
        return files - filesFree;
      };
      const before = await used();
      await root.createMany(dir, "file", 50);
      await until("inodes are counted", async () => (await used()) >= before + 50);
    },
  },
};
