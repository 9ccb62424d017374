// What a wait asks. Each probe asks something real; whatever cannot be asked does not hold.

import { MfsctlError } from "../errors.ts";
import { askDisksOf } from "../facts/disks.ts";
import { openMaster } from "../facts/gather.ts";
import { readClusterState, readInfo, type ClusterState } from "../wire/cluster-state.ts";
import type { WireClient } from "../wire/client.ts";
import { diskAt } from "../wire/disks.ts";
import type { Probe } from "./actions.ts";
import type { Hands } from "./perform.ts";

/** True when the probe holds, else how it stands, in words that follow "after 60 s ...". */
export async function holds(probe: Probe, hostName: string, hands: Hands): Promise<true | string> {
  try {
    return await ask(probe, hostName, hands);
  } catch (error) {
    hands.signal.throwIfAborted();
    if (!(error instanceof MfsctlError)) throw error;
    return `it cannot be asked (${error.message})`;
  }
}

async function ask(probe: Probe, hostName: string, hands: Hands): Promise<true | string> {
  switch (probe.probe) {
    case "command": {
      const host = await hands.hosts.host(hostName, { signal: hands.signal });
      const [output] = await host.batch([probe.command], { signal: hands.signal });
      if (output?.code === 0) return true;
      return `"${probe.command.argv[0]}" ends with ${output?.code ?? "nothing"}`;
    }
    case "masterServes":
      return await withMaster<true | string>(hostName, hands, async (client) => {
        await readInfo(client);
        return true;
      });
    case "chunkserverConnected":
      return await withCluster(
        hands,
        ({ chunkservers }) =>
          chunkservers.some((server) => server.connected && probe.addresses.includes(server.ip)) ||
          "the master does not see it",
      );
    case "metaloggerConnected":
      return await withCluster(
        hands,
        ({ metaloggers }) =>
          metaloggers.some((each) => probe.addresses.includes(each.ip)) ||
          "the master does not see it",
      );
    case "mountConnected":
      return await withCluster(
        hands,
        ({ sessions }) =>
          sessions.some(
            (session) =>
              session.connected &&
              probe.addresses.includes(session.ip) &&
              session.info === probe.path,
          ) || "the master has no such session",
      );
    case "disk": {
      const host = await hands.hosts.host(hostName, { signal: hands.signal });
      const disks = await askDisksOf(host, hands.inventory, { signal: hands.signal });
      const disk = diskAt(disks, probe.path);
      if (disk === undefined) return probe.expected === "absent" || "it is not listed";
      if (disk.invalid) return "the chunkserver cannot use it";
      if (disk.damaged) return "the chunkserver calls it damaged";
      const is = disk.markedForRemoval ? "marked" : "unmarked";
      return is === probe.expected || `it is listed as ${is}`;
    }
    case "noChunkMissing":
      return await withCluster(hands, ({ chunks }) => {
        if (!chunks.matrixExact) return "the chunk counts are not exact";
        return chunks.all.missing === 0 || `${chunks.all.missing} chunks are missing`;
      });
    default:
      return probe satisfies never;
  }
}

async function withMaster<T>(
  hostName: string,
  hands: Hands,
  use: (client: WireClient) => Promise<T>,
): Promise<T> {
  const host = await hands.hosts.host(hostName, { signal: hands.signal });
  const client = await openMaster(host, hands.inventory, { signal: hands.signal });
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

async function withCluster(
  hands: Hands,
  judge: (cluster: ClusterState) => true | string,
): Promise<true | string> {
  return await withMaster(hands.master, hands, async (client) =>
    judge(await readClusterState(client)),
  );
}
