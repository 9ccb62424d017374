// Administration of the master, third part: charts, sums, quotas and locks. Charts and sums are asked of
// chunkservers too. Spec: wire-admin.md sections 3.13, 3.16 and 4.4 to 4.6.

import { byLength, countOf, counted, records, struct } from "../layout.ts";
import { limits } from "../limits.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { rest, str32, u16, u32, u64, u8 } from "../wire.ts";

/** Asks for the sums of all charts since the start. */
export const MonotonicData = packet("CLTOAN_MONOTONIC_DATA", 502, {});

/** A chunkserver appends its disks. */
export const MonotonicDataAnswer = packet(
  "ANTOCL_MONOTONIC_DATA",
  503,
  { valueCount: countOf("values", u16), values: counted(u64), disks: rest },
  { maxBody: limits.diskListBytes },
);
export type MonotonicDataAnswer = Body<typeof MonotonicDataAnswer>;

/** Asks for a chart as an image. */
export const Chart = packetOf(
  "CLTOAN_CHART",
  504,
  byLength({ sized: { chartId: u32, width: u16, height: u16 }, legacy: { chartId: u32 } }),
);
export type Chart = Body<typeof Chart>;

/** A PNG file. */
export const ChartAnswer = packet(
  "ANTOCL_CHART",
  505,
  { image: rest },
  { maxBody: limits.chartBytes },
);
export type ChartAnswer = Body<typeof ChartAnswer>;

/** Asks for a chart's values. */
export const ChartData = packetOf(
  "CLTOAN_CHART_DATA",
  506,
  byLength({ newest: { chartId: u32, entriesMax: u32 }, all: { chartId: u32 } }),
);
export type ChartData = Body<typeof ChartData>;

/** Newest value first; 2^64-1 is "no data". Empty for a chart that does not exist. */
export const ChartDataAnswer = packetOf(
  "ANTOCL_CHART_DATA",
  507,
  byLength({
    none: {},
    values: { time: u32, valueCount: countOf("values", u32), values: counted(u64) },
  }),
  { maxBody: limits.chartBytes },
);
export type ChartDataAnswer = Body<typeof ChartDataAnswer>;

/** Asks for all quotas. */
export const QuotaInfo = packet("CLTOMA_QUOTA_INFO", 518, {});

const quotaValues = struct({ inodes: u32, length: u64, size: u64, realSize: u64 });

export const QuotaInfoAnswer = packet(
  "MATOCL_QUOTA_INFO",
  519,
  {
    quotas: records(
      struct({
        inode: u32,
        path: str32(),
        /** 0 = the default. */
        graceSeconds: u32,
        exceeded: u8,
        /** Which limits are set, as in QUOTACONTROL. */
        flags: u8,
        /** 0xFFFFFFFF: no soft limit is exceeded; 0: nothing more may be added. */
        secondsToBlock: u32,
        soft: quotaValues,
        hard: quotaValues,
        current: quotaValues,
      }),
    ),
  },
  { maxBody: limits.fileListBytes },
);
export type QuotaInfoAnswer = Body<typeof QuotaInfoAnswer>;

/** Asks for the locks held on an inode, or with 0 on all. */
export const ListAcquiredLocks = packetOf(
  "CLTOMA_LIST_ACQUIRED_LOCKS",
  534,
  byLength({ plain: { inode: u32 }, numbered: { messageId: u32, inode: u32 } }),
);
export type ListAcquiredLocks = Body<typeof ListAcquiredLocks>;

const lockFields = {
  sessionId: u32,
  owner: u64,
  /** A lock of a whole file has neither process nor range. */
  pid: u32,
  start: u64,
  end: u64,
  /** 1 read or shared, 2 write or exclusive. */
  type: u8,
} as const;
const fileLock = struct(lockFields);
const inodeLock = struct({ inode: u32, ...lockFields });

/** The request decides which variant it is: name it when decoding, `all` is assumed. */
export const ListAcquiredLocksAnswer = packetOf(
  "MATOCL_LIST_ACQUIRED_LOCKS",
  535,
  byLength({
    all: { locks: records(inodeLock) },
    inode: { locks: records(fileLock) },
    numberedAll: { messageId: u32, locks: records(inodeLock) },
    numberedInode: { messageId: u32, locks: records(fileLock) },
  }),
  { maxBody: limits.fileListBytes },
);
export type ListAcquiredLocksAnswer = Body<typeof ListAcquiredLocksAnswer>;

/** Every row of this file, for tables and for tests that walk them. */
export const adminFiguresPackets = [
  MonotonicData,
  MonotonicDataAnswer,
  Chart,
  ChartAnswer,
  ChartData,
  ChartDataAnswer,
  QuotaInfo,
  QuotaInfoAnswer,
  ListAcquiredLocks,
  ListAcquiredLocksAnswer,
] as const;
