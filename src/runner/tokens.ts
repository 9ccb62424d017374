// The fencing tokens that the hosts of a cluster have seen. The fence compares on every host, so a new token must be above
// all of them, also where the metadata hosts were installed anew and begin to count from nothing.

import type { HostFacts } from "../facts/host-facts.ts";
import { parseMasterFile } from "../facts/world.ts";
import { masterFile, stateFolder } from "../layout.ts";

/** The highest token of any host: of a change it took, or of the record of who is master. */
export function highestToken(facts: ReadonlyMap<string, HostFacts>): number {
  const tokens = [...facts.values()].flatMap(({ paths }) => {
    const stored = paths.get(`${stateFolder}/token`)?.content ?? "";
    const record = parseMasterFile(paths.get(masterFile)?.content ?? "");
    return [/^\d{1,15}\n?$/.test(stored) ? Number(stored) : 0, record?.token ?? 0];
  });
  return Math.max(0, ...tokens);
}
