// Extended attributes: set, replace, read, list, remove, and their limits.

import { O, S, XATTR } from "../constants.ts";
import { equal, refused } from "../expect.ts";
import type { Topic } from "../suite.ts";

const allBytes = String.fromCharCode(...Array.from({ length: 256 }, (_, index) => index));

export const xattrs: Topic = {
  topic: "xattr",
  cases: {
    "a value is kept byte by byte": async ({ root, at }) => {
      await root.create(at("file"));
      await root.setxattr(at("file"), "user.a", allBytes);
      equal(await root.getxattr(at("file"), "user.a"), allBytes, "value");
      equal(await root.getxattrSize(at("file"), "user.a"), 256, "size");
    },
    "a value may be empty": async ({ root, at }) => {
      await root.create(at("file"));
      await root.setxattr(at("file"), "user.a", "");
      equal(await root.getxattr(at("file"), "user.a"), "", "value");
      equal(await root.listxattr(at("file")), ["user.a"], "names");
    },
    "a value is replaced": async ({ root, at }) => {
      await root.create(at("file"));
      for (const value of ["one", "a longer second value", "x"]) {
        await root.setxattr(at("file"), "user.a", value);
        equal(await root.getxattr(at("file"), "user.a"), value, "value");
      }
    },
    "XATTR_CREATE refuses a name that is there": async ({ root, at }) => {
      await root.create(at("file"));
      await root.setxattr(at("file"), "user.a", "one", XATTR.CREATE);
      await refused("EEXIST", root.setxattr(at("file"), "user.a", "two", XATTR.CREATE), "set");
      equal(await root.getxattr(at("file"), "user.a"), "one", "value");
    },
    "XATTR_REPLACE refuses a name that is not there": async ({ root, at }) => {
      await root.create(at("file"));
      await refused("ENODATA", root.setxattr(at("file"), "user.a", "x", XATTR.REPLACE), "set");
      await root.setxattr(at("file"), "user.a", "one");
      await root.setxattr(at("file"), "user.a", "two", XATTR.REPLACE);
      equal(await root.getxattr(at("file"), "user.a"), "two", "value");
    },
    "names are listed": async ({ root, at }) => {
      await root.create(at("file"));
      equal(await root.listxattr(at("file")), [], "names of a new file");
      const names = Array.from({ length: 20 }, (_, index) => `user.name${index}`).sort();
      for (const name of names) {
        await root.setxattr(at("file"), name, "x");
      }
      equal(await root.listxattr(at("file")), names, "names");
    },
    "a name is removed": async ({ root, at }) => {
      await root.create(at("file"));
      await root.setxattr(at("file"), "user.a", "one");
      await root.setxattr(at("file"), "user.b", "two");
      await root.removexattr(at("file"), "user.a");
      await refused("ENODATA", root.getxattr(at("file"), "user.a"), "get");
      await refused("ENODATA", root.removexattr(at("file"), "user.a"), "second remove");
      equal(await root.listxattr(at("file")), ["user.b"], "names");
    },
    "what is not there is refused": async ({ root, at }) => {
      await root.create(at("file"));
      await refused("ENODATA", root.getxattr(at("file"), "user.a"), "name");
      await refused("ENOENT", root.getxattr(at("nothing"), "user.a"), "file");
      await refused("ENOENT", root.setxattr(at("nothing"), "user.a", "x"), "set");
    },
    "a buffer that is too short is refused": async ({ root, at }) => {
      await root.create(at("file"));
      await root.setxattr(at("file"), "user.a", "0123456789");
      await refused("ERANGE", root.getxattr(at("file"), "user.a", 5), "get");
    },
    "names have up to 255 bytes": async ({ root, at }) => {
      await root.create(at("file"));
      const name = `user.${"n".repeat(250)}`;
      await root.setxattr(at("file"), name, "x");
      equal(await root.getxattr(at("file"), name), "x", "value");
      await refused("ERANGE", root.setxattr(at("file"), `${name}n`, "x"), "256 bytes");
      await refused("ERANGE", root.setxattr(at("file"), "", "x"), "no bytes");
    },
    "values have up to 65536 bytes": async ({ root, at }) => {
      await root.create(at("file"));
      const value = "0123456789abcdef".repeat(4096);
      await root.setxattr(at("file"), "user.a", value);
      equal((await root.getxattr(at("file"), "user.a")) === value, true, "the value is the same");
      await refused("E2BIG", root.setxattr(at("file"), "user.a", `${value}x`), "65537 bytes");
    },
    "a value of four thousand bytes is kept": async ({ root, at }) => {
      await root.create(at("file"));
      const value = "0123456789abcdef".repeat(200);
      await root.setxattr(at("file"), "user.a", value);
      equal((await root.getxattr(at("file"), "user.a")) === value, true, "the value is the same");
    },
    "directories have attributes": async ({ root, at }) => {
      await root.mkdir(at("d"));
      await root.setxattr(at("d"), "user.a", "one");
      await root.create(at("d/file"));
      equal(await root.getxattr(at("d"), "user.a"), "one", "value");
      equal(await root.listxattr(at("d/file")), [], "names of a file inside");
    },
    "attributes follow the inode": async ({ root, at }) => {
      await root.create(at("a"));
      await root.setxattr(at("a"), "user.a", "one");
      await root.link(at("a"), at("b"));
      await root.rename(at("a"), at("c"));
      equal(await root.getxattr(at("b"), "user.a"), "one", "by the link");
      equal(await root.getxattr(at("c"), "user.a"), "one", "by the new name");
    },
    "attributes are set and read by descriptor, also without a name": async ({ root, at }) => {
      const fd = await root.open(at("file"), O.CREAT | O.RDWR);
      await root.fsetxattr(fd, "user.a", "one");
      equal(await root.getxattr(at("file"), "user.a"), "one", "by name");
      await root.unlink(at("file"));
      await root.fsetxattr(fd, "user.b", "two");
      equal(await root.fgetxattr(fd, "user.b"), "two", "without a name");
    },
    "a new file of an old name has none": async ({ root, at }) => {
      await root.create(at("file"));
      await root.setxattr(at("file"), "user.a", "one");
      await root.unlink(at("file"));
      await root.create(at("file"));
      await refused("ENODATA", root.getxattr(at("file"), "user.a"), "get");
      equal(await root.listxattr(at("file")), [], "names");
    },
    "another process sees a change at once": async ({ root, at, fresh }) => {
      const other = await fresh();
      await root.create(at("file"));
      await refused("ENODATA", other.getxattr(at("file"), "user.a"), "get before");
      await root.setxattr(at("file"), "user.a", "one");
      equal(await other.getxattr(at("file"), "user.a"), "one", "value");
      await root.removexattr(at("file"), "user.a");
      await refused("ENODATA", other.getxattr(at("file"), "user.a"), "get after");
    },
    "the right to read is needed to get, the right to write to set": async (context) => {
      const { root, at, as } = context;
      await root.create(at("file"));
      await root.setxattr(at("file"), "user.a", "one");
      const stranger = await as("stranger");
      await root.chmod(at("file"), 0o644);
      equal(await stranger.getxattr(at("file"), "user.a"), "one", "value");
      await refused("EACCES", stranger.setxattr(at("file"), "user.a", "x"), "set");
      await refused("EACCES", stranger.removexattr(at("file"), "user.a"), "remove");
      await root.chmod(at("file"), 0o600);
      await refused("EACCES", stranger.getxattr(at("file"), "user.a"), "get");
    },
    "trusted attributes are for root": async ({ root, at, as }) => {
      await root.create(at("file"), "", 0o666);
      await root.setxattr(at("file"), "trusted.a", "one");
      equal(await root.getxattr(at("file"), "trusted.a"), "one", "value");
      const stranger = await as("stranger");
      await refused("EPERM", stranger.setxattr(at("file"), "trusted.b", "x"), "set");
      await refused("ENODATA", stranger.getxattr(at("file"), "trusted.a"), "get");
    },
    "fifos and symbolic links have no attributes of users": async ({ root, at }) => {
      await root.mknod(at("fifo"), S.FIFO | 0o600);
      await refused("EPERM", root.setxattr(at("fifo"), "user.a", "x"), "fifo");
    },
  },
};
