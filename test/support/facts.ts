// Hand-made facts for tests of what judges them: a small healthy cluster, and worlds in which one thing is otherwise.

import { mastershipOf, type World } from "../../src/facts/world.ts";
import type { HostFacts, ListenerFact, PathFact, UnitFact } from "../../src/facts/host-facts.ts";
import { parseInventory } from "../../src/inventory/load.ts";

/** Three hosts: meta01 (master, monitor), meta02 (metalogger), cm01 (chunkserver with two disks, client). */
export const clusterText = `cluster: lab
engine: packages
exports:
  - "* / rw"
hosts:
  meta01: { address: 10.0.0.1, roles: [master, monitor] }
  meta02: { address: 10.0.0.2, roles: [metalogger] }
  cm01:
    address: 10.0.0.11
    roles: [chunkserver, client]
    disks: [/mnt/a, { path: /mnt/b, mountpoint: required }]
    mounts: [{ path: /home/work/share }]
`;

const gibibyte = 1024 ** 3;

/** A bare and healthy Debian host; `over` says what is otherwise. */
export function hostFacts(host: string, over: Partial<HostFacts> = {}): HostFacts {
  const room = { freeBytes: 50 * gibibyte, totalBytes: 100 * gibibyte };
  const places = ["/home/work/local/mfs/etc/mfs", "/home/work/local/mfs/var/mfs"];
  return {
    host,
    family: ["debian"],
    osVersion: "Debian GNU/Linux 12 (bookworm)",
    architecture: "x86_64",
    userId: 0,
    tools: new Set(
      "apt-get base64 bash find flock fusermount3 modprobe mountpoint od rsync ss stat systemctl timeout".split(
        " ",
      ),
    ),
    packages: new Map(),
    user: undefined,
    group: undefined,
    paths: new Map([["/dev/fuse", pathFact("other")]]),
    units: new Map([["mfs-master.service", unitFact()]]),
    mounts: [{ source: "/dev/sdb", path: "/mnt/b", type: "ext4" }],
    listeners: [],
    fuse: true,
    nofileHard: 1_048_576,
    nrOpen: 1_048_576,
    init: { nofileHard: 1_048_576, mayRaise: true },
    fuseLoadable: true,
    clockOffsetMs: 0,
    clockErrorMs: 10,
    space: new Map([...places, "/mnt/a", "/mnt/b"].map((path) => [path, room])),
    selinuxEnforcing: false,
    addresses: [],
    masterAddresses: [],
    dataFiles: [],
    heads: new Map(),
    parents: new Map(
      places.map((path) => [path, { path: "/home", isFolder: true, writable: true }]),
    ),
    ...over,
  };
}

/** Something at a path; a folder has no entries unless given. */
export function pathFact(type: PathFact["type"], over: Partial<PathFact> = {}): PathFact {
  return { type, mode: 0o755, owner: "root", group: "root", size: 0, mtimeMs: 0, ...over };
}

/** A unit that is not there unless told otherwise. */
export function unitFact(over: Partial<UnitFact> = {}): UnitFact {
  return {
    load: "not-found",
    active: "inactive",
    sub: "dead",
    file: "",
    pid: 0,
    needDaemonReload: false,
    ...over,
  };
}

/** A program that listens on all addresses unless told otherwise. */
export function listener(port: number, over: Partial<ListenerFact> = {}): ListenerFact {
  const pid = over.pid ?? 4711;
  return { address: "0.0.0.0", port, process: "nginx", pid, pids: [pid], ...over };
}

/** What differs from the healthy cluster. */
export interface WorldChange {
  readonly text?: string;
  /** By host. */
  readonly facts?: Readonly<Record<string, Partial<HostFacts>>>;
  readonly unreachable?: World["unreachable"];
}

/** The cluster of `clusterText` before its first deploy, changed as told. */
export function world({
  text = clusterText,
  facts = {},
  unreachable = new Map(),
}: WorldChange = {}): World {
  const inventory = parseInventory(text, "inventory.yaml");
  const known = new Map(
    Object.keys(inventory.hosts)
      .filter((name) => !unreachable.has(name))
      .map((name) => [name, hostFacts(name, facts[name])]),
  );
  return {
    inventory,
    facts: known,
    unreachable,
    cluster: undefined,
    goals: new Map(),
    mastership: mastershipOf(inventory, known),
  };
}
