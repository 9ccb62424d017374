// Small programs of a simulated machine: coreutils, mount table, accounts, sockets.

import { FakeFailure, parentOf } from "./files.ts";
import type { FakeMachine } from "./machine.ts";
import { sumsOf } from "./unit-commands.ts";
import { options, type FakeSystem, type Program } from "./program.ts";

/** Splits `owner:group` and refuses names that the machine does not know. */
export function owners(machine: FakeMachine, word: string): { owner?: string; group?: string } {
  const [owner = "", group = ""] = word.split(":");
  if (owner !== "" && !machine.users.has(owner)) throw new FakeFailure(`invalid user: '${word}'`);
  if (group !== "" && !machine.groups.has(group)) throw new FakeFailure(`invalid group: '${word}'`);
  return { ...(owner === "" ? {} : { owner }), ...(group === "" ? {} : { group }) };
}

function kernelFile(system: FakeSystem, path: string): string | undefined {
  const { machine } = system;
  switch (path) {
    case "/proc/self/mounts":
      return machine.mounts
        .map(
          ({ source, path: at, type }) =>
            `${source} ${at.replaceAll(" ", "\\040")} ${type} rw 0 0\n`,
        )
        .join("");
    case "/proc/filesystems":
      return [...machine.kernelFilesystems].map((name) => `\t${name}\n`).join("");
    case "/sys/fs/selinux/enforce":
      return machine.selinux ? "1" : undefined;
    default:
      return machine.files.read(path);
  }
}

const cat: Program = ({ system, words }) => {
  const parts = words.map((path) => kernelFile(system, path));
  const missing = words.filter((_, index) => parts[index] === undefined);
  return {
    code: missing.length === 0 ? 0 : 1,
    stdout: parts.join(""),
    stderr: missing.map((path) => `cat: ${path}: No such file or directory\n`).join(""),
  };
};

const install: Program = ({ system, words }) => {
  const { flags, values, rest } = options(words, { flags: ["-d"], values: ["-m", "-o", "-g"] });
  if (!flags.has("-d")) throw new Error("the fake knows only `install -d`");
  const { files } = system.machine;
  const mode = Number.parseInt(values.get("-m") ?? "0755", 8);
  const who = owners(system.machine, `${values.get("-o") ?? "root"}:${values.get("-g") ?? "root"}`);
  for (const path of rest) files.makeFolder(path, { mode, ...who });
  return {};
};

const chown: Program = ({ system, words }) => {
  const { rest } = options(words, { flags: ["-h"] });
  const [who = "", ...paths] = rest;
  for (const path of paths) system.machine.files.change(path, owners(system.machine, who));
  return {};
};

const chmod: Program = ({ system, words }) => {
  const { rest } = options(words, {});
  const [mode = "", ...paths] = rest;
  for (const path of paths) system.machine.files.change(path, { mode: Number.parseInt(mode, 8) });
  return {};
};

const ln: Program = ({ system, words }) => {
  const { flags, rest } = options(words, { flags: ["-s", "-T"] });
  const [target = "", path = ""] = rest;
  if (!flags.has("-s") || !flags.has("-T")) throw new Error("the fake knows only `ln -s -T`");
  system.machine.files.symlink(target, path);
  return {};
};

const mkdir: Program = ({ system, words }) => {
  const { flags, rest } = options(words, { flags: ["-p"] });
  for (const path of rest) {
    if (!flags.has("-p") && system.machine.files.lstat(path) !== undefined) {
      throw new FakeFailure(`cannot create directory '${path}': File exists`);
    }
    system.machine.files.makeFolder(path);
  }
  return {};
};

const rm: Program = ({ system, words }) => {
  const { flags, rest } = options(words, { flags: ["-f", "-r", "-rf"] });
  for (const path of rest) {
    const node = system.machine.files.lstat(path);
    if (node === undefined && flags.size === 0)
      throw new FakeFailure(`cannot remove '${path}': No such file or directory`);
    if (node?.type === "folder" && !flags.has("-r") && !flags.has("-rf")) {
      throw new FakeFailure(`cannot remove '${path}': Is a directory`);
    }
    system.machine.files.remove(path);
  }
  return {};
};

const test: Program = ({ system, words }) => {
  const [operator, path = ""] = words;
  const node = system.machine.files.stat(path);
  const holds: Readonly<Record<string, boolean>> = {
    "-e": node !== undefined,
    "-f": node?.type === "file",
    "-d": node?.type === "folder",
    "-s": (node?.content.length ?? 0) > 0,
  };
  const answer = holds[operator ?? ""];
  if (answer === undefined) throw new Error(`the fake does not know "test ${words.join(" ")}"`);
  return { code: answer ? 0 : 1 };
};

const find: Program = ({ system, words }) => {
  const [folder = "", ...rest] = words;
  if (rest.join(" ") !== "-mindepth 1 -maxdepth 1 -type f -printf %f\\t%s\\t%T@\\n") {
    throw new Error(`the fake does not know "find ${words.join(" ")}"`);
  }
  const names = system.machine.files.list(folder);
  if (names === undefined) throw new FakeFailure(`'${folder}': No such file or directory`);
  const rows = names.flatMap((name) => {
    const node = system.machine.files.lstat(`${folder}/${name}`);
    return node?.type === "file"
      ? [`${name}\t${node.content.length}\t${node.mtimeMs / 1000}\n`]
      : [];
  });
  return { stdout: rows.join("") };
};

const mountpoint: Program = ({ system, words }) => {
  const { rest } = options(words, { flags: ["-q"] });
  return { code: system.machine.isMounted(rest[0] ?? "") ? 0 : 32 };
};

const umount: Program = ({ system, words }) => {
  const { flags, rest } = options(words, { flags: ["-l"] });
  const { machine } = system;
  const path = rest[0] ?? "";
  if (!machine.isMounted(path)) throw new FakeFailure(`${path}: not mounted.`, 32);
  if (machine.busyMounts.has(path) && !flags.has("-l"))
    throw new FakeFailure(`${path}: target is busy.`, 32);
  machine.mounts = machine.mounts.filter((mount) => mount.path !== path);
  const process = system.moosefs.unmounted(machine, path);
  if (process !== undefined) {
    machine.processes.delete(process.pid);
    system.systemd.ended(process, "inactive");
  }
  return {};
};

const getent: Program = ({ system, words }) => {
  const { machine } = system;
  const [table = "", name = ""] = words;
  switch (table) {
    case "passwd": {
      const user = machine.users.get(name);
      return user === undefined
        ? { code: 2 }
        : { stdout: `${name}:x:${user.uid}:${user.gid}::/home/${name}:/bin/bash\n` };
    }
    case "group": {
      const gid = machine.groups.get(name);
      return gid === undefined ? { code: 2 } : { stdout: `${name}:x:${gid}:\n` };
    }
    case "ahostsv4": {
      const address = machine.resolve(name);
      return address === undefined
        ? { code: 2 }
        : { stdout: `${address}     STREAM ${name}\n${address}     DGRAM  \n` };
    }
    default:
      throw new Error(`the fake does not know "getent ${words.join(" ")}"`);
  }
};

const groupadd: Program = ({ system, words }) => {
  const { rest } = options(words, { flags: ["--system"] });
  const name = rest[0] ?? "";
  if (system.machine.groups.has(name)) throw new FakeFailure(`group '${name}' already exists`, 9);
  system.machine.groups.set(name, 1000 - system.machine.groups.size);
  return {};
};

const useradd: Program = ({ system, words }) => {
  const { machine } = system;
  const { values, rest } = options(words, {
    flags: ["--system", "--create-home"],
    values: ["--shell", "--gid"],
  });
  const name = rest[0] ?? "";
  const gid = machine.groups.get(values.get("--gid") ?? "");
  if (gid === undefined)
    throw new FakeFailure(`group '${values.get("--gid") ?? ""}' does not exist`, 6);
  if (machine.users.has(name)) throw new FakeFailure(`user '${name}' already exists`, 9);
  machine.users.set(name, { uid: 1000 - machine.users.size, gid });
  machine.files.makeFolder(`/home/${name}`, { owner: name, group: values.get("--gid") ?? name });
  return {};
};

const modprobe: Program = ({ system, words }) => {
  const { machine } = system;
  const { flags, rest } = options(words, { flags: ["-n", "-q"] });
  const name = rest[0] ?? "";
  if (!machine.tools.has("modprobe")) throw new FakeFailure("command not found", 127);
  if (!machine.kernelModules.has(name)) throw new FakeFailure(`FATAL: Module ${name} not found`);
  if (flags.has("-n")) return {};
  machine.kernelFilesystems.add(name);
  if (machine.files.lstat(`/dev/${name}`) === undefined) machine.files.makeOther(`/dev/${name}`);
  return {};
};

const ss: Program = ({ system, words }) => {
  if (words.join(" ") !== "-Hltnp")
    throw new Error(`the fake does not know "ss ${words.join(" ")}"`);
  const rows = system.machine
    .listeners()
    .flatMap(({ name, pid, ports }) =>
      ports.map(
        (port) => `LISTEN 0 100 0.0.0.0:${port} 0.0.0.0:* users:(("${name}",pid=${pid},fd=5))\n`,
      ),
    );
  return { stdout: rows.join("") };
};

const sha256sum: Program = ({ system, words }) => {
  if (words[0] !== "--check" || words[1] !== "--status") {
    throw new Error(`the fake does not know "sha256sum ${words.join(" ")}"`);
  }
  const { files } = system.machine;
  const sums = files.read(words[2] ?? "");
  const paths = (sums ?? "").split("\n").map((line) => line.slice(66));
  return { code: sums !== undefined && sumsOf(files, paths) === sums ? 0 : 1 };
};

const touch: Program = ({ system, words }) => {
  for (const path of words) {
    if (system.machine.files.stat(parentOf(path)) === undefined) {
      throw new FakeFailure(`cannot touch '${path}': No such file or directory`);
    }
    system.machine.files.touch(path);
  }
  return {};
};

/** By name as it stands first in an argv. */
export const coreutils: Readonly<Record<string, Program>> = {
  cat,
  chmod,
  chown,
  find,
  getent,
  groupadd,
  hostname: ({ system: { machine } }) => ({
    stdout: `${[machine.address, ...machine.movedAddresses].join(" ")} \n`,
  }),
  id: () => ({ stdout: "0\n" }),
  install,
  ln,
  mkdir,
  modprobe,
  mountpoint,
  rm,
  sha256sum,
  ss,
  test,
  touch,
  true: () => ({}),
  umount,
  uname: () => ({ stdout: "x86_64\n" }),
  useradd,
};
