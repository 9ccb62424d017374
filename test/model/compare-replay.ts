// A changelog replayed on an empty world gives the world that wrote it: both are saved, byte for byte the same.
// Spec: changelog.md sections 5 and 6.

import { saveWorld } from "../../daemons/master/core/image/save.ts";
import { replayLine } from "../../daemons/master/core/replay.ts";
import { emptyWorld } from "../../daemons/master/core/store/world.ts";
import type { World } from "../../daemons/master/core/store/world.ts";
import { ImageWriter } from "../../daemons/metadata/image/image-writer.ts";
import { sectionNames } from "../../daemons/metadata/image/records.ts";
import { checkWorld } from "./check-world.ts";

/** What a world wrote since it was empty. */
export interface Written {
  /** `version: timestamp|OP(...)`. */
  readonly lines: readonly string[];
  readonly startedAt: number;
  readonly now: number;
}

/** Why the replay gives another world; nothing when it gives the same. */
export function compareReplay(
  world: World,
  { lines, startedAt, now }: Written,
): string | undefined {
  const replayed = emptyWorld(startedAt);
  for (const line of lines) {
    const problem = replayLine(replayed, line.slice(line.indexOf(": ") + 2));
    if (problem !== undefined) return `replay of "${line}": ${JSON.stringify(problem)}`;
  }
  forgetUnlogged(world, replayed);
  const problems = checkWorld(replayed);
  if (problems.length > 0) return `after the replay: ${problems.join("\n")}`;
  const [one, other] = [imageOf(world, now), imageOf(replayed, now)];
  return one.equals(other) ? undefined : `the images differ at byte ${differenceAt(one, other)}`;
}

/** Counters and marks of sessions are in images, but not in the changelog. */
function forgetUnlogged(world: World, replayed: World): void {
  for (const session of world.sessions) {
    const twin = replayed.sessions.get(session.id);
    if (twin === undefined) continue;
    twin.disconnected = session.disconnected;
    twin.closed = session.closed;
    twin.operations.set(session.operations);
    twin.operationsLastHour.set(session.operationsLastHour);
  }
}

function imageOf(world: World, now: number): Buffer {
  const pieces: Buffer[] = [];
  const writer = new ImageWriter({ write: (piece) => pieces.push(Buffer.from(piece)) });
  saveWorld(world, writer, now);
  return Buffer.concat(pieces);
}

function differenceAt(one: Buffer, other: Buffer): string {
  const at = one.findIndex((byte, index) => byte !== other[index]);
  const before = sectionNames.filter((name) => {
    const found = one.indexOf(`${name} `);
    return found !== -1 && found <= at;
  });
  return `${at} of ${one.length} and ${other.length}, in section ${before.at(-1) ?? "head"}`;
}
