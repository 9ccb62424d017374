// The POSIX suite on a stock mount over a stock master and over ours: what passes there passes here.
// Spec: semantics-master.md and semantics-client.md, as the stock programs have them.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report } from "../posix/compare.ts";
import { regressions } from "../posix/compare.ts";
import { runSuite } from "../posix/run.ts";
import { Cluster } from "./cluster.ts";
import type { Player } from "./cluster.ts";
import { ourMaster } from "./support/our-master.ts";

const limitMs = 240_000;
/** The suite has more; fewer would mean that topics were lost. */
const casesMin = 300;

async function reportOf(master: Player): Promise<Report> {
  await using cluster = await Cluster.start({ chunkservers: 2, master });
  // Awaited here: the cluster goes when this function ends.
  return await runSuite({ root: await cluster.mount() });
}

test(
  "whatever a stock master passes of the POSIX suite, ours passes",
  { timeout: limitMs },
  async () => {
    const reference = await reportOf("stock");
    assert.ok(reference.cases.filter(({ passed }) => passed).length >= casesMin);
    const candidate = await reportOf(ourMaster);
    assert.deepEqual(regressions(reference, candidate), []);
  },
);
