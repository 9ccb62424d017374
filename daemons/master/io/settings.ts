// The core's settings from the configuration file and the files that it names.
// Spec: config-and-cli.md section 5, semantics-master.md sections 6 and 28.

import { readFileSync } from "node:fs";

import { parseIpv4 } from "../../protocol/address.ts";
import { decodeText, encodeText } from "../../protocol/byte-text.ts";
import { parseSize } from "../../config/size.ts";
import { parseTopology } from "../../config/topology.ts";
import { findOption } from "../../config/options.ts";
import { defaultChunkSettings } from "../core/chunks/settings.ts";
import type { AddressRemap, ChunkSettings, ReservedSpace } from "../core/chunks/settings.ts";
import type { JobSettings } from "../core/jobs/settings.ts";
import type { RackRange } from "../core/chunks/topology.ts";
import { exportsChecksum } from "../core/sessions/exports-checksum.ts";
import type { Settings } from "../core/settings.ts";
import type { Config } from "../../runtime/config.ts";
import { readExports } from "./exports-file.ts";

const secretOption = "AUTH_CODE";
const shownBytesMax = 255;

/** Reads everything; what cannot be read stays as it was (`before`), or is empty at a start. */
export function readSettings(
  config: Config,
  before: Settings | undefined,
  warn: (message: string) => void,
): Settings {
  const exports = readExports(config.text("EXPORTS_FILENAME"), warn) ?? before?.exports ?? [];
  return {
    atimeMode: config.number("ATIME_MODE"),
    hardLinksMax: config.number("MAX_ALLOWED_HARD_LINKS"),
    inodeReuseDelay: config.number("INODE_REUSE_DELAY"),
    sessionSustainSeconds: config.number("SESSION_SUSTAIN_TIME"),
    exports,
    exportsChecksum: exportsChecksum(exports),
    topology: readTopology(config.text("TOPOLOGY_FILENAME"), warn) ?? before?.topology ?? [],
    chunks: chunkSettings(config),
    jobs: jobSettings(config),
    option: (name) => shownOption(config, name),
  };
}

function readTopology(
  file: string,
  warn: (message: string) => void,
): readonly RackRange[] | undefined {
  let text: string;
  try {
    text = readFileSync(file, "latin1");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (!missing) warn(`can't open topology file '${file}': ${(error as Error).message}`);
    return missing ? [] : undefined;
  }
  const { records, problems } = parseTopology(text);
  for (const { severity, line, message } of problems) {
    if (severity === "error") warn(`mfstopology: line ${line}: ${message}`);
  }
  return records.map(({ from, to, rack }) => ({ from, to, rack }));
}

function chunkSettings(config: Config): ChunkSettings {
  const authCode = config.optionalText("AUTH_CODE") ?? "";
  return {
    ...defaultChunkSettings,
    authCode: encodeText(authCode),
    timeoutSeconds: config.number("MATOCS_TIMEOUT"),
    remap: remapOf(config),
    daysToRemoveUnused: config.number("CS_DAYS_TO_REMOVE_UNUSED"),
    maintenanceSeconds: config.number("CS_MAINTENANCE_MODE_TIMEOUT"),
    temporaryMaintenanceSeconds: config.number("CS_TEMP_MAINTENANCE_MODE_TIMEOUT"),
    heavyLoadThreshold: config.number("CS_HEAVY_LOAD_THRESHOLD"),
    heavyLoadRatio: config.number("CS_HEAVY_LOAD_RATIO_THRESHOLD"),
    heavyLoadGraceSeconds: config.number("CS_HEAVY_LOAD_GRACE_PERIOD"),
    creationsRespectTopology: config.number("CREATIONS_RESPECT_TOPOLOGY"),
    uniqueMode: config.number("CHUNKS_UNIQUE_MODE"),
    reservedSpace: reservedSpace(config.text("RESERVE_SPACE")),
  };
}

function jobSettings(config: Config): JobSettings {
  const soft = config.number("CHUNKS_SOFT_DEL_LIMIT");
  const old = config.optionalNumber("ACCEPTABLE_DIFFERENCE");
  const percent = config.isDefined("ACCEPTABLE_PERCENTAGE_DIFFERENCE") || old === null;
  return {
    startDelaySeconds: config.number("REPLICATIONS_DELAY_INIT"),
    loopSecondsMin: config.number("CHUNKS_LOOP_MIN_TIME"),
    chunksPerSecondMax: config.number("CHUNKS_LOOP_MAX_CPS"),
    loopSeconds: config.optionalNumber("CHUNKS_LOOP_TIME") ?? undefined,
    deletionsSoftMax: soft,
    deletionsHardMax: config.optionalNumber("CHUNKS_HARD_DEL_LIMIT") ?? 3 * soft,
    writeLimits: config.rates("CHUNKS_WRITE_REP_LIMIT"),
    readLimits: config.rates("CHUNKS_READ_REP_LIMIT"),
    acceptableDifference: percent
      ? config.number("ACCEPTABLE_PERCENTAGE_DIFFERENCE") / 100
      : (old ?? 0),
    queueLengthMax: config.number("PRIORITY_QUEUES_LENGTH"),
    respectTopology: config.number("REPLICATIONS_RESPECT_TOPOLOGY"),
    missingLogMax: config.number("MISSING_LOG_CAPACITY"),
  };
}

function remapOf(config: Config): AddressRemap | null {
  const bits = config.optionalNumber("REMAP_BITS");
  const source = parseIpv4(config.optionalText("REMAP_SOURCE_IP_CLASS") ?? "");
  const destination = parseIpv4(config.optionalText("REMAP_DESTINATION_IP_CLASS") ?? "");
  if (bits === null || source === undefined || destination === undefined) return null;
  return { bits, source, destination };
}

/** RESERVE_SPACE: `N[B]`, `N%`, `NU` or `NC`. */
function reservedSpace(text: string): ReservedSpace {
  const amount = text.slice(0, -1);
  if (text.endsWith("%")) return { kind: "percent", percent: Number(amount) };
  if (text.endsWith("U")) return { kind: "mostUsed", times: Number(amount) };
  if (text.endsWith("C")) return { kind: "largest", times: Number(amount) };
  return { kind: "bytes", bytes: Number(parseSize(text) ?? 0n) };
}

/**
 * What GET_CONFIG says of an option: its value where the file defines it, cut to what the packet holds. The word that
 * chunkservers prove to know is left out: anybody may ask, unregistered, and no program needs it.
 */
export function shownOption(config: Config, name: string): string {
  const row = name === secretOption ? undefined : findOption("mfsmaster", name);
  if (row === undefined || row.obsolete === true || !config.isDefined(name)) return "";
  const bytes = encodeText(String(config.value(name) ?? ""));
  return decodeText(bytes.subarray(0, shownBytesMax));
}
