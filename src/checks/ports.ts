// Ports are free where daemons will listen, or held by the very daemon; else the owner is named.

import type { HostFacts, ListenerFact } from "../facts/host-facts.ts";
import { packagedUnits } from "../phases/engine.ts";
import { endpointsOf, type Endpoint } from "./endpoints.ts";
import { fail, hostCheck, warn, type Subject, type Trouble } from "./finding.ts";
import { onHost } from "./hint.ts";

/** Nobody else listens where our daemons will. */
export const portsFree = hostCheck({
  name: "ports",
  title:
    "The ports of the daemons are free or held by the daemon itself: fails for a stranger, warns of a MooseFS process outside of its unit and of a stranger on a port that only a failover needs",
  concerns: (world, host) => endpointsOf(world, host).length > 0,
  troubles: (subject) =>
    endpointsOf(subject.world, subject.name).flatMap((endpoint) => {
      const owner = subject.facts.listeners.find(
        (listener) => clashes(listener, endpoint) && !isOwn(subject.facts, listener, endpoint),
      );
      return owner === undefined ? [] : [trouble(subject, endpoint, owner)];
    }),
});

const wildcards = ["*", "0.0.0.0", "[::]", "::"];

function clashes(listener: ListenerFact, endpoint: Endpoint): boolean {
  if (listener.port !== endpoint.port) return false;
  const address = listener.address.replace(/%.*$/, "");
  if (wildcards.includes(address)) return true;
  // A specific IPv6 address leaves the IPv4 port free.
  if (address.startsWith("[")) return false;
  return wildcards.includes(endpoint.listenOn) || address === endpoint.listenOn;
}

/** The daemon of our unit, a child of it, or systemd itself for a socket unit. */
function isOwn(facts: HostFacts, listener: ListenerFact, endpoint: Endpoint): boolean {
  const unit = facts.units.get(endpoint.unit);
  if (unit?.active !== "active") return false;
  if (endpoint.unit.endsWith(".socket")) return listener.pid === 1;
  return listener.pid === unit.pid || isMoose(listener);
}

function isMoose(listener: ListenerFact): boolean {
  return listener.process?.startsWith("mfs") === true;
}

function trouble(subject: Subject, endpoint: Endpoint, owner: ListenerFact): Trouble {
  const { name, world } = subject;
  const { port } = endpoint;
  const who =
    owner.process === undefined
      ? "an unknown process"
      : `"${owner.process}" (process ${owner.pid ?? "unknown"})`;
  if (isMoose(owner)) {
    return warn(
      `Port ${port} of "${name}" is held by ${who}, which no unit of mfsctl runs, expected it free for ${endpoint.unit}`,
      onHost(world, name, stopCommand(subject.facts, owner)),
    );
  }
  const message = `Cannot listen on port ${port} of "${name}" for ${endpoint.unit}: ${who} holds it, expected it free`;
  const look =
    owner.pid === undefined
      ? `ss -ltnp sport = :${port}`
      : `systemctl status --no-pager ${owner.pid}`;
  const hint = `${onHost(world, name, look)} shows what it is; stop it, then: mfsctl check`;
  return endpoint.standby ? warn(`${message} once "${name}" is master`, hint) : fail(message, hint);
}

function stopCommand(facts: HostFacts, owner: ListenerFact): string {
  const unit = Object.values(packagedUnits).find(
    (each) => owner.pid !== undefined && facts.units.get(each)?.pid === owner.pid,
  );
  return unit === undefined ? `kill ${owner.pid ?? ""}`.trim() : `systemctl stop ${unit}`;
}
