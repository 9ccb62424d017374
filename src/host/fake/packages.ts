// Package managers of a simulated machine. A package whose own unit is not masked starts its daemon at once, as
// Debian's do; apt-get finds nothing before its lists were fetched.

import { FakeFailure } from "./files.ts";
import type { FakePackage } from "./machine.ts";
import type { FakeSystem, Program } from "./program.ts";

const moosefs = { version: "3.0.117-1", tools: [] } as const;

/** What the repositories of both families hold. */
const repository: Readonly<Record<string, FakePackage>> = {
  "moosefs-master": {
    ...moosefs,
    files: ["/usr/sbin/mfsmaster", "/usr/sbin/mfsmetadump"],
    unit: "moosefs-master.service",
    ports: [9419, 9420, 9421],
  },
  "moosefs-metalogger": {
    ...moosefs,
    files: ["/usr/sbin/mfsmetalogger"],
    unit: "moosefs-metalogger.service",
  },
  "moosefs-chunkserver": {
    ...moosefs,
    files: ["/usr/sbin/mfschunkserver"],
    unit: "moosefs-chunkserver.service",
    ports: [9422],
  },
  "moosefs-client": { ...moosefs, files: ["/usr/bin/mfsmount"] },
  "moosefs-cgiserv": {
    ...moosefs,
    files: ["/usr/sbin/mfscgiserv"],
    unit: "moosefs-cgiserv.service",
    ports: [9425],
  },
  fuse3: { version: "3.14.0-4", files: ["/usr/bin/fusermount3"], tools: ["fusermount3"] },
  rsync: { version: "3.2.7-1", files: ["/usr/bin/rsync"], tools: ["rsync"] },
  iproute2: { version: "6.1.0-3", files: [], tools: ["ss", "ip"] },
  iproute: { version: "6.11.0-1", files: [], tools: ["ss", "ip"] },
  kmod: { version: "30-1", files: [], tools: ["modprobe"] },
};

const familyOnly: Readonly<Record<string, "debian" | "rhel">> = {
  iproute2: "debian",
  iproute: "rhel",
};

function find(system: FakeSystem, name: string): FakePackage {
  const found = repository[name];
  const family = familyOnly[name] ?? system.machine.family;
  if (found === undefined || family !== system.machine.family || !system.machine.packageLists) {
    throw new FakeFailure(`E: Unable to locate package ${name}`, 100);
  }
  return found;
}

function installAll(system: FakeSystem, names: readonly string[]): void {
  const { machine, systemd } = system;
  const found = names.map((name) => [name, find(system, name)] as const);
  for (const [name, each] of found) {
    if (machine.packages.has(name)) continue;
    machine.packages.set(name, each.version);
    for (const file of each.files)
      machine.files.write(file, `program of ${name}\n`, { mode: 0o755 });
    for (const tool of each.tools) machine.tools.add(tool);
    if (each.unit === undefined) continue;
    const text = `[Service]\nExecStart=/bin/stranger\n\n[Install]\nWantedBy=multi-user.target\n`;
    machine.files.write(`/lib/systemd/system/${each.unit}`, text);
    if (systemd.show(each.unit).load === "masked") continue;
    systemd.enable(each.unit);
    machine.spawn(`stranger of ${name}`, each.ports ?? []);
  }
}

const aptGet: Program = ({ system, words }) => {
  if (system.machine.family !== "debian") throw new FakeFailure("apt-get: not found", 127);
  const verb = words.find((word) => word === "update" || word === "install");
  if (verb === "update") {
    system.machine.packageLists = true;
    return {};
  }
  if (verb !== "install" || !words.includes("-y"))
    throw new Error(`the fake does not know "apt-get ${words.join(" ")}"`);
  installAll(system, words.slice(words.indexOf("install") + 1));
  return {};
};

const dnf: Program = ({ system, words }) => {
  if (system.machine.family !== "rhel") throw new FakeFailure("dnf: not found", 127);
  if (!words.includes("install") || !words.includes("-y")) {
    throw new Error(`the fake does not know "dnf ${words.join(" ")}"`);
  }
  installAll(system, words.slice(words.indexOf("install") + 1));
  return {};
};

export const packageManagers: Readonly<Record<string, Program>> = {
  "apt-get": aptGet,
  dnf,
  yum: dnf,
};
