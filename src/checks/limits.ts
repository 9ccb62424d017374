// Limits of open files: what the inventory asks for, and what the host can give. Field guide: "nofile".

import type { HostFacts } from "../facts/host-facts.ts";
import type { Mount } from "../inventory/schema.ts";
import { fail, hostCheck, warn } from "./finding.ts";
import { onHost } from "./hint.ts";

/** Stock mfsmount's own wish (config-and-cli.md 12). */
const mountWish = 100_000;

/**
 * The most that a unit can get. With CAP_SYS_RESOURCE systemd may go up to the kernel's ceiling; a container without
 * it ends at the hard limit of its first process. The manager's DefaultLimitNOFILE binds no unit that names its own.
 */
function ceiling({ init, nrOpen }: HostFacts): number {
  return init.mayRaise ? nrOpen : init.nofileHard;
}

/** The inventory's limit can be reached. */
export const nofile = hostCheck({
  name: "nofile",
  title:
    "The inventory's limits.nofile can be reached; fails naming the hard limit where it cannot",
  troubles: ({ name, facts, world }) => {
    const wanted = world.inventory.limits.nofile;
    const most = ceiling(facts);
    // A limit that could not be read is NaN, and no number is enough then.
    if (wanted <= most) return [];
    const message = `Cannot give "${world.inventory.user}" on "${name}" ${wanted} open files: the hard limit is ${Number.isNaN(most) ? "unknown" : most}, expected at least ${wanted}`;
    const line = `echo fs.nr_open=${wanted} > /etc/sysctl.d/90-mfsctl.conf && sysctl -p /etc/sysctl.d/90-mfsctl.conf`;
    const hint = facts.init.mayRaise
      ? onHost(world, name, line)
      : `set "limits: { nofile: ${Number.isNaN(most) ? 1024 : most} }" in the inventory, or raise the limit of the container that ${name} is`;
    return [fail(message, hint)];
  },
});

/** Mounts get the descriptors that they ask for; with fewer they work, and open fewer files. */
export const mountNofile = hostCheck({
  name: "mount-nofile",
  title:
    "Clients: mounts can have the open files they ask for, 100000 unless mfsrlimitnofile says otherwise (warns)",
  concerns: (world, host) => (world.inventory.hosts[host]?.mounts.length ?? 0) > 0,
  troubles: ({ name, facts, world }) => {
    const { nofile } = world.inventory.limits;
    const most = facts.init.mayRaise ? facts.nrOpen : Math.min(nofile, facts.init.nofileHard);
    return (world.inventory.hosts[name]?.mounts ?? [])
      .filter((mount) => !(wish(mount) <= most))
      .map((mount) =>
        warn(
          `The mount "${mount.path}" of "${name}" can open ${most} files, expected ${wish(mount)}`,
          `raise limits.nofile and the hard limit of ${name}, or give the mount "options: [mfsrlimitnofile=${most}]"`,
        ),
      );
  },
});

function wish(mount: Mount): number {
  const option = mount.options.findLast((each) => each.startsWith("mfsrlimitnofile="));
  return option === undefined ? mountWish : Number(option.slice(option.indexOf("=") + 1));
}
