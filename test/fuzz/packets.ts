// The fuzz target of the protocol tables: for every row, bytes that nobody meant. A row may refuse them with
// a ProtocolError, or take them and give the same bytes back; anything else is a fault. Run by hand:
// `./bin/node test/fuzz/packets.ts --seed 7 --rounds 1000000`; the unit tests run a part of it.

import { Prng } from "../../daemons/base/prng.ts";
import { joinBlocks } from "../../daemons/protocol/packet.ts";
import type { Packet } from "../../daemons/protocol/packet.ts";
import { ProtocolError } from "../../daemons/protocol/protocol-error.ts";
import {
  fromChunkserver,
  toChunkserver,
} from "../../daemons/protocol/packets/chunkserver-tables.ts";
import { fromMetalogger, toMetalogger } from "../../daemons/protocol/packets/metalogger.ts";
import { allPackets } from "../unit/daemons/protocol/tables.ts";

/** What a run did. */
export interface FuzzResult {
  readonly rounds: number;
  readonly taken: number;
  readonly faults: readonly string[];
}

const peerTables = [fromChunkserver, toChunkserver, fromMetalogger, toMetalogger];
/** Every row of the protocol. */
const rows = [...new Set([...allPackets, ...peerTables.flatMap((table) => [...table.values()])])];

const headerBytes = 8;
const bodyBytesMax = 600;
const faultsMax = 20;
/** Numbers that break programs: ends of ranges, signs, counts just too large. */
const boundaries = [0, 1, 2, 0x7f, 0x80, 0xff];
/** Behind whose last fields anything may follow: it is not given back. */
const forgetful = new Set(["CLTOMA_FUSE_REGISTER"]);

/** Feeds every row in turn with bytes from a seed. */
export function fuzzPackets(seed: number, rounds: number): FuzzResult {
  const prng = new Prng(seed);
  const faults: string[] = [];
  let taken = 0;
  for (let round = 0; round < rounds && faults.length < faultsMax; round++) {
    const row = rows[round % rows.length];
    if (row === undefined) break;
    const body = bodyFor(prng, row);
    const fault = tryBody(row, body);
    if (fault === "") taken++;
    else if (fault !== undefined)
      faults.push(`${row.name} ${Buffer.from(body).toString("hex")}: ${fault}`);
  }
  return { rounds, taken, faults };
}

/** Lengths near those that the row can have, bytes near the ends of their ranges. */
function bodyFor(prng: Prng, row: Packet<unknown>): Uint8Array {
  const longest = Math.min(row.maxBody + 2, bodyBytesMax);
  const body = prng.bytes(prng.below(longest + 1));
  const kind = prng.below(4);
  for (let at = 0; at < body.length; at++) {
    const tame = kind === 0 || (kind === 1 && prng.below(4) > 0);
    if (tame) body[at] = boundaries[prng.below(boundaries.length)] ?? 0;
    else if (kind === 2) body[at] = at % 4 === 3 ? prng.below(8) : 0;
  }
  return body;
}

/** Undefined: refused; empty: taken and given back; else what went wrong. */
function tryBody(row: Packet<unknown>, body: Uint8Array): string | undefined {
  let value: unknown;
  try {
    value = row.decode(body);
  } catch (error) {
    return error instanceof ProtocolError ? undefined : `decoding threw ${String(error)}`;
  }
  try {
    row.describe(value);
    const back = joinBlocks(row.encode(value)).subarray(headerBytes);
    const same = Buffer.compare(back, body) === 0 || forgetful.has(row.name);
    return same ? "" : `came back as ${Buffer.from(back).toString("hex")}`;
  } catch (error) {
    return `encoding what was decoded threw ${String(error)}`;
  }
}

function numberAfter(flag: string, missing: number): number {
  const place = process.argv.indexOf(flag);
  return place === -1 ? missing : Number(process.argv[place + 1]);
}

if (import.meta.main) {
  const seed = numberAfter("--seed", Date.now() % 2 ** 32);
  const { rounds, taken, faults } = fuzzPackets(seed, numberAfter("--rounds", 1_000_000));
  for (const fault of faults) process.stdout.write(`${fault}\n`);
  process.stdout.write(`seed ${seed}: ${rounds} bodies, ${taken} taken, ${faults.length} faults\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
