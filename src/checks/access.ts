// Can mfsctl work on the host at all: SSH with a host key that is trusted, root, and systemd.

import type { HostFacts } from "../facts/host-facts.ts";
import type { World } from "../facts/world.ts";
import type { MfsctlError } from "../errors.ts";
import { fail, findings, hostCheck, type Check, type Trouble } from "./finding.ts";

const retry = "mfsctl check";

/** True for a host that lets us in but not become root; every other error is a matter of SSH. */
function isRootError(error: MfsctlError): boolean {
  return error.code === "checkFailed";
}

/** Every host answers, and shows the key that is known for it. */
export const ssh: Check = {
  name: "ssh",
  title: "The host can be logged into, and its host key is the one that is known",
  judge: (world) =>
    Object.keys(world.inventory.hosts).flatMap((host) => {
      const error = world.unreachable.get(host);
      if (error === undefined || isRootError(error)) return findings("ssh", host, []);
      return findings("ssh", host, [fail(error.message, error.hint ?? retry)]);
    }),
};

/** Commands run as root. */
export const sudo: Check = {
  name: "sudo",
  title: "Commands run as root: the login is root, or sudo asks for no password",
  judge: (world) =>
    Object.keys(world.inventory.hosts).flatMap((host) => {
      const error = world.unreachable.get(host);
      const facts = world.facts.get(host);
      if (error !== undefined && isRootError(error)) {
        return findings("sudo", host, [fail(error.message, error.hint ?? retry)]);
      }
      return facts === undefined ? [] : findings("sudo", host, notRoot(host, facts));
    }),
};

function notRoot(host: string, { userId }: HostFacts): readonly Trouble[] {
  if (userId === 0) return [];
  return [
    fail(
      `Cannot change "${host}": commands run with user id ${userId}, expected root`,
      `set "ssh: { user: root }" for ${host} in the inventory, or a user that may use sudo`,
    ),
  ];
}

/** True for a host that did not answer at all. */
export function isLost(world: World, host: string): boolean {
  const error = world.unreachable.get(host);
  return error !== undefined && !isRootError(error);
}

/** systemd is the only init that mfsctl drives today. */
export const systemd = hostCheck({
  name: "systemd",
  title: "systemd runs the host",
  troubles: ({ name, facts }) =>
    facts.tools.has("systemctl") && facts.units.size > 0
      ? []
      : [
          fail(
            `Cannot run units on "${name}": systemd does not answer, expected a host that systemd runs`,
            `boot ${name} with systemd (as root: apt-get install systemd-sysv), then: ${retry}`,
          ),
        ],
});
