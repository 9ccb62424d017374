// Answers whose form the request chooses by a mode: lists of sessions and of exports, as a master sends them
// to clients of all ages. Our own clients ask for the fullest form and read that alone (admin.ts,
// admin-settings.ts). Spec: wire-admin.md sections 3.3 and 3.11.

import { ipv4 } from "../address.ts";
import { array, byLength, records, struct } from "../layout.ts";
import { limits } from "../limits.ts";
import { packetOf } from "../packet.ts";
import { version32 } from "../version.ts";
import { str32, u16, u32, u8 } from "../wire.ts";
import type { ExportsInfoAnswer } from "./admin-settings.ts";
import type { SessionListAnswer } from "./admin.ts";

/** Operations that are counted for each session. */
export const sessionCountersShown = 16;
/** Higher modes are taken as this one. */
export const sessionListModeMax = 4;
/** Higher modes are taken as this one. */
export const exportsInfoModeMax = 3;

const head = { sessionId: u32, ip: ipv4, version: version32 } as const;
const use = { openFiles: u32, sockets: u8, expireSeconds: u32 } as const;
const texts = { info: str32(), path: str32(), flags: u8 } as const;
const owners = { rootUid: u32, rootGid: u32, mapAllUid: u32, mapAllGid: u32 } as const;
const bounds = { goalMin: u8, goalMax: u8, trashSecondsMin: u32, trashSecondsMax: u32 } as const;
const counters = {
  currentHour: array(sessionCountersShown, u32),
  lastHour: array(sessionCountersShown, u32),
} as const;

/** A session with all that any mode shows. */
export type SessionShown = SessionListAnswer["sessions"][number];

/** The request's mode decides: name the variant when decoding. */
export const SessionListByMode = packetOf(
  "MATOCL_SESSION_LIST",
  509,
  byLength({
    mode4: {
      counters: u16,
      sessions: records(
        struct({
          ...head,
          ...use,
          ...texts,
          umask: u16,
          ...owners,
          ...bounds,
          disables: u32,
          ...counters,
        }),
      ),
    },
    mode3: {
      counters: u16,
      sessions: records(
        struct({ ...head, ...use, ...texts, umask: u16, ...owners, ...bounds, ...counters }),
      ),
    },
    mode2: {
      counters: u16,
      sessions: records(struct({ ...head, ...use, ...texts, ...owners, ...bounds, ...counters })),
    },
    mode1: {
      counters: u16,
      sessions: records(struct({ ...head, ...texts, ...owners, ...bounds, ...counters })),
    },
    mode0: {
      counters: u16,
      sessions: records(struct({ ...head, ...texts, ...owners, ...counters })),
    },
  }),
  { maxBody: limits.sessionListBytes },
);

const line = { fromIp: ipv4, toIp: ipv4, path: str32() } as const;
const lineFlags = { minVersion: u32, extraFlags: u8, flags: u8 } as const;

/** A line of the exports with all that any mode shows. */
export type ExportShown = ExportsInfoAnswer["exports"][number];

/** The request's mode decides: name the variant when decoding. */
export const ExportsInfoByMode = packetOf(
  "MATOCL_EXPORTS_INFO",
  521,
  byLength({
    mode3: {
      exports: records(
        struct({ ...line, ...lineFlags, umask: u16, ...owners, ...bounds, disables: u32 }),
      ),
    },
    mode2: {
      exports: records(struct({ ...line, ...lineFlags, umask: u16, ...owners, ...bounds })),
    },
    mode1: { exports: records(struct({ ...line, ...lineFlags, ...owners, ...bounds })) },
    mode0: { exports: records(struct({ ...line, ...lineFlags, ...owners })) },
  }),
  { maxBody: limits.exportsBytes },
);
