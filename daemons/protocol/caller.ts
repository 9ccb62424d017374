// Who asks: a user and his groups, primary one first. Written as `uid, count, gids`; old peers and a few
// packets write `uid, gid` without a count, which only the length of the whole packet tells.
// Spec: wire-client-master-1.md sections 5.1 and 5.2.

import type { Reader, Writer } from "./bytes.ts";
import type { Field } from "./wire.ts";

/** A caller as the packet names him, before any mapping of the exports. */
export interface Caller {
  readonly uid: number;
  /** The primary group, the only one that exports map. */
  readonly gid: number;
  /** The further groups; `undefined` for the form without a count. */
  readonly groups: readonly number[] | undefined;
}

/** Linux allows 65,536 supplementary groups. */
const groupsMax = 65_536;
const singleBytes = 8;
const gidBytes = 4;
const noGroups: readonly number[] = [];

/** A caller behind whom exactly `trailing` bytes of the packet follow; both forms are taken. */
export function callerBefore(trailing: number): Field<Caller> {
  return callerField(trailing, singleBytes);
}

/** As `callerBefore`, where the form without a count is malformed (SETATTR, ACCESS). */
export function listedCallerBefore(trailing: number): Field<Caller> {
  return callerField(trailing, singleBytes + gidBytes);
}

function callerField(trailing: number, min: number): Field<Caller> {
  return {
    min,
    max: singleBytes + gidBytes * (1 + groupsMax),
    step: gidBytes,
    schema: {
      kind: "struct",
      fields: {
        uid: { kind: "unsigned", bits: 32 },
        gid: { kind: "unsigned", bits: 32 },
        groups: groupsSchema(min),
      },
    },
    read: (reader) => readCaller(reader, trailing, min),
    write: writeCaller,
    describe: ({ uid, gid, groups }) => `${uid}:${[gid, ...(groups ?? [])].slice(0, 4).join(",")}`,
  };
}

function groupsSchema(min: number): Field<unknown>["schema"] {
  const item = { kind: "unsigned", bits: 32 } as const;
  const list = { kind: "list", item, minCount: 0, maxCount: groupsMax } as const;
  return min === singleBytes ? { kind: "optional", item: list } : list;
}

function readCaller(reader: Reader, trailing: number, min: number): Caller {
  const uid = reader.u32();
  const countOrGid = reader.u32();
  const { left } = reader;
  if (left === trailing && min === singleBytes) return { uid, gid: countOrGid, groups: undefined };
  if (countOrGid === 0 || left !== gidBytes * countOrGid + trailing) {
    const what = `${countOrGid} groups in ${left - trailing} bytes, expected one or more, 4 bytes each`;
    throw reader.error("countTooLarge", what);
  }
  const gid = reader.u32();
  if (countOrGid === 1) return { uid, gid, groups: noGroups };
  const groups: number[] = [];
  for (let index = 1; index < countOrGid; index++) groups.push(reader.u32());
  return { uid, gid, groups };
}

function writeCaller(writer: Writer, { uid, gid, groups }: Caller): void {
  writer.u32(uid);
  if (groups !== undefined) writer.u32(1 + groups.length);
  writer.u32(gid);
  if (groups !== undefined) for (const group of groups) writer.u32(group);
}
