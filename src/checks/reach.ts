// Reachability: from every host to every port of other hosts that it will need. The one check that must ask again, for
// it needs to know all hosts first; asking and judging are apart.

import { MfsctlError } from "../errors.ts";
import type { World } from "../facts/world.ts";
import type { CallOptions, Hosts } from "../host/host.ts";
import { reachPorts } from "../shell/probes.ts";
import { endpointsOf, neededBy, type Endpoint } from "./endpoints.ts";
import { fail, findings, warn, type Finding, type Trouble } from "./finding.ts";
import { onHost } from "./hint.ts";
import { activeFirewall, openCommand } from "./network.ts";

export const reach = {
  name: "reach",
  title:
    "Every host reaches the ports of the others that it will need; a refusal where nothing listens yet is fine, silence is a firewall",
} as const;

/** How one port looked from one host; anything else than "open" and "closed" did not get through. */
export type Reached = "open" | "closed" | "silent" | "blocked";

/** By host that asked, then by `address:port`. A host that could not be asked is absent. */
export type Answers = ReadonlyMap<string, ReadonlyMap<string, Reached>>;

/** So many ports are asked at once on a host; more come one group after the other. */
const groupSize = 128;

/** Probes and judges: one round trip for each host that needs another one. */
export async function reachFindings(
  hosts: Hosts,
  world: World,
  options: CallOptions = {},
): Promise<readonly Finding[]> {
  return judgeReach(world, await askReach(hosts, world, options));
}

/** Asks all hosts at once. */
export async function askReach(hosts: Hosts, world: World, options: CallOptions): Promise<Answers> {
  const answers = new Map<string, ReadonlyMap<string, Reached>>();
  await Promise.all(
    [...world.facts.keys()].map(async (name) => {
      const targets = [...new Set(probed(world, name).map((end) => addressOf(world, end)))];
      if (targets.length === 0) return;
      try {
        const host = await hosts.host(name, options);
        answers.set(name, await askHost(host, targets, options));
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof MfsctlError)) throw error;
        // Its absence is judged: a host that cannot be asked reaches nothing for certain.
      }
    }),
  );
  return answers;
}

async function askHost(
  host: Awaited<ReturnType<Hosts["host"]>>,
  targets: readonly string[],
  options: CallOptions,
): Promise<ReadonlyMap<string, Reached>> {
  const groups = Array.from({ length: Math.ceil(targets.length / groupSize) }, (_, index) =>
    reachPorts(targets.slice(index * groupSize, (index + 1) * groupSize)),
  );
  const outputs = await host.batch(groups, options);
  return new Map(
    outputs
      .flatMap((output) => output.stdout.toString("utf8").split("\n").filter(Boolean))
      .map((line) => line.split(" ") as [string, Reached]),
  );
}

/** Endpoints that a host needs on hosts that answer; one that is down says nothing about the way to it. */
function probed(world: World, host: string): readonly Endpoint[] {
  return neededBy(world, host).filter(
    ({ host: other, listenOn }) => world.facts.has(other) && !listenOn.startsWith("127."),
  );
}

function addressOf(world: World, { host, port }: Endpoint): string {
  return `${world.inventory.hosts[host]?.address ?? ""}:${port}`;
}

/** The findings, told at the host that was not reached: its firewall is the first place to look. */
export function judgeReach(world: World, answers: Answers): readonly Finding[] {
  const lost = new Map<
    string,
    { readonly end: Endpoint; readonly from: string[]; words: string }
  >();
  const troubles = new Map<string, Trouble[]>();
  for (const from of world.facts.keys()) {
    const ends = probed(world, from);
    const seen = answers.get(from);
    if (ends.length > 0 && (seen === undefined || seen.size === 0)) {
      troubles.set(from, [unasked(world, from)]);
      continue;
    }
    for (const end of ends) {
      const words = obstacle(world, end, seen?.get(addressOf(world, end)));
      if (words === undefined) continue;
      const key = `${addressOf(world, end)} ${words}`;
      const known = lost.get(key);
      if (known === undefined) lost.set(key, { end, from: [from], words });
      else known.from.push(from);
    }
  }
  for (const { end, from, words } of lost.values()) {
    troubles.set(end.host, [
      ...(troubles.get(end.host) ?? []),
      blockedWay(world, end, { from, words }),
    ]);
  }
  return [...world.facts.keys()]
    .filter((host) => probed(world, host).length > 0 || endpointsOf(world, host).length > 0)
    .flatMap((host) => findings(reach.name, host, troubles.get(host) ?? []));
}

/** What stands in the way; undefined when nothing does. */
function obstacle(world: World, end: Endpoint, seen: Reached | undefined): string | undefined {
  switch (seen) {
    case "open":
      return undefined;
    case "closed":
      return listens(world, end)
        ? "the connection is refused although a daemon listens"
        : undefined;
    case "silent":
      return "no answer within 2 s";
    case "blocked":
    case undefined:
      return "there is no way to it";
    default:
      return seen satisfies never;
  }
}

/** The host itself says that somebody listens there for others. */
function listens(world: World, { host, port }: Endpoint): boolean {
  return (world.facts.get(host)?.listeners ?? []).some(
    (listener) => listener.port === port && ["*", "0.0.0.0", "[::]"].includes(listener.address),
  );
}

function unasked(world: World, from: string): Trouble {
  return fail(
    `Cannot probe the ports of other hosts from "${from}": it gave no answer, expected bash and timeout to run`,
    onHost(world, from, "bash -c 'timeout 2 true; echo $?'"),
  );
}

function blockedWay(
  world: World,
  end: Endpoint,
  way: { readonly from: readonly string[]; readonly words: string },
): Trouble {
  const address = world.inventory.hosts[end.host]?.address ?? "";
  const from = way.from.map((name) => `"${name}"`).join(", ");
  const message = `Cannot reach port ${end.port} of "${end.host}" (${address}) from ${from}: ${way.words}, expected the port open between them`;
  const running = activeFirewall(world, end.host);
  const hint =
    running === undefined || running === "nftables.service"
      ? `${onHost(world, end.host, "nft list ruleset || iptables -S")} shows the rules of "${end.host}"; if they are innocent, look at ${from} and between`
      : onHost(world, end.host, openCommand(running));
  // Nothing of the cluster stops when a client cannot open the web page.
  return end.service === "monitor" ? warn(message, hint) : fail(message, hint);
}
