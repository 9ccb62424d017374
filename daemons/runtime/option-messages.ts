// What 3.0.117 says about values out of range, and which values stop a start.
// Spec: config-and-cli.md 5; channels observed on a running mfsmaster in the foreground.

import { readInteger } from "../config/c-number.ts";
import { parseIp } from "../config/ip-range.ts";
import type { Daemon } from "../config/options.ts";
import type { ParsedConfig } from "../config/parse-config.ts";

/** Where a line goes: "both" is the log and standard error of a start. */
export interface OptionMessage {
  readonly to: "both" | "log" | "console";
  readonly text: string;
}

/** What a file makes the daemon say; `fatal` names the module that does not start with it. */
export interface Judgement {
  readonly messages: readonly OptionMessage[];
  readonly fatal: { readonly module: string; readonly lines: readonly OptionMessage[] } | null;
}

interface Range {
  readonly name: string;
  readonly bits: 8 | 16 | 32;
  readonly to: OptionMessage["to"];
  readonly min?: number;
  readonly max?: number;
  readonly low?: (value: number) => string;
  readonly high?: (value: number) => string;
}

const loopRange = (name: string, min: number, max: number): Range => ({
  name,
  bits: 32,
  to: "console",
  min,
  max,
  low: (value) => `${name} value too low (${value}) increased to ${min}`,
  high: (value) => `${name} value too high (${value}) decreased to ${max}`,
});

/** In the order in which the program meets them. */
const masterRanges: readonly Range[] = [
  { name: "BACK_LOGS", bits: 32, to: "both", max: 1000, high: () => "BACK_LOGS value too big !!!" },
  {
    name: "CHANGELOG_PRESERVE_SECONDS",
    bits: 16,
    to: "both",
    max: 15000,
    high: (value) =>
      `Number of seconds of change logs to be preserved in master is too big (${value}) - decreasing to 15000 seconds`,
  },
  {
    name: "CHANGELOG_SAVE_MODE",
    bits: 8,
    to: "both",
    max: 2,
    high: () => "CHANGELOG_SAVE_MODE - wrong value - using 0 (write in background)",
  },
  {
    name: "MISSING_LOG_CAPACITY",
    bits: 32,
    to: "log",
    min: 1000,
    max: 1_000_000,
    low: () => "MISSING_LOG_CAPACITY to low - increased to 1000",
    high: () => "MISSING_LOG_CAPACITY to high - decreased to 1000000",
  },
  {
    name: "ATIME_MODE",
    bits: 8,
    to: "log",
    max: 4,
    high: () => "unrecognized value for ATIME_MODE - using defaults",
  },
  {
    name: "MAX_ALLOWED_HARD_LINKS",
    bits: 32,
    to: "log",
    min: 8,
    low: () =>
      "MAX_ALLOWED_HARD_LINKS is lower than 8 - less than minimum number of hard links required by POSIX - setting to 8",
  },
  {
    name: "INODE_REUSE_DELAY",
    bits: 32,
    to: "log",
    min: 300,
    max: 3_000_000,
    low: () => "INODE_REUSE_DELAY is lower than 300 - setting to 300",
    high: () => "INODE_REUSE_DELAY is higher than 3000000 - setting to 3000000",
  },
  loopRange("CHUNKS_LOOP_TIME", 60, 7200),
  loopRange("CHUNKS_LOOP_MIN_TIME", 60, 7200),
  loopRange("CHUNKS_LOOP_MAX_CPS", 10_000, 10_000_000),
  {
    name: "CS_DAYS_TO_REMOVE_UNUSED",
    bits: 32,
    to: "log",
    max: 365,
    high: () =>
      "CS_DAYS_TO_REMOVE_UNUSED - value is too big (max=365) - use zero for infinite value",
  },
  {
    name: "SESSION_SUSTAIN_TIME",
    bits: 32,
    to: "both",
    min: 60,
    max: 604_800,
    low: () => "SESSION_SUSTAIN_TIME too low (less than minute) - setting this value to one minute",
    high: () => "SESSION_SUSTAIN_TIME too big (more than week) - setting this value to one week",
  },
  {
    name: "BACK_META_KEEP_PREVIOUS",
    bits: 32,
    to: "both",
    max: 99,
    high: () => "BACK_META_KEEP_PREVIOUS is too high (>99) - decreasing",
  },
];

const loopNames = ["CHUNKS_LOOP_MIN_TIME", "CHUNKS_LOOP_MAX_CPS"];

/** Judges a file as the daemon would while its modules read their options. */
export function judgeOptions(daemon: Daemon, parsed: ParsedConfig): Judgement {
  if (daemon !== "mfsmaster") return { messages: [], fatal: null };
  const messages: OptionMessage[] = [];
  for (const range of masterRanges) {
    if (parsed.defined.has("CHUNKS_LOOP_TIME") && loopNames.includes(range.name)) continue;
    if (range.name === "CHUNKS_LOOP_TIME") messages.push(...chunkLoopNotes(parsed));
    messages.push(...outOfRange(range, parsed));
  }
  messages.push(...reserveNotes(parsed), ...remapNotes(parsed), ...oldNames(parsed));
  return { messages, fatal: refusedLimits(parsed) };
}

function raw(parsed: ParsedConfig, name: string, bits: 8 | 16 | 32): number | null {
  const given = parsed.defined.get(name);
  return given === undefined ? null : readInteger(given.value, { bits, signed: false }).value;
}

function outOfRange(range: Range, parsed: ParsedConfig): readonly OptionMessage[] {
  const value = raw(parsed, range.name, range.bits);
  if (value === null) return [];
  const low = range.min !== undefined && value < range.min ? range.low?.(value) : undefined;
  const high = range.max !== undefined && value > range.max ? range.high?.(value) : undefined;
  const text = low ?? high;
  return text === undefined ? [] : [{ to: range.to, text }];
}

/** Limits of deletions and replications, which the program reads before the loop's times. */
function chunkLoopNotes(parsed: ParsedConfig): readonly OptionMessage[] {
  const texts: string[] = [];
  const soft = raw(parsed, "CHUNKS_SOFT_DEL_LIMIT", 32) ?? 10;
  const hard = raw(parsed, "CHUNKS_HARD_DEL_LIMIT", 32);
  if (hard !== null && hard < soft) {
    texts.push(
      "CHUNKS_SOFT_DEL_LIMIT is greater than CHUNKS_HARD_DEL_LIMIT - using CHUNKS_HARD_DEL_LIMIT for both",
    );
  }
  for (const [name, word] of rateNames) {
    const text = parsed.defined.get(name)?.value;
    if (text !== undefined && parseRates(text)?.old === true) {
      texts.push(`${word} replication limit in old format - change limits to new format`);
    }
  }
  if (parsed.defined.has("CHUNKS_LOOP_TIME")) {
    texts.push(
      "Defining loop time by CHUNKS_LOOP_TIME option is deprecated - use CHUNKS_LOOP_MAX_CPS and CHUNKS_LOOP_MIN_TIME",
    );
  }
  return texts.map((text) => ({ to: "console", text }));
}

const rateNames = [
  ["CHUNKS_WRITE_REP_LIMIT", "write"],
  ["CHUNKS_READ_REP_LIMIT", "read"],
] as const;

/** Four limits a server: endangered, other undergoal, rebalance near the mean, rebalance of extremes. */
export type Rates = readonly [number, number, number, number];

/** Reads a replication limit; null: the daemon does not start with it. */
export function parseRates(text: string): { readonly rates: Rates; readonly old: boolean } | null {
  const parts = text.split(",").map((part) => part.trim());
  if (!parts.every((part) => /^(?:\d+\.?\d*|\.\d+)$/.test(part))) return null;
  const [first = 0, second = 0, third = 0, fourth = 0] = parts.map(Number);
  if (parts.length === 1) return { rates: [first, first, first, first], old: true };
  return parts.length === 4 ? { rates: [first, second, third, fourth], old: false } : null;
}

function refusedLimits(parsed: ParsedConfig): Judgement["fatal"] {
  const text = refusedLimit(parsed);
  if (text === null) return null;
  const lines: readonly OptionMessage[] = [
    { to: "console", text },
    { to: "both", text: "chunk init error" },
  ];
  return { module: "metadata manager", lines };
}

function refusedLimit(parsed: ParsedConfig): string | null {
  if (raw(parsed, "CHUNKS_SOFT_DEL_LIMIT", 32) === 0) return "delete limit is zero !!!";
  for (const [name, word] of rateNames) {
    const text = parsed.defined.get(name)?.value;
    if (text !== undefined && parseRates(text) === null) {
      return `${word} replication limit parse error !!!`;
    }
  }
  return null;
}

function reserveNotes(parsed: ParsedConfig): readonly OptionMessage[] {
  const text = parsed.defined.get("RESERVE_SPACE")?.value;
  if (text === undefined) return [];
  const rest = text.replace(/^(?:\d+\.?\d*|\.\d+)?/, "");
  const unit = /^(?:[%UC]|[kMGTPE]?B?|[KMGTPE]iB?)$/;
  if (text !== rest && unit.test(rest)) return [];
  const at = rest.slice(0, 1);
  return [{ to: "both", text: `error parsing RESERVE_SPACE ("${text}") ; error on '${at}'` }];
}

function remapNotes(parsed: ParsedConfig): readonly OptionMessage[] {
  const bits = raw(parsed, "REMAP_BITS", 8);
  const classes = ["REMAP_SOURCE_IP_CLASS", "REMAP_DESTINATION_IP_CLASS"];
  if (bits === null || !classes.every((name) => parsed.defined.has(name))) return [];
  const texts: string[] = [];
  const bitsAreRight = bits >= 1 && bits <= 32;
  if (!bitsAreRight) {
    texts.push(`wrong value for REMAP_BITS (${bits} ; shlould be between 1 and 32)`);
  }
  for (const name of classes) {
    const text = parsed.defined.get(name)?.value ?? "";
    const ip = parseIp(text);
    if (ip === null) texts.push(`error parsing ip class from ${name} (${text})`);
    else if (bitsAreRight && ip % 2 ** (32 - bits) !== 0) {
      const base = ip - (ip % 2 ** (32 - bits));
      texts.push(
        `found garbage bits at the end of ${name} (given: ${dotted(ip)} - should be: ${dotted(base)})`,
      );
    }
  }
  return texts.map((text) => ({ to: "both", text }));
}

function dotted(ip: number): string {
  return [24, 16, 8, 0].map((shift) => (ip >>> shift) & 0xff).join(".");
}

/** The old name of the clients' address counts at start only with its host. */
function oldNames(parsed: ParsedConfig): readonly OptionMessage[] {
  const fresh = ["MATOCL_LISTEN_HOST", "MATOCL_LISTEN_PORT"].some((name) =>
    parsed.defined.has(name),
  );
  if (fresh || !parsed.defined.has("MATOCU_LISTEN_HOST")) return [];
  return [{ to: "both", text: "change MATOCU_LISTEN_* option names to MATOCL_LISTEN_* !!!" }];
}
