// What clients need of the kernel and of the distribution's fuse. Field guide: "fuse".

import { fail, hostCheck, warn } from "./finding.ts";
import { onHost } from "./hint.ts";
import { packageManager } from "./system.ts";

/** The kernel's side: the module, and its device where it is loaded. */
export const fuse = hostCheck({
  name: "fuse",
  title:
    "Clients: the kernel has FUSE and fusermount is there; warns of what deploy loads or installs",
  concerns: (world, host) => world.inventory.hosts[host]?.roles.includes("client") === true,
  troubles: (subject) => [...kernelSide(subject), ...program(subject)],
});

function kernelSide({ name, facts, world }: Parameters<typeof packageManager>[0] & Named) {
  if (facts.fuse) {
    if (facts.paths.has("/dev/fuse")) return [];
    return [
      fail(
        `Cannot mount on "${name}": "/dev/fuse" is missing, expected the kernel's device`,
        onHost(world, name, "mknod -m 0666 /dev/fuse c 10 229"),
      ),
    ];
  }
  if (facts.fuseLoadable || !facts.tools.has("modprobe")) {
    return [
      warn(`The kernel of "${name}" has not loaded FUSE yet; deploy loads it`, "mfsctl deploy"),
    ];
  }
  return [
    fail(
      `Cannot mount on "${name}": the running kernel has no FUSE, expected it built in or as a module`,
      onHost(world, name, "modprobe -v fuse; ls -d /lib/modules/$(uname -r)"),
    ),
  ];
}

type Named = Parameters<Parameters<typeof hostCheck>[0]["troubles"]>[0];

function program(subject: Named) {
  const { name, facts } = subject;
  if (facts.tools.has("fusermount3") || facts.tools.has("fusermount")) return [];
  return packageManager(subject) === undefined
    ? [
        fail(
          `Cannot install "fusermount3" on "${name}": no package manager, expected the program`,
          `install fuse3 on ${name} by hand, then: mfsctl check`,
        ),
      ]
    : [warn(`"fusermount3" is missing on "${name}"; deploy installs it`, "mfsctl deploy")];
}
