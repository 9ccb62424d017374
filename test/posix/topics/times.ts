// Times of inodes: which change moves which, and what utimens(2) may set. Cases set the past first;
// where only the change time tells, they wait until the file system shows a later second.

import type { Stat } from "../calls/attributes.ts";
import { O } from "../constants.ts";
import { equal, holds, refused } from "../expect.ts";
import type { Context, Topic } from "../suite.ts";

const past = 1_000_000_000;

/** Sets both times of a name to the past, and waits until a change would move its ctime. */
async function aged({ root, after }: Context, name: string): Promise<Stat> {
  await root.utimes(name, past, past);
  const before = await root.stat(name);
  await after(before.ctime);
  return before;
}

type Moved = "mtime ctime" | "ctime" | "none";

/** The change moved exactly these times of the name. */
async function moves(
  context: Context,
  name: string,
  expected: Moved,
  change: () => Promise<unknown>,
): Promise<void> {
  const before = await aged(context, name);
  await change();
  const moved = async () => {
    const after = await context.root.stat(name);
    return (["mtime", "ctime"] as const).filter((time) => after[time] > before[time]).join(" ");
  };
  if (expected === "mtime ctime") {
    // The time of data is told at once; the other may come by way of the server.
    holds((await moved()).startsWith("mtime"), "mtime moved");
    await context.until("mtime and ctime move", async () => (await moved()) === expected);
    return;
  }
  equal((await moved()) || "none", expected, "times moved");
}

export const times: Topic = {
  topic: "times",
  concurrent: true,
  cases: {
    "a new file has times of now": async ({ root, at }) => {
      await root.create(at("file"));
      const { atime, mtime, ctime } = await root.stat(at("file"));
      holds(Math.abs(mtime - Date.now() / 1000) < 300, "mtime is about the host's time");
      holds(Math.abs(atime - mtime) <= 1 && Math.abs(ctime - mtime) <= 1, "all times are alike");
    },
    "utimens sets times of access and change of data": async ({ root, at }) => {
      await root.create(at("file"), "text");
      await root.utimes(at("file"), 1_111_111, 2_222_222);
      const { atime, mtime } = await root.stat(at("file"));
      equal([atime, mtime], [1_111_111, 2_222_222], "atime and mtime");
    },
    "utimens sets one time and leaves the other": async ({ root, at }) => {
      await root.create(at("file"));
      await root.utimes(at("file"), 1000, 2000);
      await root.utimes(at("file"), "omit", 3000);
      await root.utimes(at("file"), 4000, "omit");
      const { atime, mtime } = await root.stat(at("file"));
      equal([atime, mtime], [4000, 3000], "atime and mtime");
    },
    "utimens sets the time of now": async ({ root, at }) => {
      await root.create(at("file"));
      await root.utimes(at("file"), past, past);
      await root.utimes(at("file"), "now", "now");
      const { atime, mtime } = await root.stat(at("file"));
      holds(atime > past && mtime > past, "both times are later");
    },
    "times of 2^31 and of the year 2100 can be set": async ({ root, at }) => {
      await root.create(at("file"));
      await root.utimes(at("file"), 2 ** 31, 4_102_444_800);
      const { atime, mtime } = await root.stat(at("file"));
      equal([atime, mtime], [2 ** 31, 4_102_444_800], "atime and mtime");
    },
    "times beyond 2^32 can be set": async ({ root, at }) => {
      await root.create(at("file"));
      await root.utimes(at("file"), past, 2 ** 33);
      equal((await root.stat(at("file"))).mtime, 2 ** 33, "mtime");
    },
    "the time of zero can be set": async ({ root, at }) => {
      await root.create(at("file"));
      await root.utimes(at("file"), 0, 0);
      const { atime, mtime } = await root.stat(at("file"));
      equal([atime, mtime], [0, 0], "atime and mtime");
    },
    "parts of a second are kept": async ({ root, at }) => {
      await root.create(at("file"));
      await root.utimes(at("file"), past, past, 123_000_000);
      equal((await root.stat(at("file"))).mtimeNanoseconds, 123_000_000, "nanoseconds");
    },
    "times of directories and fifos can be set": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.mknod(at("fifo"), 0o010600);
      for (const name of ["d", "fifo"]) {
        await root.utimes(at(name), past, past);
        equal((await root.stat(at(name))).mtime, past, `mtime of ${name}`);
      }
    },
    "the owner sets any time, who may write sets only now": async ({ root, at, as }) => {
      await root.create(at("file"));
      await root.chown(at("file"), 41001, 41001);
      await root.chmod(at("file"), 0o666);
      await (await as("owner")).utimes(at("file"), past, past);
      const stranger = await as("stranger");
      await refused("EPERM", stranger.utimes(at("file"), 5, 5), "a time of its own");
      await stranger.utimes(at("file"), "now", "now");
      holds((await root.stat(at("file"))).mtime > past, "mtime is now");
      await root.chmod(at("file"), 0o644);
      await refused("EACCES", stranger.utimes(at("file"), "now", "now"), "now without right");
    },
    "a write moves mtime and ctime": async (context) => {
      const { root, at } = context;
      await root.create(at("file"));
      await moves(context, at("file"), "mtime ctime", () => root.append(at("file"), "text"));
    },
    "an overwrite moves mtime and ctime": async (context) => {
      const { root, at } = context;
      await root.create(at("file"), "text");
      const fd = await root.open(at("file"), O.RDWR);
      await moves(context, at("file"), "mtime ctime", async () => {
        await root.pwrite(fd, "xx", 0);
        await root.fsync(fd);
      });
    },
    "a truncate to another length moves mtime and ctime": async (context) => {
      const { root, at } = context;
      await root.create(at("file"), "text");
      await moves(context, at("file"), "mtime ctime", () => root.truncate(at("file"), 2));
    },
    "an open with O_TRUNC moves mtime and ctime": async (context) => {
      const { root, at } = context;
      await root.create(at("file"), "text");
      await moves(context, at("file"), "mtime ctime", () =>
        root.open(at("file"), O.WRONLY | O.TRUNC),
      );
    },
    "a read moves neither mtime nor ctime": async (context) => {
      const { root, at } = context;
      await root.create(at("file"), "text");
      await moves(context, at("file"), "none", () => root.content(at("file")));
    },
    "chmod moves ctime only": async (context) => {
      const { root, at } = context;
      await root.create(at("file"));
      await moves(context, at("file"), "ctime", () => root.chmod(at("file"), 0o600));
    },
    "chown moves ctime only": async (context) => {
      const { root, at } = context;
      await root.create(at("file"));
      await moves(context, at("file"), "ctime", () => root.chown(at("file"), 5, 6));
    },
    "utimens moves ctime": async (context) => {
      const { root, at } = context;
      await root.create(at("file"));
      await moves(context, at("file"), "ctime", () => root.utimes(at("file"), 5, past));
    },
    "link moves ctime of the file": async (context) => {
      const { root, at } = context;
      await root.create(at("file"));
      await moves(context, at("file"), "ctime", () => root.link(at("file"), at("other")));
    },
    "unlink moves ctime of a file that has another name": async (context) => {
      const { root, at } = context;
      await root.create(at("file"));
      await root.link(at("file"), at("other"));
      await moves(context, at("file"), "ctime", () => root.unlink(at("other")));
    },
    "rename leaves mtime of the file": async ({ root, at }) => {
      await root.create(at("file"));
      await root.utimes(at("file"), past, past);
      await root.rename(at("file"), at("other"));
      equal((await root.stat(at("other"))).mtime, past, "mtime");
    },
    "an extended attribute moves ctime only": async (context) => {
      const { root, at } = context;
      await root.create(at("file"));
      await moves(context, at("file"), "ctime", () => root.setxattr(at("file"), "user.a", "x"));
    },
    "each new or removed name moves mtime and ctime of its directory": async (context) => {
      const { root, at } = context;
      await root.mkdir(at("d"));
      await root.create(at("file"));
      const changes: Readonly<Record<string, () => Promise<unknown>>> = {
        create: () => root.create(at("d/file")),
        mkdir: () => root.mkdir(at("d/d")),
        symlink: () => root.symlink("x", at("d/link")),
        mknod: () => root.mknod(at("d/fifo"), 0o010600),
        link: () => root.link(at("file"), at("d/hard")),
        "rename inside": () => root.rename(at("d/file"), at("d/other")),
        "rename out": () => root.rename(at("d/other"), at("outside")),
        "rename in": () => root.rename(at("outside"), at("d/inside")),
        unlink: () => root.unlink(at("d/inside")),
        rmdir: () => root.rmdir(at("d/d")),
      };
      for (const [name, change] of Object.entries(changes)) {
        await root.utimes(at("d"), past, past);
        await change();
        holds((await root.stat(at("d"))).mtime > past, `${name} moves mtime`);
      }
    },
    "a new name moves ctime of its directory": async (context) => {
      const { root, at } = context;
      await root.mkdir(at("d"));
      await moves(context, at("d"), "mtime ctime", () => root.create(at("d/file")));
    },
    "a removed name moves ctime of its directory": async (context) => {
      const { root, at } = context;
      await root.mkdir(at("d"));
      await root.create(at("d/file"));
      await moves(context, at("d"), "mtime ctime", () => root.unlink(at("d/file")));
    },
    "a write in a file leaves the times of its directory": async (context) => {
      const { root, at } = context;
      await root.mkdir(at("d"));
      await root.create(at("d/file"));
      await moves(context, at("d"), "none", () => root.append(at("d/file"), "text"));
    },
    "a refused change leaves the times": async (context) => {
      const { root, at, as } = context;
      await root.create(at("file"), "text");
      const stranger = await as("stranger");
      await moves(context, at("file"), "none", async () => {
        await refused("EPERM", stranger.chmod(at("file"), 0o777), "chmod");
        await refused("EACCES", stranger.truncate(at("file"), 0), "truncate");
      });
    },
    "a refused creation leaves the times of the directory": async (context) => {
      const { root, at } = context;
      await root.mkdir(at("d"));
      await root.create(at("d/file"));
      await moves(context, at("d"), "none", async () => {
        await refused("EEXIST", root.mkdir(at("d/file")), "mkdir");
        await refused("ENOENT", root.unlink(at("d/nothing")), "unlink");
      });
    },
    "a read sets the access time when it lay before the last change": async (context) => {
      const { root, at, until } = context;
      await root.create(at("file"), "text");
      await root.utimes(at("file"), past, "omit");
      await root.content(at("file"));
      // Access times may travel in the background.
      await until("atime moves", async () => (await root.stat(at("file"))).atime > past);
    },
  },
};
