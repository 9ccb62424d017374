// Whose hosts these are, and whether they agree on who is master. Any doubt stops a change before it begins: a stale
// master deletes chunks that it does not know, and a second cluster on the same hosts takes over the first one's units.

import type { Inventory } from "../inventory/schema.ts";
import { clusterFile, masterFile, metadataHosts } from "../layout.ts";
import { parseMasterFile, type World } from "./world.ts";

/** One reason not to change anything. */
export interface Doubt {
  readonly host: string;
  readonly message: string;
  readonly hint: string;
}

/** What the cluster file of each host holds: what an inventory may not change under a living cluster. */
export function clusterIdentity(inventory: Inventory): string {
  const { cluster, prefix, user, group } = inventory;
  return `cluster ${cluster}\nprefix ${prefix}\nuser ${user}\ngroup ${group}\n`;
}

/** All doubts about whose hosts these are and who is master, from the hosts that answered. */
export function identityDoubts(world: World): readonly Doubt[] {
  return [...foreignHosts(world), ...masterDoubts(world)];
}

function foreignHosts(world: World): readonly Doubt[] {
  const wanted = clusterIdentity(world.inventory);
  return [...world.facts].flatMap(([host, facts]): readonly Doubt[] => {
    const fact = facts.paths.get(clusterFile);
    if (fact === undefined || fact.content === wanted) return [];
    const words = (text: string) => text.trim().replaceAll("\n", ", ");
    return [
      {
        host,
        message: `Cannot change "${host}": it belongs to "${words(fact.content ?? "unreadable")}", expected "${words(wanted)}"`,
        hint: `use the inventory that "${host}" was deployed with; to give it away: mfsctl destroy with that inventory first`,
      },
    ];
  });
}

/** The record must be readable, name a host of the inventory, and be one for its token. */
function masterDoubts(world: World): readonly Doubt[] {
  const byToken = new Map<number, string>();
  return metadataHosts(world.inventory).flatMap((host): readonly Doubt[] => {
    const fact = world.facts.get(host)?.paths.get(masterFile);
    if (fact === undefined) return [];
    const record = parseMasterFile(fact.content ?? "");
    const doubt = (is: string, hint: string): readonly Doubt[] => [
      { host, message: `Cannot tell who is master: ${masterFile} of "${host}" ${is}`, hint },
    ];
    if (record === undefined) {
      return doubt(
        `holds "${(fact.content ?? "").slice(0, 60).trim()}", expected "TOKEN HOST"`,
        `compare ${masterFile} of the other metadata hosts and restore it on ${host}`,
      );
    }
    if (!(record.host in world.inventory.hosts)) {
      return doubt(
        `names "${record.host}" since token ${record.token}, which the inventory does not have`,
        `use the inventory that has "${record.host}", or put it back`,
      );
    }
    const other = byToken.get(record.token) ?? record.host;
    byToken.set(record.token, other);
    return other === record.host
      ? []
      : doubt(
          `names "${record.host}" for token ${record.token}, another host names "${other}"`,
          `mfsctl status shows which of them serves; restore the record of the other`,
        );
  });
}
