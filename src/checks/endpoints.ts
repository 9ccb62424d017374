// Which TCP ports the daemons of a host listen on, and which hosts must reach them. Ports and addresses follow the
// inventory's settings. Spec: config-and-cli.md 5 and 6.

import type { World } from "../facts/world.ts";
import { metadataHosts, ports, unitOf, witnessPort } from "../layout.ts";
import { daemonsOn } from "../phases/managed-files.ts";

type Service = "metaloggers" | "chunkservers" | "clients" | "data" | "monitor" | "witness";

/** One port that a host listens on. */
export interface Endpoint {
  readonly host: string;
  readonly service: Service;
  readonly port: number;
  /** `*` or one address. */
  readonly listenOn: string;
  readonly unit: string;
  /** Only after a failover to this host. */
  readonly standby: boolean;
}

const masterServices = [
  ["metaloggers", "MATOML"],
  ["chunkservers", "MATOCS"],
  ["clients", "MATOCL"],
] as const;

/** Every port of a host, now or after a failover. */
export function endpointsOf(world: World, host: string): readonly Endpoint[] {
  const { inventory } = world;
  const daemons = daemonsOn(world, host);
  const isMetadataHost = metadataHosts(inventory).includes(host);
  const setting = (
    daemon: "mfsmaster" | "mfschunkserver",
    key: string,
    standard: string | number,
  ) => inventory.hosts[host]?.settings[daemon][key] ?? inventory.settings[daemon][key] ?? standard;
  const at = { host, standby: false };
  return [
    ...(isMetadataHost
      ? masterServices.map(([service, prefix]) => ({
          host,
          service,
          port: Number(setting("mfsmaster", `${prefix}_LISTEN_PORT`, ports[service])),
          listenOn: String(setting("mfsmaster", `${prefix}_LISTEN_HOST`, "*")),
          unit: unitOf("master"),
          standby: !daemons.includes("master"),
        }))
      : []),
    ...(isMetadataHost
      ? [
          {
            ...at,
            service: "witness" as const,
            port: witnessPort,
            listenOn: "*",
            unit: "mfs-witness.socket",
          },
        ]
      : []),
    ...(daemons.includes("chunkserver")
      ? [
          {
            ...at,
            service: "data" as const,
            port: Number(setting("mfschunkserver", "CSSERV_LISTEN_PORT", ports.data)),
            listenOn: String(setting("mfschunkserver", "CSSERV_LISTEN_HOST", "*")),
            unit: unitOf("chunkserver"),
          },
        ]
      : []),
    ...(daemons.includes("cgiserv")
      ? [
          {
            ...at,
            service: "monitor" as const,
            port: ports.monitor,
            listenOn: "*",
            unit: unitOf("cgiserv"),
          },
        ]
      : []),
  ];
}

/** Who asks whom. Metadata hosts look at each other's client port before a master starts. */
const asks = {
  metadata: ["metaloggers", "clients", "witness"],
  chunkserver: ["chunkservers", "data"],
  client: ["clients", "data", "monitor"],
  monitor: ["clients", "data"],
} as const satisfies Record<string, readonly Service[]>;

/** Ports of other hosts that a host will need, now or after a failover. */
export function neededBy(world: World, host: string): readonly Endpoint[] {
  const roles = world.inventory.hosts[host]?.roles ?? [];
  const wanted = new Set<Service>([
    ...(metadataHosts(world.inventory).includes(host) ? asks.metadata : []),
    ...(["chunkserver", "client", "monitor"] as const).flatMap((role) =>
      roles.includes(role) ? [...asks[role]] : [],
    ),
  ]);
  return Object.keys(world.inventory.hosts)
    .filter((other) => other !== host)
    .flatMap((other) => endpointsOf(world, other))
    .filter((endpoint) => wanted.has(endpoint.service));
}
