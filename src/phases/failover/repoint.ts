// `failover.via: config`: the master's address in the configuration of everything that connects to it. Only that word
// changes, so that nothing else which waits in the inventory comes along in the middle of an outage.

import { factsOf, type World } from "../../facts/world.ts";
import { mountUnit, paths, unitOf } from "../../layout.ts";
import { run, type Action } from "../../runner/actions.ts";
import { masterAddress, seal, sealState } from "../managed-files.ts";
import { mountedAt } from "../mounts.ts";

/** A file's text with the master's address replaced; the same text where it is right already. */
export function withMaster(content: string, address: string): string {
  const changed = content
    .replace(/^(MASTER_HOST *= *)\S+$/m, `$1${address}`)
    .replace(/^(ExecStart=\S*mfsmount .*? -H )\S+/m, `$1${address}`);
  if (changed === content || sealState(content) !== "ours") return changed;
  return seal(changed.replace(/\n# mfsctl sha256 [0-9a-f]{64}\n$/, "\n"));
}

/** The actions that let a host's daemons and mounts follow. A mount is told by a new one: it reads its address once. */
export function repointActions(world: World, host: string): readonly Action[] {
  const { inventory } = world;
  const at = paths(inventory);
  const address = masterAddress(world);
  const follow = [
    [at.metaloggerConfig, unitOf("metalogger")],
    [at.chunkserverConfig, unitOf("chunkserver")],
  ] as const;
  return [
    ...follow.flatMap(([path, unit]) => {
      const write = rewrite(world, host, path, address);
      const active = factsOf(world, host).units.get(unit)?.active === "active";
      const reload = active ? [run(`Reload ${unit}`, ["systemctl", "reload", unit])] : [];
      return write === undefined ? [] : [write, ...reload];
    }),
    ...(inventory.hosts[host]?.mounts ?? []).flatMap(({ path }) => remount(world, host, path)),
  ];
}

function remount(world: World, host: string, mountPath: string): readonly Action[] {
  const unit = mountUnit(mountPath);
  const write = rewrite(world, host, `/etc/systemd/system/${unit}`, masterAddress(world));
  if (write === undefined) return [];
  const mounted = mountedAt(factsOf(world, host), mountPath) !== undefined;
  return [
    write,
    run("Reload systemd", ["systemctl", "daemon-reload"]),
    // Busy or not, the old mount can never answer again; programs keep an error instead of a hang.
    ...(mounted
      ? [
          run(`Take the old mount ${mountPath} away`, ["umount", "-l", mountPath]),
          run(`Mount ${mountPath} again`, ["systemctl", "restart", unit]),
        ]
      : []),
  ];
}

function rewrite(world: World, host: string, path: string, address: string): Action | undefined {
  const { inventory } = world;
  const fact = factsOf(world, host).paths.get(path);
  if (fact?.content === undefined) return undefined;
  const content = withMaster(fact.content, address);
  if (content === fact.content) return undefined;
  const isUnit = path.startsWith("/etc/systemd/");
  return {
    kind: "write",
    title: `Name ${address} in ${path}`,
    path,
    content,
    mode: fact.mode & 0o777,
    owner: "root",
    group: isUnit ? "root" : inventory.group,
    present: fact.content,
  };
}
