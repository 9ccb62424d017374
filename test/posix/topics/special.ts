// Fifos, sockets and device nodes.

import { O, S } from "../constants.ts";
import { equal, refused } from "../expect.ts";
import type { Topic } from "../suite.ts";

export const special: Topic = {
  topic: "special",
  cases: {
    "a fifo has its type, mode and no size": async ({ root, at }) => {
      await root.mknod(at("fifo"), S.FIFO | 0o640);
      const { type, mode, size, links } = await root.stat(at("fifo"));
      equal([type, mode, size, links], [S.FIFO, "0640", 0, 1], "attributes");
    },
    "the umask takes bits from the mode of a fifo": async ({ root, at }) => {
      await root.umask(0o027);
      await root.mknod(at("fifo"), S.FIFO | 0o666);
      equal((await root.stat(at("fifo"))).mode, "0640", "mode");
    },
    "data goes through a fifo": async ({ root, at, fresh }) => {
      await root.mknod(at("fifo"), S.FIFO | 0o600);
      const other = await fresh();
      const [reader, writer] = await Promise.all([
        root.open(at("fifo"), O.RDONLY),
        other.open(at("fifo"), O.WRONLY),
      ]);
      await other.write(writer, "text");
      equal(await root.read(reader, 10), "text", "data");
      await other.close(writer);
      equal(await root.read(reader, 10), "", "data at the end");
    },
    "a fifo without a reader refuses a writer that does not wait": async ({ root, at }) => {
      await root.mknod(at("fifo"), S.FIFO | 0o600);
      await refused("ENXIO", root.open(at("fifo"), O.WRONLY | O.NONBLOCK), "open");
      await root.open(at("fifo"), O.RDONLY | O.NONBLOCK);
      await root.open(at("fifo"), O.WRONLY | O.NONBLOCK);
    },
    "a fifo can be opened by whom its mode allows": async ({ root, at, as }) => {
      await root.mknod(at("fifo"), S.FIFO | 0o600);
      const stranger = await as("stranger");
      await refused("EACCES", stranger.open(at("fifo"), O.RDONLY | O.NONBLOCK), "open");
    },
    "a fifo in use lives on without a name": async ({ root, at, fresh }) => {
      await root.mknod(at("fifo"), S.FIFO | 0o600);
      const other = await fresh();
      const [reader, writer] = await Promise.all([
        root.open(at("fifo"), O.RDONLY),
        other.open(at("fifo"), O.WRONLY),
      ]);
      await root.unlink(at("fifo"));
      await other.write(writer, "text");
      equal(await root.read(reader, 10), "text", "data");
    },
    "a socket is made by bind and reached by name": async ({ root, at }) => {
      const fd = await root.bindSocket(at("socket"));
      equal((await root.stat(at("socket"))).type, S.SOCKET, "type");
      await root.sendDatagram(at("socket"), "text");
      equal(await root.receiveDatagram(fd), "text", "data");
    },
    "a socket's name stays when the socket is closed": async ({ root, at }) => {
      await root.close(await root.bindSocket(at("socket")));
      equal((await root.stat(at("socket"))).type, S.SOCKET, "type");
      await refused("EADDRINUSE", root.bindSocket(at("socket")), "bind to the same name");
      await refused("ECONNREFUSED", root.sendDatagram(at("socket"), "text"), "send");
      await refused("ENXIO", root.open(at("socket")), "open");
      await root.unlink(at("socket"));
    },
    "devices keep their numbers": async ({ root, at }) => {
      for (const [type, major, minor] of [
        [S.CHARACTER, 1, 3],
        [S.BLOCK, 7, 200],
        [S.CHARACTER, 255, 255],
      ] as const) {
        const name = at(`device-${type}-${major}`);
        await root.mknod(name, type | 0o600, major, minor);
        const stat = await root.stat(name);
        equal([stat.type, stat.device], [type, `${major}:${minor}`], "type and numbers");
      }
    },
    "only root makes devices, everybody makes fifos and sockets": async (context) => {
      const { root, dir, at, as } = context;
      await root.chmod(dir, 0o777);
      const owner = await as("owner");
      await refused("EPERM", owner.mknod(at("c"), S.CHARACTER | 0o600, 1, 3), "character");
      await refused("EPERM", owner.mknod(at("b"), S.BLOCK | 0o600, 7, 0), "block");
      await owner.mknod(at("fifo"), S.FIFO | 0o600);
      await owner.mknod(at("socket"), S.SOCKET | 0o600);
      equal((await root.stat(at("fifo"))).uid, 41001, "owner of the fifo");
    },
    "mknod makes plain files too": async ({ root, at }) => {
      await root.mknod(at("file"), S.FILE | 0o640);
      const { type, mode, size } = await root.stat(at("file"));
      equal([type, mode, size], [S.FILE, "0640", 0], "attributes");
      await root.append(at("file"), "text");
      equal(await root.content(at("file")), "text", "content");
    },
    "mknod makes no directories": async ({ root, at }) => {
      await refused(["EPERM", "EINVAL"], root.mknod(at("d"), S.DIRECTORY | 0o755), "mknod");
    },
    "a name that is taken is refused": async ({ root, at }) => {
      await root.create(at("file"));
      await root.symlink("nothing", at("link"));
      for (const name of ["file", "link"]) {
        await refused("EEXIST", root.mknod(at(name), S.FIFO | 0o600), name);
      }
    },
    "what is not there is refused": async ({ root, at }) => {
      await root.create(at("file"));
      await refused("ENOENT", root.mknod(at("nothing/fifo"), S.FIFO | 0o600), "directory");
      await refused("ENOTDIR", root.mknod(at("file/fifo"), S.FIFO | 0o600), "below a file");
    },
    "a fifo has no offset and cannot be cut": async ({ root, at }) => {
      await root.mknod(at("fifo"), S.FIFO | 0o600);
      const fd = await root.open(at("fifo"), O.RDWR);
      await refused("ESPIPE", root.seek(fd, 0), "seek");
      await refused("EINVAL", root.ftruncate(fd, 0), "ftruncate");
      await refused("EINVAL", root.truncate(at("fifo"), 0), "truncate");
    },
  },
};
