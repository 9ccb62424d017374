// How each service proves that it serves: by talking to it, or by the master's word that it is connected.

import { factsOf, type World } from "../../facts/world.ts";
import type { Action, Probe } from "../../runner/actions.ts";
import type { Service } from "./selection.ts";

const seconds = 60;
/** Loading a large image takes minutes. */
const loadSeconds = 3600;
const chunksBackSeconds = 600;

/** The wait for a service that was started, restarted or reloaded. */
export function answers(world: World, service: Service): Action {
  return {
    kind: "wait",
    title: `Wait for the ${service.role}`,
    probe: proof(world, service),
    timeoutSeconds: service.role === "master" ? loadSeconds : seconds,
    hint: `mfsctl logs --node ${service.host} shows why`,
  };
}

/** The wait after a chunkserver's restart, so that files stay readable; none where chunks were missing before. */
export function chunksCameBack(world: World): readonly Action[] {
  if (world.cluster?.chunks.all.missing !== 0) return [];
  return [
    {
      kind: "wait",
      title: "Wait until its chunks are back",
      probe: { probe: "noChunkMissing" },
      timeoutSeconds: chunksBackSeconds,
    },
  ];
}

function proof(world: World, { host, role, unit, mountPath }: Service): Probe {
  const { addresses } = factsOf(world, host);
  switch (role) {
    case "master":
      return { probe: "masterServes" };
    case "metalogger":
      return { probe: "metaloggerConnected", addresses };
    case "chunkserver":
      return { probe: "chunkserverConnected", addresses };
    case "client":
      return { probe: "mountConnected", addresses, path: mountPath ?? "" };
    case "monitor":
      return {
        probe: "command",
        command: { argv: ["systemctl", "is-active", "--quiet", unit] },
        what: `${unit} runs`,
      };
    default:
      return role satisfies never;
  }
}
