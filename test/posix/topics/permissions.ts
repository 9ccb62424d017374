// Rights: owner, group and others, supplementary groups, the sticky bit, and groups that directories hand down.

import type { Actor } from "../actor.ts";
import { ACCESS, O } from "../constants.ts";
import { equal, refused } from "../expect.ts";
import type { Context, Topic } from "../suite.ts";

const [owner, extraGroup] = [41001, 41900];

interface Owned {
  readonly mode: number;
  readonly gid?: number;
}

async function file(root: Actor, name: string, { mode, gid = owner }: Owned): Promise<void> {
  await root.create(name, "text");
  await root.chown(name, owner, gid);
  await root.chmod(name, mode);
}

async function directory(root: Actor, name: string, { mode, gid = owner }: Owned): Promise<void> {
  await root.mkdir(name);
  await root.chown(name, owner, gid);
  await root.chmod(name, mode);
}

/** What a process may do with a file, in letters. */
async function rights(actor: Actor, name: string): Promise<string> {
  let letters = "";
  for (const [letter, flags] of [
    ["r", O.RDONLY],
    ["w", O.WRONLY],
  ] as const) {
    try {
      await actor.close(await actor.open(name, flags));
      letters += letter;
    } catch {
      letters += "-"; // Refused: that is the answer.
    }
  }
  return letters;
}

/** What access(2) says of a file, in letters. */
async function told(actor: Actor, name: string): Promise<string> {
  let letters = "";
  for (const [letter, mode] of [
    ["r", ACCESS.R],
    ["w", ACCESS.W],
    ["x", ACCESS.X],
  ] as const) {
    try {
      await actor.access(name, mode);
      letters += letter;
    } catch {
      letters += "-"; // Refused: that is the answer.
    }
  }
  return letters;
}

async function each(context: Context, mode: number, gid = owner): Promise<readonly string[]> {
  const name = context.at(`file${mode}`);
  await file(context.root, name, { mode, gid });
  const found: string[] = [];
  for (const user of ["owner", "mate", "stranger"] as const) {
    found.push(await rights(await context.as(user), name));
  }
  return found;
}

export const permissions: Topic = {
  topic: "permissions",
  cases: {
    "owner, group and others each have their own bits": async (context) => {
      equal(await each(context, 0o640), ["rw", "r-", "--"], "rights of 0640");
      equal(await each(context, 0o624), ["rw", "-w", "r-"], "rights of 0624");
      equal(await each(context, 0o600), ["rw", "--", "--"], "rights of 0600");
      equal(await each(context, 0o666), ["rw", "rw", "rw"], "rights of 0666");
    },
    "the first class that fits decides, also against the user": async (context) => {
      equal(await each(context, 0o066), ["--", "rw", "rw"], "rights of 0066");
      equal(await each(context, 0o606), ["rw", "--", "rw"], "rights of 0606");
      equal(await each(context, 0o404), ["r-", "--", "r-"], "rights of 0404");
    },
    "root reads and writes whatever the mode": async ({ root, at }) => {
      await file(root, at("file"), { mode: 0 });
      equal(await rights(root, at("file")), "rw", "rights");
    },
    "access tells the same as open": async ({ root, at, as }) => {
      await file(root, at("file"), { mode: 0o751 });
      equal(await told(await as("owner"), at("file")), "rwx", "owner");
      equal(await told(await as("mate"), at("file")), "r-x", "mate");
      equal(await told(await as("stranger"), at("file")), "--x", "stranger");
      equal(await told(root, at("file")), "rwx", "root");
    },
    "access says what is not there": async ({ root, at }) => {
      await root.create(at("file"));
      await root.access(at("file"), ACCESS.F);
      await refused("ENOENT", root.access(at("nothing"), ACCESS.F), "nothing");
      await refused("ENOTDIR", root.access(at("file/x"), ACCESS.F), "below a file");
    },
    "supplementary groups count": async ({ root, at, as }) => {
      await file(root, at("file"), { mode: 0o660, gid: extraGroup });
      equal(await rights(await as("member"), at("file")), "rw", "a member");
      equal(await rights(await as("stranger"), at("file")), "--", "a stranger");
      equal(await rights(await as("owner"), at("file")), "rw", "the owner");
    },
    "the last of many supplementary groups counts": async ({ root, at, as }) => {
      await file(root, at("file"), { mode: 0o660, gid: extraGroup });
      await file(root, at("other"), { mode: 0o660, gid: 42000 + 39 });
      const joiner = await as("joiner");
      equal(await rights(joiner, at("file")), "rw", "the last group");
      equal(await rights(joiner, at("other")), "rw", "the last but one");
    },
    "group bits of a supplementary group can take rights away": async ({ root, at, as }) => {
      await file(root, at("file"), { mode: 0o606, gid: extraGroup });
      equal(await rights(await as("member"), at("file")), "--", "a member");
      equal(await rights(await as("stranger"), at("file")), "rw", "a stranger");
    },
    "each directory on the way needs the right to search": async ({ root, at, as, until }) => {
      await directory(root, at("d"), { mode: 0o700 });
      await directory(root, at("d/e"), { mode: 0o777 });
      await file(root, at("d/e/file"), { mode: 0o666 });
      const stranger = await as("stranger");
      // What root has just looked up may be taken from a cache of names for a while.
      await until("open is refused", async () => (await rights(stranger, at("d/e/file"))) === "--");
      await refused("EACCES", stranger.open(at("d/e/file")), "open");
      await refused("EACCES", stranger.stat(at("d/e/file")), "stat");
      await refused("EACCES", stranger.stat(at("d/e/nothing")), "stat of nothing");
      await root.chmod(at("d"), 0o711);
      equal(await stranger.content(at("d/e/file")), "text", "content");
    },
    "a right that is taken away counts at once": async ({ root, at, as }) => {
      await file(root, at("file"), { mode: 0o666 });
      const stranger = await as("stranger");
      equal(await rights(stranger, at("file")), "rw", "rights before");
      await root.chmod(at("file"), 0o600);
      equal(await rights(stranger, at("file")), "--", "rights after");
      await root.chown(at("file"), 41004, 41004);
      equal(await rights(stranger, at("file")), "rw", "rights of the new owner");
    },
    "a descriptor keeps the rights it was opened with": async ({ root, at, as }) => {
      await file(root, at("file"), { mode: 0o666 });
      const stranger = await as("stranger");
      const fd = await stranger.open(at("file"), O.RDWR);
      await root.chmod(at("file"), 0o600);
      equal(await stranger.read(fd, 10), "text", "content");
      equal(await stranger.write(fd, "x"), 1, "bytes written");
    },
    "each new name needs the right to write and search its directory": async (context) => {
      const { root, at, as } = context;
      const stranger = await as("stranger");
      for (const [mode, allowed] of [
        [0o775, false],
        [0o776, false],
        [0o777, true],
        [0o773, true],
      ] as const) {
        const d = at(`d${mode}`);
        await directory(root, d, { mode });
        const flags = O.CREAT | O.WRONLY;
        const tries = {
          open: () => stranger.open(`${d}/file`, flags),
          mkdir: () => stranger.mkdir(`${d}/d`),
          symlink: () => stranger.symlink("x", `${d}/link`),
          mknod: () => stranger.mknod(`${d}/fifo`, 0o010600),
        };
        for (const [name, run] of Object.entries(tries)) {
          await (allowed ? run() : refused("EACCES", run(), `${name} in mode ${mode.toString(8)}`));
        }
      }
    },
    "in a sticky directory names go with their owner only": async ({ root, at, as }) => {
      await directory(root, at("d"), { mode: 0o1777 });
      const [mate, stranger] = [await as("mate"), await as("stranger")];
      await mate.create(at("d/file"), "text");
      await refused(["EPERM", "EACCES"], stranger.unlink(at("d/file")), "unlink by a stranger");
      await refused(["EPERM", "EACCES"], stranger.rename(at("d/file"), at("d/x")), "rename");
      await stranger.create(at("d/its"), "x");
      await refused(["EPERM", "EACCES"], stranger.rename(at("d/its"), at("d/file")), "replace");
      await mate.rename(at("d/file"), at("d/other"));
      await mate.unlink(at("d/other"));
    },
    "in a sticky directory its owner and root remove any name": async ({ root, at, as }) => {
      await directory(root, at("d"), { mode: 0o1777 });
      const mate = await as("mate");
      await mate.create(at("d/a"));
      await mate.create(at("d/b"));
      await (await as("owner")).unlink(at("d/a"));
      await root.unlink(at("d/b"));
      equal(await root.list(at("d")), [], "names left");
    },
    "in a sticky directory directories go with their owner only": async ({ root, at, as }) => {
      await directory(root, at("d"), { mode: 0o1777 });
      await (await as("mate")).mkdir(at("d/e"), 0o777);
      const stranger = await as("stranger");
      await refused(["EPERM", "EACCES"], stranger.rmdir(at("d/e")), "rmdir");
      await refused(["EPERM", "EACCES"], stranger.rename(at("d/e"), at("d/f")), "rename");
      await (await as("mate")).rmdir(at("d/e"));
    },
    "a setgid directory gives its group to files and directories": async ({ root, at, as }) => {
      await directory(root, at("d"), { mode: 0o2777, gid: extraGroup });
      const stranger = await as("stranger");
      await stranger.create(at("d/file"));
      await stranger.mkdir(at("d/e"), 0o755);
      await stranger.symlink("x", at("d/link"));
      await stranger.mknod(at("d/fifo"), 0o010600);
      for (const name of ["file", "e", "link", "fifo"]) {
        equal((await root.lstat(at(`d/${name}`))).gid, extraGroup, `group of ${name}`);
      }
    },
    "a setgid directory gives the bit itself to directories only": async ({ root, at }) => {
      await directory(root, at("d"), { mode: 0o2777, gid: extraGroup });
      await root.mkdir(at("d/e"), 0o755);
      await root.create(at("d/file"), "", 0o755);
      equal((await root.stat(at("d/e"))).mode, "2755", "mode of the directory");
      equal((await root.stat(at("d/file"))).mode, "0755", "mode of the file");
    },
    "a plain directory gives no group": async ({ root, at, as }) => {
      await directory(root, at("d"), { mode: 0o777, gid: extraGroup });
      await (await as("stranger")).create(at("d/file"));
      equal((await root.stat(at("d/file"))).gid, 41004, "group");
    },
    "a setgid program of a foreign group cannot be made in a setgid directory": async (context) => {
      const { root, at, as } = context;
      await directory(root, at("d"), { mode: 0o2777, gid: extraGroup });
      const stranger = await as("stranger");
      await stranger.open(at("d/file"), O.CREAT | O.WRONLY, 0o2755);
      equal((await root.stat(at("d/file"))).mode, "0755", "mode");
    },
    "execution needs an x bit, also for root": async ({ root, at, as }) => {
      await file(root, at("file"), { mode: 0o644 });
      await refused("EACCES", (await as("owner")).access(at("file"), ACCESS.X), "owner");
      await refused("EACCES", root.access(at("file"), ACCESS.X), "root");
    },
    "chdir needs the right to search": async ({ root, at, as }) => {
      await directory(root, at("d"), { mode: 0o766 });
      const stranger = await as("stranger");
      await refused("EACCES", stranger.chdir(at("d")), "chdir");
    },
  },
};
