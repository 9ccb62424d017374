// Random changes of a running master from one seed: several sessions with different rights, all requests that
// change anything, in batches. Who replays the changelog afterwards must reach the same tree.

import { Prng } from "../../../daemons/base/prng.ts";
import { nodeTypes } from "../../../daemons/protocol/attributes.ts";
import {
  Lookup,
  LookupAnswer,
  MakeDirectory,
  MakeDirectoryAnswer,
} from "../../../daemons/protocol/packets/client-tree.ts";
import type { Cluster } from "../cluster.ts";
import { dataDrawers, listTrash, metaDrawers, writeChunk } from "./random-changes-data.ts";
import { ask, RandomPeer } from "./random-changes-peer.ts";
import type { Ask } from "./random-changes-peer.ts";
import { Pool } from "./random-changes-pool.ts";
import { settingsDrawers } from "./random-changes-settings.ts";
import { treeDrawers } from "./random-changes-tree.ts";
import type { Drawers } from "./random-changes-tree.ts";

const batchSize = 40;
const lockedAtTheEnd = 3;
const mountDrawers = [...treeDrawers, ...dataDrawers, ...settingsDrawers];

/** Rights of the sessions: an administrator, users below one folder, users who are all taken for one, the trash. */
export const randomExports = [
  "* / rw,admin,maproot=0:0",
  "* /limited rw,maproot=0:0,umask=0007",
  "* /mapped rw,ignoregid,mapall=1000:100",
  "* . rw",
];

interface Member {
  readonly peer: RandomPeer;
  readonly pool: Pool;
  readonly drawers: Drawers;
  /** Batches, in relation to the other members. */
  readonly weight: number;
}

/** How the requests were answered. */
export interface RandomTotals {
  readonly sent: number;
  readonly refused: number;
}

/** The sessions, alive until `close`. */
export class RandomChanges {
  readonly #prng: Prng;
  readonly #members: Member[] = [];
  readonly #refusals = new Map<string, number>();
  #sent = 0;
  #refused = 0;

  private constructor(seed: number) {
    this.#prng = new Prng(seed);
  }

  /** Registers the sessions; the folders of the smaller ones are made where they are missing. */
  static async start(cluster: Cluster, seed: number): Promise<RandomChanges> {
    const changes = new RandomChanges(seed);
    const address = cluster.master.address;
    const places = new Map<number, number>();
    const join = async (path: string | undefined, root: number, weight: number) => {
      const peer = await RandomPeer.open({ address, path });
      const drawers = path === undefined ? metaDrawers : mountDrawers;
      const member = { peer, drawers, weight, pool: new Pool(changes.#prng, places, root) };
      changes.#members.push(member);
      return member;
    };
    const admin = await join("/", 1, 6);
    for (const folder of ["limited", "mapped"])
      await join(`/${folder}`, await makeFolder(admin, folder), 2);
    await join(undefined, 1, 1);
    return changes;
  }

  /** Sends so many requests. */
  async run(count: number): Promise<RandomTotals> {
    const end = this.#sent + count;
    while (this.#sent < end) {
      const { peer, pool, drawers } = drawn(this.#members, this.#prng);
      if (drawers === metaDrawers) await peer.all([listTrash(pool)]);
      const asks: Ask[] = [];
      while (asks.length < Math.min(batchSize, end - this.#sent)) {
        const next = drawn(
          drawers.map(([weight, draw]) => ({ weight, draw })),
          this.#prng,
        ).draw(pool);
        if (next !== undefined) asks.push(next);
      }
      this.#sent += asks.length;
      this.#count(asks, await peer.all(asks));
      pool.settle();
    }
    return { sent: this.#sent, refused: this.#refused };
  }

  /** Writes that nobody ends: their chunks stay locked. */
  async leaveLocked(): Promise<void> {
    const [admin] = this.#members;
    if (admin === undefined) return;
    for (let index = 0; index < lockedAtTheEnd; index++) {
      const write = writeChunk(admin.pool, false);
      if (write !== undefined) await admin.peer.one(write);
    }
  }

  /** Which requests were refused how often. */
  describeRefusals(): string {
    const rows = [...this.#refusals].sort(([, one], [, other]) => other - one);
    return rows.map(([what, count]) => `${what}: ${count}`).join("\n");
  }

  /** Goes away without a word, as crashed mounts do. */
  close(): void {
    for (const { peer } of this.#members) peer.close();
  }

  #count(asks: readonly Ask[], answers: readonly unknown[]): void {
    for (const [index, answer] of answers.entries()) {
      const status = statusOf(answer);
      if (status === 0) continue;
      this.#refused++;
      const what = `${asks[index]?.name} ${status}`;
      this.#refusals.set(what, (this.#refusals.get(what) ?? 0) + 1);
    }
  }
}

function statusOf(answer: unknown): number {
  const isStatus = typeof answer === "object" && answer !== null && "status" in answer;
  return isStatus ? Number(answer.status) : 0;
}

/** Makes a folder where it is missing; its inode. */
async function makeFolder({ peer, pool }: Member, name: string): Promise<number> {
  const caller = { uid: 0, gid: 0, groups: [] };
  const place = { parent: 1, name: Buffer.from(name) };
  const wanted = { ...place, mode: 0o777, umask: 0, copySgid: 0, caller };
  await peer.one(ask(MakeDirectory, wanted, MakeDirectoryAnswer));
  let inode = 0;
  const find = ask(Lookup, { ...place, caller }, LookupAnswer, {
    learn(answer) {
      if (answer.variant !== "status") inode = answer.inode;
    },
  });
  await peer.all([find]);
  if (inode === 0) throw new Error(`Cannot find '${name}', expected it to be there`);
  pool.learn(inode, nodeTypes.directory, place);
  return inode;
}

function drawn<T extends { readonly weight: number }>(list: readonly T[], prng: Prng): T {
  let at = prng.below(list.reduce((sum, { weight }) => sum + weight, 0));
  for (const one of list) {
    at -= one.weight;
    if (at < 0) return one;
  }
  throw new RangeError("Cannot draw from an empty list");
}
