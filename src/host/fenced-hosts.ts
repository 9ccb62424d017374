// All hosts of a run with the lease's token on each change.

import { FencedHost } from "./fenced.ts";
import type { Hosts } from "./host.ts";

/** The same hosts; every `exec` and every push is refused where a higher token was seen. */
export function wrapFenced(hosts: Hosts, token: number): Hosts {
  return {
    host: async (name, options) => new FencedHost(await hosts.host(name, options), { token }),
    close: () => hosts.close(),
  };
}
