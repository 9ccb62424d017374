// Reading and writing: what was written is read, at every offset, by everybody, also across blocks and chunks.

import { BLOCK, CHUNK, O, SEEK } from "../constants.ts";
import { equal, refused } from "../expect.ts";
import type { Topic } from "../suite.ts";

const rewrite = O.CREAT | O.RDWR | O.TRUNC;

/** Numbers that look random and are the same in each run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    yield state >>> 8;
  }
}

export const data: Topic = {
  topic: "data",
  cases: {
    "what was written is read back": async ({ root, at }) => {
      const fd = await root.open(at("file"), rewrite);
      equal(await root.write(fd, "some text"), 9, "bytes written");
      equal(await root.pread(fd, 100, 0), "some text", "by the same descriptor");
      equal(await root.content(at("file")), "some text", "by another descriptor");
      equal((await root.stat(at("file"))).size, 9, "size");
    },
    "any byte can be written": async ({ root, at }) => {
      const all = String.fromCharCode(...Array.from({ length: 256 }, (_, index) => index));
      await root.create(at("file"), all);
      equal(await root.content(at("file")), all, "content");
    },
    "reads past the end give nothing, reads over the end give the rest": async ({ root, at }) => {
      await root.create(at("file"), "abcdef");
      const fd = await root.open(at("file"));
      equal(await root.pread(fd, 10, 6), "", "at the end");
      equal(await root.pread(fd, 10, 1_000_000), "", "far behind the end");
      equal(await root.pread(fd, 10, 4), "ef", "over the end");
    },
    "a read of an empty file gives nothing": async ({ root, at }) => {
      await root.create(at("file"));
      equal(await root.content(at("file")), "", "content");
    },
    "pread and pwrite do not move the offset": async ({ root, at }) => {
      const fd = await root.open(at("file"), rewrite);
      await root.write(fd, "abcdef");
      await root.pwrite(fd, "XY", 1);
      await root.pread(fd, 3, 3);
      equal(await root.seek(fd, 0, SEEK.CUR), 6, "offset");
      equal(await root.content(at("file")), "aXYdef", "content");
    },
    "lseek goes from the start, the offset and the end": async ({ root, at }) => {
      await root.create(at("file"), "abcdef");
      const fd = await root.open(at("file"));
      equal(await root.seek(fd, 2, SEEK.SET), 2, "from the start");
      equal(await root.seek(fd, 1, SEEK.CUR), 3, "from the offset");
      equal(await root.seek(fd, -1, SEEK.END), 5, "from the end");
      equal(await root.read(fd, 9), "f", "read there");
      await refused("EINVAL", root.seek(fd, -1, SEEK.SET), "before the start");
    },
    "the end is where another descriptor's write left it": async ({ root, at }) => {
      await root.create(at("file"), "abc");
      const fd = await root.open(at("file"));
      await root.append(at("file"), "def");
      equal(await root.seek(fd, 0, SEEK.END), 6, "end");
    },
    "an overwrite changes its own bytes only": async ({ root, at }) => {
      await root.create(at("file"), "0123456789");
      const fd = await root.open(at("file"), O.WRONLY);
      await root.pwrite(fd, "abc", 4);
      await root.close(fd);
      equal(await root.content(at("file")), "0123abc789", "content");
    },
    "an overwrite changes its own bytes only, across blocks": async ({ root, at }) => {
      const fd = await root.open(at("file"), rewrite);
      await root.fill(fd, 0, 4 * BLOCK, 1);
      await root.fill(fd, BLOCK - 8, 2 * BLOCK + 16, 2);
      await root.fsync(fd);
      equal(await root.firstDifference(fd, 0, BLOCK - 8, 1), -1, "difference before");
      equal(await root.firstDifference(fd, BLOCK - 8, 2 * BLOCK + 16, 2), -1, "within");
      equal(await root.firstDifference(fd, 3 * BLOCK + 8, BLOCK - 8, 1), -1, "behind");
    },
    "a hole reads as zeros": async ({ root, at }) => {
      const fd = await root.open(at("file"), rewrite);
      await root.write(fd, "ab");
      await root.pwrite(fd, "yz", 5);
      equal(await root.content(at("file")), "ab\0\0\0yz", "content");
    },
    "a hole of many blocks reads as zeros": async ({ root, at }) => {
      const fd = await root.open(at("file"), rewrite);
      await root.pwrite(fd, "end", 10 * BLOCK + 5);
      await root.close(fd);
      const again = await root.open(at("file"));
      equal(await root.pread(again, 100, 5 * BLOCK), "\0".repeat(100), "middle");
      equal(await root.pread(again, 100, 10 * BLOCK), "\0\0\0\0\0end", "end");
    },
    "a hole of whole chunks reads as zeros": async ({ root, at }) => {
      const fd = await root.open(at("file"), rewrite);
      await root.pwrite(fd, "start", 0);
      await root.pwrite(fd, "end", 3 * CHUNK + 5);
      await root.close(fd);
      const again = await root.open(at("file"));
      equal(await root.pread(again, 8, 0), "start\0\0\0", "start");
      equal(await root.pread(again, 100, CHUNK - 50), "\0".repeat(100), "border");
      equal(await root.pread(again, 8, 2 * CHUNK), "\0".repeat(8), "middle");
      equal(await root.pread(again, 100, 3 * CHUNK), "\0\0\0\0\0end", "end");
      equal((await root.stat(at("file"))).size, 3 * CHUNK + 8, "size");
    },
    "files can be longer than 2^32 bytes": async ({ root, at }) => {
      const fd = await root.open(at("file"), rewrite);
      await root.pwrite(fd, "here", 5 * 2 ** 32 + 7);
      equal((await root.fstat(fd)).size, 5 * 2 ** 32 + 11, "size");
      equal(await root.pread(fd, 9, 5 * 2 ** 32 + 5), "\0\0here", "content");
    },
    "a write across the border of chunks is read back": async ({ root, at }) => {
      const fd = await root.open(at("file"), rewrite);
      await root.fill(fd, CHUNK - 3 * BLOCK, 6 * BLOCK, 3);
      await root.close(fd);
      const again = await root.open(at("file"));
      equal(await root.firstDifference(again, CHUNK - 3 * BLOCK, 6 * BLOCK, 3), -1, "difference");
    },
    "a file of more than a chunk is read back": async ({ root, at, fresh }) => {
      const fd = await root.open(at("file"), rewrite);
      await root.fill(fd, 0, CHUNK + 4 * BLOCK, 4);
      await root.fsync(fd);
      const other = await fresh();
      const again = await other.open(at("file"));
      equal(await other.firstDifference(again, 0, CHUNK + 4 * BLOCK, 4), -1, "difference");
    },
    "another process sees a write before the file is closed": async ({ root, at, fresh }) => {
      const other = await fresh();
      const fd = await root.open(at("file"), rewrite);
      const reader = await other.open(at("file"));
      for (const [index, word] of ["first ", "second ", "third"].entries()) {
        await root.write(fd, word);
        equal(await other.read(reader, 20), word, `word ${index}`);
      }
      equal((await other.fstat(reader)).size, 18, "size");
    },
    "writes of two processes to one file do not disturb each other": async (context) => {
      const { root, at, fresh } = context;
      const other = await fresh();
      const mine = await root.open(at("file"), rewrite);
      const its = await other.open(at("file"), O.RDWR);
      await Promise.all([
        root.fill(mine, 0, 8 * BLOCK, 5),
        other.fill(its, 8 * BLOCK, 8 * BLOCK, 6),
      ]);
      await Promise.all([root.fsync(mine), other.fsync(its)]);
      equal(await other.firstDifference(its, 0, 8 * BLOCK, 5), -1, "difference in the first half");
      equal(await root.firstDifference(mine, 8 * BLOCK, 8 * BLOCK, 6), -1, "in the second half");
    },
    "O_APPEND writes at the end, wherever the offset is": async ({ root, at }) => {
      await root.create(at("file"), "abc");
      const fd = await root.open(at("file"), O.RDWR | O.APPEND);
      await root.seek(fd, 0);
      await root.write(fd, "def");
      equal(await root.seek(fd, 0, SEEK.CUR), 6, "offset behind the write");
      equal(await root.content(at("file")), "abcdef", "content");
    },
    "two descriptors append in turns": async ({ root, at }) => {
      await root.create(at("file"));
      const first = await root.open(at("file"), O.WRONLY | O.APPEND);
      const second = await root.open(at("file"), O.WRONLY | O.APPEND);
      for (const [fd, text] of [
        [first, "one,"],
        [second, "two,"],
        [first, "three,"],
        [second, "four"],
      ] as const) {
        await root.write(fd, text);
      }
      equal(await root.content(at("file")), "one,two,three,four", "content");
    },
    "appends of two processes lose nothing": async ({ root, at, fresh }) => {
      const other = await fresh();
      await root.create(at("file"));
      const mine = await root.open(at("file"), O.WRONLY | O.APPEND);
      const its = await other.open(at("file"), O.WRONLY | O.APPEND);
      await Promise.all(
        Array.from({ length: 100 }, (_, index) => [
          root.write(mine, `a${index + 100}\n`),
          other.write(its, `b${index + 100}\n`),
        ]).flat(),
      );
      const lines = (await root.content(at("file"))).trimEnd().split("\n");
      equal(lines.length, 200, "lines");
      equal(new Set(lines).size, 200, "different lines");
      equal(
        lines.filter((line) => line.startsWith("a")).join(),
        lines
          .filter((line) => line.startsWith("a"))
          .sort()
          .join(),
        "order of one process",
      );
    },
    "a write of nothing changes nothing": async ({ root, at }) => {
      await root.create(at("file"), "abc");
      const fd = await root.open(at("file"), O.RDWR);
      equal(await root.pwrite(fd, "", 100), 0, "bytes written");
      equal((await root.fstat(fd)).size, 3, "size");
    },
    "many small writes at scattered places are read back": async ({ root, at }) => {
      const size = 3 * BLOCK;
      const model = Buffer.alloc(size);
      const fd = await root.open(at("file"), rewrite);
      await root.truncate(at("file"), size);
      const next = numbers(20);
      for (let round = 0; round < 200; round++) {
        const place = next.next().value % (size - 3000);
        const letter = String.fromCharCode(97 + (round % 26));
        const text = letter.repeat(1 + (next.next().value % 2999));
        model.write(text, place, "latin1");
        await root.pwrite(fd, text, place);
      }
      await root.close(fd);
      const actual = Buffer.from(await root.content(at("file")), "latin1");
      equal(actual.length, size, "size");
      equal(
        actual.findIndex((byte, index) => byte !== model[index]),
        -1,
        "first difference",
      );
    },
    "reads between writes see the latest": async ({ root, at }) => {
      const fd = await root.open(at("file"), rewrite);
      for (let round = 0; round < 50; round++) {
        const text = `round ${String(round).padStart(3, "0")}`;
        await root.pwrite(fd, text, round % 7);
        equal(await root.pread(fd, 9, round % 7), text, `read ${round}`);
      }
    },
    "O_SYNC, fsync and fdatasync are taken": async ({ root, at, dir }) => {
      const fd = await root.open(at("file"), O.CREAT | O.RDWR | O.SYNC);
      equal(await root.write(fd, "text"), 4, "bytes written");
      equal(await root.fsync(fd), 0, "fsync");
      equal(await root.fdatasync(fd), 0, "fdatasync");
      equal(await root.fsync(await root.open(dir, O.DIRECTORY)), 0, "fsync of a directory");
    },
    "a write beyond the largest length is refused": async ({ root, at }) => {
      const fd = await root.open(at("file"), rewrite);
      await refused(["EFBIG", "EINVAL"], root.pwrite(fd, "x", 2 ** 61), "pwrite");
      equal((await root.fstat(fd)).size, 0, "size");
    },
    "SEEK_DATA and SEEK_HOLE find data and the end": async ({ root, at }) => {
      await root.create(at("file"), "abcdef");
      const fd = await root.open(at("file"));
      equal(await root.seek(fd, 2, SEEK.DATA), 2, "data");
      equal(await root.seek(fd, 2, SEEK.HOLE), 6, "hole");
      await refused("ENXIO", root.seek(fd, 10, SEEK.DATA), "data behind the end");
    },
    "SEEK_HOLE finds a hole of a chunk": async ({ root, at }) => {
      const fd = await root.open(at("file"), rewrite);
      await root.fill(fd, 0, BLOCK, 1);
      await root.pwrite(fd, "end", 2 * CHUNK);
      equal(await root.seek(fd, 0, SEEK.HOLE), BLOCK, "hole");
    },
    "fallocate reserves room and lengthens the file": async ({ root, at }) => {
      const fd = await root.open(at("file"), rewrite);
      await root.fallocate(fd, 0, 0, BLOCK);
      equal((await root.fstat(fd)).size, BLOCK, "size");
    },
    "copy_file_range copies within the file system": async ({ root, at }) => {
      await root.create(at("from"), "0123456789");
      const from = await root.open(at("from"));
      await root.seek(from, 3);
      const to = await root.open(at("to"), rewrite);
      equal(await root.copyFileRange(from, to, 5), 5, "bytes copied");
      equal(await root.content(at("to")), "34567", "content");
    },
  },
};
