// The lasting state of a simulated cluster as plain data, to compare how two histories ended. What differs between any
// two runs is left out: times, process ids, tokens, leases, journals and the versions of metadata.

import type { FakeCluster } from "../../src/host/fake/cluster.ts";
import type { FileNode } from "../../src/host/fake/files.ts";
import { parseImage } from "../../src/host/fake/metadata.ts";
import type { FakeSystem } from "../../src/host/fake/program.ts";

const passing = /^\/var\/lib\/mfsctl\/(token|token\.lock|lease|lease\.lock|journal)(\/|$)/;
/** How often a master was stopped on the way may differ, and with it the number of older images. */
const olderImage = /\/metadata\.mfs\.back\.\d+$/;

/** Everything that lasts, machine by machine. */
export function snapshot(cluster: FakeCluster): Record<string, unknown> {
  const machines = [...cluster.machines.keys()].map((name) => [
    name,
    machineState(cluster.system(name)),
  ]);
  return { ...Object.fromEntries(machines), goals: Object.fromEntries(cluster.goals) };
}

function machineState({ machine, systemd }: FakeSystem): Record<string, unknown> {
  const units = (machine.files.list("/etc/systemd/system") ?? []).filter((name) =>
    /\.(service|socket)$/.test(name),
  );
  return {
    files: Object.fromEntries(
      machine.files
        .entries()
        .filter(([path]) => !passing.test(path) && !olderImage.test(path))
        .map(([path, node]) => [path, nodeState(node)]),
    ),
    packages: Object.fromEntries(machine.packages),
    users: Object.fromEntries(machine.users),
    groups: Object.fromEntries(machine.groups),
    tools: [...machine.tools].sort(),
    mounts: machine.mounts,
    filesystems: [...machine.kernelFilesystems],
    ports: machine.listeners().map(({ name, ports, nofile }) => ({
      name,
      ports,
      nofile,
    })),
    units: Object.fromEntries(
      units.map((name) => {
        const { pid: _pid, ...unit } = systemd.show(name);
        return [name, unit];
      }),
    ),
  };
}

function nodeState({ mtimeMs: _mtimeMs, content, ...node }: FileNode): unknown {
  const image = parseImage(content);
  return {
    ...node,
    content: image === undefined ? content.toString("latin1") : `an image of ${image.id}`,
  };
}
