// Rules between keys, one by one.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LineChecks } from "../../../src/inventory/check.ts";
import { problemsAfter, problemsIn, validText } from "./inventory-text.ts";

interface Rule {
  readonly name: string;
  readonly piece: string;
  readonly replacement: string;
  readonly problems: readonly string[];
}

const rules: readonly Rule[] = [
  {
    name: "a second master is refused",
    piece: "[chunkserver, client]",
    replacement: "[chunkserver, client, master]",
    problems: [
      'i.yaml:11:34 hosts.cm01.roles[2]: is a second master beside "meta01", expected exactly one',
    ],
  },
  {
    name: "a cluster needs a master",
    piece: "[master]",
    replacement: "[metalogger]",
    problems: ['i.yaml:5:1 hosts: no host has the role "master", expected exactly one'],
  },
  {
    name: "a cluster needs a chunkserver, and disks and labels need the role",
    piece: "[chunkserver, client]\n",
    replacement: "[client]\n    labels: [A]\n",
    problems: [
      'i.yaml:5:1 hosts: no host has the role "chunkserver", expected at least one',
      'i.yaml:12:5 hosts.cm01.labels: the host has no role "chunkserver", expected no labels',
      'i.yaml:13:5 hosts.cm01.disks: the host has no role "chunkserver", expected no disks',
    ],
  },
  {
    name: "a misspelled role hides no master and accuses no disk",
    piece: "[chunkserver, client]",
    replacement: "[chunksever, client]",
    problems: [
      'i.yaml:11:13 hosts.cm01.roles[0]: is "chunksever", expected "master" or "metalogger" or "chunkserver" or "client" or "monitor"; did you mean "chunkserver"?',
    ],
  },
  {
    name: "a chunkserver without disks is refused",
    piece: "    disks: [/mnt/a, /mnt/b]\n",
    replacement: "",
    problems: [
      "i.yaml:11:13 hosts.cm01.roles[0]: the chunkserver has no disks, expected at least one",
    ],
  },
  {
    name: "a client with an empty list of mounts is refused",
    piece: "[{ path: /home/work/share }]",
    replacement: "[]",
    problems: ["i.yaml:13:13 hosts.cm01.mounts: the client has no mounts, expected at least one"],
  },
  {
    name: "mounts need the role client",
    piece: "[chunkserver, client]",
    replacement: "[chunkserver]",
    problems: ['i.yaml:13:5 hosts.cm01.mounts: the host has no role "client", expected no mounts'],
  },
  {
    name: "roles and labels stand once each",
    piece: "[chunkserver, client]\n",
    replacement: "[chunkserver, client, client]\n    labels: [A, A]\n",
    problems: [
      'i.yaml:11:34 hosts.cm01.roles[2]: is "client" again, expected each once',
      'i.yaml:12:17 hosts.cm01.labels[1]: is "A" again, expected each once',
    ],
  },
  {
    name: "an address belongs to one host, whatever its case",
    piece: "10.0.0.1\n    roles: [master]\n  cm01:\n    address: 10.0.0.11",
    replacement: "Node.lan\n    roles: [master]\n  cm01:\n    address: node.lan",
    problems: [
      'i.yaml:10:14 hosts.cm01.address: is "node.lan", the address of "meta01", expected one of its own',
    ],
  },
  {
    name: "the moving address belongs to no host",
    piece: "hosts:\n",
    replacement: "failover: { via: vip, vip: { address: 10.0.0.1/24, interface: eth0 } }\nhosts:\n",
    problems: [
      'i.yaml:8:14 hosts.meta01.address: is "10.0.0.1", the address failover.vip moves, expected one that stays',
    ],
  },
  {
    name: "failover by a moving address needs that address",
    piece: "hosts:\n",
    replacement: "failover: { via: vip }\nhosts:\n",
    problems: [
      'i.yaml:5:18 failover.via: is "vip" and failover.vip is missing, expected its address and interface',
    ],
  },
  {
    name: "engine source needs a build host",
    piece: "engine: packages",
    replacement: "engine: source",
    problems: [
      'i.yaml:2:9 engine: engine "source" compiles on a host and build_host is missing, expected the name of a host',
    ],
  },
  {
    name: "fuse from source needs a build host and a tarball",
    piece: "hosts:\n",
    replacement: "fuse: { from: source }\nhosts:\n",
    problems: ["i.yaml:5:1 fuse.tarball: is missing, expected a file on the control machine"],
  },
  {
    name: "fuse from source with its tarball still needs a build host",
    piece: "hosts:\n",
    replacement: "fuse: { from: source, tarball: fuse.tar.gz }\nhosts:\n",
    problems: [
      "i.yaml:5:15 fuse.from: fuse from source compiles on a host and build_host is missing, expected the name of a host",
    ],
  },
  {
    name: "the build host is a host of the inventory",
    piece: "hosts:\n",
    replacement: "build_host: cm1\nhosts:\n",
    problems: [
      'i.yaml:5:13 build_host: is "cm1", which is no host, expected the name of one; did you mean "cm01"?',
    ],
  },
  {
    name: "a disk has one size only, since mfshdd.cfg holds one",
    piece: "[/mnt/a, /mnt/b]",
    replacement: "[{ path: /mnt/a, leave_free: 4GiB, limit: 1TiB }]",
    problems: [
      "i.yaml:12:29 hosts.cm01.disks[0].leave_free: stands beside limit, expected one of the two",
    ],
  },
  {
    name: "a link is no mount point",
    piece: "[/mnt/a, /mnt/b]",
    replacement: "[{ path: /mnt/a, mountpoint: required, link_to: /home/a }]",
    problems: [
      'i.yaml:12:51 hosts.cm01.disks[0].link_to: stands beside mountpoint "required", expected one of the two',
    ],
  },
  {
    name: "a disk stands once",
    piece: "[/mnt/a, /mnt/b]",
    replacement: "[/mnt/a, { path: /mnt/a }]",
    problems: [
      'i.yaml:12:29 hosts.cm01.disks[1].path: is "/mnt/a", already the disk of this host, expected another folder',
    ],
  },
  {
    name: "a link target is no other disk",
    piece: "[/mnt/a, /mnt/b]",
    replacement: "[/mnt/a, { path: /mnt/b, link_to: /mnt/a }]",
    problems: [
      'i.yaml:12:46 hosts.cm01.disks[1].link_to: is "/mnt/a", already the disk of this host, expected another folder',
    ],
  },
  {
    name: "a mount is not inside a disk and holds no link target",
    piece: "[/mnt/a, /mnt/b]\n    mounts: [{ path: /home/work/share }]",
    replacement:
      "[/mnt/a, { path: /mnt/b, link_to: /home/data/b }]\n    mounts: [{ path: /mnt/a/m }, { path: /home/data }]",
    problems: [
      'i.yaml:13:22 hosts.cm01.mounts[0].path: is "/mnt/a/m", inside the disk "/mnt/a", expected a folder outside of it',
      'i.yaml:13:42 hosts.cm01.mounts[1].path: is "/home/data", which holds the link target "/home/data/b", expected a folder beside it',
    ],
  },
  {
    name: "folders whose names only begin alike do not clash",
    piece: "[/mnt/a, /mnt/b]",
    replacement: "[/mnt/a, /mnt/a2]",
    problems: [],
  },
];

for (const { name, piece, replacement, problems } of rules) {
  test(name, () => assert.deepEqual(problemsAfter(piece, replacement), problems));
}

test("lines and settings are judged by the checks of their files, and each finding is located", () => {
  const seen: unknown[] = [];
  const checks: LineChecks = {
    exports: (lines) => (seen.push(lines), [{ index: 1, message: "is odd, expected even" }]),
    topology: (lines) => (seen.push(lines), []),
    settings: (daemon, settings) => {
      seen.push([daemon, settings]);
      return Object.keys(settings).map((name) => ({ name, message: "is odd, expected even" }));
    },
  };
  const text = validText
    .replace('  - "* / rw"\n', '  - "* / rw"\n  - 5\n')
    .replace("hosts:\n", "settings: { mfsmaster: { NICE_LEVEL: 1 } }\nhosts:\n")
    .replace("    roles: [master]\n", "$&    settings: { mfsmaster: { LOCK_MEMORY: 1 } }\n");
  assert.deepEqual(problemsIn(text, checks), [
    "i.yaml:5:5 exports[1]: is 5, expected one line of 1 to 990 printable ASCII characters",
    "i.yaml:5:5 exports[1]: is odd, expected even",
    "i.yaml:6:38 settings.mfsmaster.NICE_LEVEL: is odd, expected even",
    "i.yaml:11:43 hosts.meta01.settings.mfsmaster.LOCK_MEMORY: is odd, expected even",
  ]);
  assert.deepEqual(seen[0], ["* / rw", ""], "a line that is no text leaves a gap");
  assert.deepEqual(seen[2], ["mfsmaster", { NICE_LEVEL: 1, LOCK_MEMORY: 1 }], "a host gets both");
});
