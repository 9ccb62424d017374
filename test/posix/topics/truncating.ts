// Lengths of files: truncate(2) and ftruncate(2), shorter and longer, across blocks and chunks.

import { BLOCK, CHUNK, O } from "../constants.ts";
import { equal, refused } from "../expect.ts";
import type { Topic } from "../suite.ts";

export const truncating: Topic = {
  topic: "truncate",
  cases: {
    "a shorter file keeps its start": async ({ root, at }) => {
      await root.create(at("file"), "0123456789");
      await root.truncate(at("file"), 4);
      equal(await root.content(at("file")), "0123", "content");
      equal((await root.stat(at("file"))).size, 4, "size");
    },
    "a longer file has zeros behind": async ({ root, at }) => {
      await root.create(at("file"), "0123");
      await root.truncate(at("file"), 7);
      equal(await root.content(at("file")), "0123\0\0\0", "content");
    },
    "what was cut off does not come back": async ({ root, at }) => {
      await root.create(at("file"), "0123456789");
      await root.truncate(at("file"), 3);
      await root.truncate(at("file"), 8);
      equal(await root.content(at("file")), "012\0\0\0\0\0", "content");
    },
    "what was cut off does not come back, across blocks": async ({ root, at }) => {
      const fd = await root.open(at("file"), O.CREAT | O.RDWR);
      await root.fill(fd, 0, 4 * BLOCK, 1);
      await root.fsync(fd);
      await root.ftruncate(fd, BLOCK + 16);
      await root.ftruncate(fd, 4 * BLOCK);
      equal(await root.firstDifference(fd, 0, BLOCK + 16, 1), -1, "difference in what is left");
      equal(await root.pread(fd, 3 * BLOCK, BLOCK + 16), "\0".repeat(3 * BLOCK - 16), "rest");
    },
    "what was cut off does not come back when a write lengthens the file": async (context) => {
      const { root, at } = context;
      await root.create(at("file"), "0123456789");
      const fd = await root.open(at("file"), O.RDWR);
      await root.ftruncate(fd, 2);
      await root.pwrite(fd, "x", 6);
      equal(await root.content(at("file")), "01\0\0\0\0x", "content");
    },
    "a file can be cut to nothing": async ({ root, at }) => {
      await root.create(at("file"), "0123456789");
      await root.truncate(at("file"), 0);
      const { size, blocks } = await root.stat(at("file"));
      equal([size, blocks], [0, 0], "size and blocks");
    },
    "a length may be the one it has": async ({ root, at }) => {
      await root.create(at("file"), "0123");
      await root.truncate(at("file"), 4);
      equal(await root.content(at("file")), "0123", "content");
    },
    "a file of several chunks can be cut inside of one": async ({ root, at }) => {
      const fd = await root.open(at("file"), O.CREAT | O.RDWR);
      await root.fill(fd, CHUNK - BLOCK, 2 * BLOCK, 2);
      await root.pwrite(fd, "end", 2 * CHUNK);
      await root.ftruncate(fd, CHUNK + 8);
      equal((await root.fstat(fd)).size, CHUNK + 8, "size");
      equal(await root.firstDifference(fd, CHUNK - BLOCK, BLOCK + 8, 2), -1, "difference");
      await root.ftruncate(fd, 2 * CHUNK + 8);
      equal(await root.pread(fd, 8, 2 * CHUNK), "\0".repeat(8), "the old end");
      equal(await root.pread(fd, 8, CHUNK + 8), "\0".repeat(8), "behind the cut");
    },
    "a file can be cut at the border of chunks": async ({ root, at }) => {
      const fd = await root.open(at("file"), O.CREAT | O.RDWR);
      await root.fill(fd, CHUNK - BLOCK, 2 * BLOCK, 3);
      await root.ftruncate(fd, CHUNK);
      equal(await root.firstDifference(fd, CHUNK - BLOCK, BLOCK, 3), -1, "difference");
      equal(await root.pread(fd, 10, CHUNK), "", "read at the end");
    },
    "an empty file can be made very long": async ({ root, at }) => {
      await root.create(at("file"));
      await root.truncate(at("file"), 2 ** 42);
      equal((await root.stat(at("file"))).size, 2 ** 42, "size");
      const fd = await root.open(at("file"));
      equal(await root.pread(fd, 4, 2 ** 41), "\0\0\0\0", "middle");
      equal(await root.pread(fd, 9, 2 ** 42 - 2), "\0\0", "end");
    },
    "ftruncate leaves the offset": async ({ root, at }) => {
      const fd = await root.open(at("file"), O.CREAT | O.RDWR);
      await root.write(fd, "0123456789");
      await root.ftruncate(fd, 2);
      await root.write(fd, "x");
      equal((await root.fstat(fd)).size, 11, "size");
      equal(await root.content(at("file")), `01${"\0".repeat(8)}x`, "content");
    },
    "O_APPEND goes on at the new end": async ({ root, at }) => {
      const fd = await root.open(at("file"), O.CREAT | O.WRONLY | O.APPEND);
      await root.write(fd, "0123456789");
      await root.truncate(at("file"), 4);
      await root.write(fd, "x");
      equal(await root.content(at("file")), "0123x", "content");
    },
    "another process sees the new length at once": async ({ root, at, fresh }) => {
      const other = await fresh();
      await root.create(at("file"), "0123456789");
      const fd = await other.open(at("file"));
      equal(await other.pread(fd, 20, 0), "0123456789", "content before");
      await root.truncate(at("file"), 3);
      equal((await other.fstat(fd)).size, 3, "size");
      equal(await other.pread(fd, 20, 0), "012", "content after");
    },
    "a file without a name can be cut": async ({ root, at }) => {
      const fd = await root.open(at("file"), O.CREAT | O.RDWR);
      await root.write(fd, "0123456789");
      await root.unlink(at("file"));
      await root.ftruncate(fd, 4);
      equal(await root.pread(fd, 20, 0), "0123", "content");
      equal((await root.fstat(fd)).size, 4, "size");
    },
    "truncate follows a symbolic link": async ({ root, at }) => {
      await root.create(at("file"), "0123456789");
      await root.symlink("file", at("link"));
      await root.truncate(at("link"), 3);
      equal(await root.content(at("file")), "012", "content");
    },
    "the right to write is needed": async ({ root, at, as }) => {
      await root.create(at("file"), "0123", 0o644);
      const owner = await as("owner");
      await refused("EACCES", owner.truncate(at("file"), 0), "truncate");
      await refused(
        "EINVAL",
        root.ftruncate(await root.open(at("file")), 0),
        "read-only ftruncate",
      );
    },
    "a descriptor open for writing can cut when the mode no longer allows": async (context) => {
      const { root, at, as } = context;
      await root.create(at("file"), "0123", 0o666);
      const owner = await as("owner");
      const fd = await owner.open(at("file"), O.RDWR);
      await root.chmod(at("file"), 0);
      await owner.ftruncate(fd, 1);
      equal((await root.stat(at("file"))).size, 1, "size");
    },
    "what is no file is refused": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.create(at("file"));
      await refused("EISDIR", root.truncate(at("d"), 0), "directory");
      await refused("ENOENT", root.truncate(at("nothing"), 0), "nothing");
      await refused("ENOTDIR", root.truncate(at("file/x"), 0), "below a file");
      await refused("EINVAL", root.truncate(at("file"), -1), "negative length");
    },
    "a length beyond the largest is refused": async ({ root, at }) => {
      await root.create(at("file"), "text");
      await refused(["EFBIG", "EINVAL"], root.truncate(at("file"), 2 ** 61), "truncate");
      equal((await root.stat(at("file"))).size, 4, "size");
    },
  },
};
