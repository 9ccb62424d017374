// What a machine must have to run the lab. Everything that is missing is named at once, in one message:
// a lab that cannot run fails, it is never skipped.

import { access, constants } from "node:fs/promises";
import { mainArchive, readAptSettings } from "./apt.ts";
import { run } from "./command.ts";
import { LabError } from "./errors.ts";
import { labPackages } from "./packages.ts";

interface Probe {
  readonly name: string;
  readonly passes: () => Promise<boolean>;
}

/** Tries a shell line in namespaces that vanish with it, so a probe leaves nothing behind. */
function tries(name: string, line: string): Probe {
  const passes = async () => {
    const answer = await run([
      "unshare",
      "--mount",
      "--net",
      "--propagation",
      "private",
      "sh",
      "-ec",
      line,
    ]);
    return answer.code === 0;
  };
  return { name, passes };
}

async function exists(file: string): Promise<boolean> {
  return access(file, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false, // absent and forbidden are both a missing capability
  );
}

const probes: readonly Probe[] = [
  tries("mount and network namespaces", "true"),
  tries(
    "veth pairs and bridges",
    "ip link add va type veth peer name vb; ip link add vc type bridge",
  ),
  tries(
    "overlay file systems",
    "mount -t tmpfs none /mnt; cd /mnt; mkdir l u w m; mount -t overlay none -o lowerdir=l,upperdir=u,workdir=w m",
  ),
  tries(
    "loop devices with ext4",
    "mount -t tmpfs none /mnt; cd /mnt; mkdir m; truncate -s 8M i; mkfs.ext4 -q i; mount -o loop i m; umount m",
  ),
  tries(
    "control groups that can be made",
    "d=$(ls -d /sys/fs/cgroup/unified /sys/fs/cgroup/systemd /sys/fs/cgroup 2>/dev/null | head -n 1)/mfs-lab-probe-$$; mkdir $d; rmdir $d",
  ),
  { name: "'/dev/fuse'", passes: () => exists("/dev/fuse") },
  {
    name: "a Debian archive in apt's configuration",
    passes: async () => mainArchive((await readAptSettings()).archives) !== undefined,
  },
];

async function missingPrograms(): Promise<string[]> {
  const missing: string[] = [];
  for (const [name, programs] of Object.entries(labPackages)) {
    for (const program of programs) {
      const found = await run(["sh", "-c", `command -v ${program}`]);
      if (found.code !== 0) missing.push(`the program '${program}' (Debian package '${name}')`);
    }
  }
  return missing;
}

/** Names everything that this machine lacks; empty when the lab can run. */
export async function missingCapabilities(): Promise<string[]> {
  if (process.platform !== "linux") return ["Linux"];
  const missing = await missingPrograms();
  if (process.getuid?.() !== 0) {
    // Every other probe would fail for this reason alone and hide what is really absent.
    return [`root rights (running as user ${process.getuid?.()})`, ...missing];
  }
  await run(["modprobe", "-a", "-q", "loop", "overlay", "fuse", "veth", "bridge"]); // built in on many kernels
  for (const probe of probes) if (!(await probe.passes())) missing.push(probe.name);
  return missing;
}

/** Throws one error that names every missing capability. */
export async function requireCapabilities(): Promise<void> {
  const missing = await missingCapabilities();
  if (missing.length === 0) return;
  throw new LabError(
    "capability",
    `Cannot run the lab on this machine: missing are ${missing.join(", ")}, expected all of them`,
  );
}
