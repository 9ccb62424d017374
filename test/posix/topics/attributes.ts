// chmod(2), chown(2) and the bits that changes of owner and content clear.

import type { Actor } from "../actor.ts";
import { O, S } from "../constants.ts";
import { equal, refused } from "../expect.ts";
import type { Topic } from "../suite.ts";

const unchanged = 0xffffffff;
const [owner, member] = [41001, 41003];
const extraGroup = 41900;

/** A file of the user "owner" with this mode. */
async function owned(root: Actor, name: string, mode: number, gid = owner): Promise<void> {
  await root.create(name, "text");
  await root.chown(name, owner, gid);
  await root.chmod(name, mode);
}

async function mode(root: Actor, name: string): Promise<string> {
  return (await root.stat(name)).mode;
}

async function ownerOf(root: Actor, name: string): Promise<readonly number[]> {
  const { uid, gid } = await root.stat(name);
  return [uid, gid];
}

export const attributes: Topic = {
  topic: "attributes",
  cases: {
    "chmod sets each of the twelve bits": async ({ root, at }) => {
      await root.create(at("file"));
      for (let bit = 1; bit <= 0o4000; bit *= 2) {
        await root.chmod(at("file"), bit);
        equal(await mode(root, at("file")), bit.toString(8).padStart(4, "0"), "mode");
      }
      await root.chmod(at("file"), 0o7777);
      equal(await mode(root, at("file")), "7777", "mode");
    },
    "chmod keeps the type of directories, fifos, sockets and devices": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.chmod(at("d"), 0o1711);
      equal(await mode(root, at("d")), "1711", "mode of the directory");
      for (const type of [S.FIFO, S.SOCKET, S.CHARACTER, S.BLOCK] as const) {
        await root.mknod(at(`n${type}`), type | 0o600, 1, 3);
        await root.chmod(at(`n${type}`), 0o641);
        const stat = await root.stat(at(`n${type}`));
        equal([stat.type, stat.mode], [type, "0641"], "type and mode");
      }
    },
    "fchmod and fchown change an open file": async ({ root, at }) => {
      const fd = await root.open(at("file"), O.CREAT | O.RDWR);
      await root.fchown(fd, 5, 6);
      await root.fchmod(fd, 0o2751);
      const { mode, uid, gid } = await root.stat(at("file"));
      equal({ mode, uid, gid }, { mode: "2751", uid: 5, gid: 6 }, "attributes");
    },
    "the owner changes the mode, others may not": async ({ root, at, as }) => {
      await owned(root, at("file"), 0o666);
      await (await as("owner")).chmod(at("file"), 0o640);
      equal(await mode(root, at("file")), "0640", "mode");
      await refused("EPERM", (await as("mate")).chmod(at("file"), 0o666), "chmod by its group");
      await refused("EPERM", (await as("stranger")).chmod(at("file"), 0o666), "by a stranger");
    },
    "chmod clears setgid when the owner is not in the file's group": async ({ root, at, as }) => {
      await owned(root, at("file"), 0o755, 41999);
      await (await as("owner")).chmod(at("file"), 0o2755);
      equal(await mode(root, at("file")), "0755", "mode");
    },
    "chmod keeps setgid when the owner is in the file's group": async ({ root, at, as }) => {
      await owned(root, at("file"), 0o755);
      await (await as("owner")).chmod(at("file"), 0o2755);
      equal(await mode(root, at("file")), "2755", "mode");
    },
    "a supplementary group counts for setgid": async ({ root, at, as }) => {
      await root.create(at("file"));
      await root.chown(at("file"), member, extraGroup);
      await (await as("member")).chmod(at("file"), 0o2755);
      equal(await mode(root, at("file")), "2755", "mode");
    },
    "root changes owner and group": async ({ root, at }) => {
      await root.create(at("file"));
      await root.chown(at("file"), 123456, 654321);
      equal(await ownerOf(root, at("file")), [123456, 654321], "owner");
    },
    "a value of -1 changes nothing": async ({ root, at }) => {
      await root.create(at("file"));
      await root.chown(at("file"), 5, 6);
      await root.chown(at("file"), unchanged, 7);
      equal(await ownerOf(root, at("file")), [5, 7], "owner after the group");
      await root.chown(at("file"), 8, unchanged);
      equal(await ownerOf(root, at("file")), [8, 7], "owner after the owner");
      await root.chown(at("file"), unchanged, unchanged);
      equal(await ownerOf(root, at("file")), [8, 7], "owner after nothing");
    },
    "numbers of owners may be large": async ({ root, at }) => {
      await root.create(at("file"));
      await root.chown(at("file"), 0xfffffffe, 0x80000000);
      equal(await ownerOf(root, at("file")), [0xfffffffe, 0x80000000], "owner");
    },
    "the owner gives a file to groups it is in, and to no others": async ({ root, at, as }) => {
      await root.create(at("file"));
      await root.chown(at("file"), member, member);
      const process = await as("member");
      await process.chown(at("file"), unchanged, extraGroup);
      equal(await ownerOf(root, at("file")), [member, extraGroup], "owner");
      await refused("EPERM", process.chown(at("file"), unchanged, 41999), "a foreign group");
      await process.chown(at("file"), member, member);
    },
    "the owner does not give a file away": async ({ root, at, as }) => {
      await owned(root, at("file"), 0o666);
      const process = await as("owner");
      await refused("EPERM", process.chown(at("file"), 41004, unchanged), "to somebody");
      await refused("EPERM", process.chown(at("file"), 0, 0), "to root");
    },
    "somebody else changes neither owner nor group": async ({ root, at, as }) => {
      await owned(root, at("file"), 0o777);
      const mate = await as("mate");
      await refused("EPERM", mate.chown(at("file"), 41002, unchanged), "owner");
      await refused("EPERM", mate.chown(at("file"), unchanged, 41001), "group");
    },
    "a user's chown clears setuid and setgid of a program": async ({ root, at, as }) => {
      await root.create(at("file"));
      await root.chown(at("file"), member, member);
      await root.chmod(at("file"), 0o6755);
      await (await as("member")).chown(at("file"), unchanged, extraGroup);
      equal(await mode(root, at("file")), "0755", "mode");
    },
    "root's chown clears setuid and setgid of a program": async ({ root, at }) => {
      await root.create(at("file"));
      await root.chmod(at("file"), 0o6755);
      await root.chown(at("file"), 5, 6);
      equal(await mode(root, at("file")), "0755", "mode");
    },
    "chown keeps setgid of a file that its group may not execute": async ({ root, at }) => {
      await root.create(at("file"));
      await root.chmod(at("file"), 0o6745);
      await root.chown(at("file"), 5, 6);
      equal(await mode(root, at("file")), "2745", "mode");
    },
    "chown keeps setuid and setgid of a directory": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.chmod(at("d"), 0o7755);
      await root.chown(at("d"), 5, 6);
      equal(await mode(root, at("d")), "7755", "mode");
    },
    "a user's write clears setuid and setgid of a program": async ({ root, at, as }) => {
      await owned(root, at("file"), 0o6777);
      const stranger = await as("stranger");
      const fd = await stranger.open(at("file"), O.WRONLY);
      await stranger.write(fd, "more");
      await stranger.close(fd);
      equal(await mode(root, at("file")), "0777", "mode");
    },
    "the owner's own write clears setuid": async ({ root, at, as }) => {
      await owned(root, at("file"), 0o4755);
      const process = await as("owner");
      const fd = await process.open(at("file"), O.WRONLY);
      await process.write(fd, "more");
      await process.close(fd);
      equal(await mode(root, at("file")), "0755", "mode");
    },
    "root's write keeps setuid": async ({ root, at }) => {
      await owned(root, at("file"), 0o4755);
      await root.append(at("file"), "more");
      equal(await mode(root, at("file")), "4755", "mode");
    },
    "a user's truncate clears setuid": async ({ root, at, as }) => {
      await owned(root, at("file"), 0o4777);
      await (await as("stranger")).truncate(at("file"), 1);
      equal(await mode(root, at("file")), "0777", "mode");
    },
    "a read leaves setuid": async ({ root, at, as }) => {
      await owned(root, at("file"), 0o4755);
      await (await as("stranger")).content(at("file"));
      equal(await mode(root, at("file")), "4755", "mode");
    },
    "another process sees a change at once": async ({ root, at, fresh }) => {
      const other = await fresh();
      await root.create(at("file"), "text");
      equal(await mode(other, at("file")), "0644", "mode before");
      await root.chmod(at("file"), 0o600);
      await root.chown(at("file"), 5, 6);
      equal(await mode(other, at("file")), "0600", "mode");
      equal(await ownerOf(other, at("file")), [5, 6], "owner");
    },
    "what is not there is refused": async ({ root, at }) => {
      await root.create(at("file"));
      await refused("ENOENT", root.chmod(at("nothing"), 0o600), "chmod");
      await refused("ENOENT", root.chown(at("nothing"), 1, 1), "chown");
      await refused("ENOTDIR", root.chmod(at("file/x"), 0o600), "chmod below a file");
      await refused("ENOTDIR", root.stat(at("file/x")), "stat below a file");
      await refused("ENOENT", root.stat(at("nothing")), "stat");
    },
    "a file takes room for its data": async ({ root, at }) => {
      const fd = await root.open(at("file"), O.CREAT | O.RDWR);
      equal((await root.fstat(fd)).blocks, 0, "blocks of an empty file");
      await root.fill(fd, 0, 65536, 1);
      await root.fsync(fd);
      equal((await root.fstat(fd)).blocks >= 128, true, "blocks are at least the data");
    },
  },
};
