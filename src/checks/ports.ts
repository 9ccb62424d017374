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
    "The ports of the daemons are free or held by the daemon itself: fails for a stranger and for a MooseFS process outside of its unit, warns of a stranger on a port that only a failover needs",
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

/** The daemon of our unit, also where a child of it shares the socket, or systemd itself for a socket unit. */
function isOwn(facts: HostFacts, listener: ListenerFact, endpoint: Endpoint): boolean {
  const unit = facts.units.get(endpoint.unit);
  if (unit === undefined) return false;
  if (endpoint.unit.endsWith(".socket")) return unit.active === "active" && listener.pid === 1;
  return unit.pid !== 0 && listener.pids.includes(unit.pid);
}

function isMoose(listener: ListenerFact): boolean {
  return listener.process?.startsWith("mfs") === true;
}

function trouble(subject: Subject, endpoint: Endpoint, owner: ListenerFact): Trouble {
  const { name } = subject;
  const who =
    owner.process === undefined
      ? "an unknown process"
      : `"${owner.process}" (process ${owner.pid ?? "unknown"})`;
  const stale = isMoose(owner);
  const holder = stale ? `${who}, which no unit of mfsctl runs,` : who;
  const message = `Cannot listen on port ${endpoint.port} of "${name}" for ${endpoint.unit}: ${holder} holds it, expected it free`;
  const hint = stale ? endHint(subject, owner) : lookHint(subject, endpoint, owner);
  // A master beside ours is never fine, not even where none should start.
  return endpoint.standby && !stale
    ? warn(`${message} once "${name}" is master`, hint)
    : fail(message, hint);
}

/** A stranger is stopped by whoever knows what it is. */
function lookHint({ name, world }: Subject, endpoint: Endpoint, owner: ListenerFact): string {
  const look = onHost(world, name, lookCommand(owner, endpoint.port));
  return `${look} shows what it is; stop it, then: mfsctl check`;
}

/** A daemon that was left behind is ended by one line. */
function endHint({ name, facts, world }: Subject, owner: ListenerFact): string {
  const packaged = Object.values(packagedUnits).find((unit) =>
    owner.pids.includes(facts.units.get(unit)?.pid ?? 0),
  );
  const end =
    packaged === undefined ? `kill ${owner.pids.join(" ")}` : `systemctl stop ${packaged}`;
  const look = lookCommand(owner, owner.port);
  return `${onHost(world, name, end)} ends it; ${onHost(world, name, look)} shows what it is`;
}

function lookCommand({ pid }: ListenerFact, port: number): string {
  if (pid === undefined) return `ss -ltnp sport = :${port}`;
  // systemd listens for a socket unit and names it in its list.
  if (pid === 1) return "systemctl list-sockets --all --no-pager";
  return `systemctl status --no-pager ${pid}`;
}
