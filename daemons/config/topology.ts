// mfstopology.cfg: which rack an address stands in. Spec: config-and-cli.md 9.
import { formatIp, parseIpRange } from "./ip-range.ts";
import {
  brokenBytes,
  byteLines,
  cutTrailingBlanks,
  fromBytes,
  lineBytesMax,
  toBytes,
} from "./lines.ts";
import type { ByteLine } from "./lines.ts";
import { Problems } from "./problem.ts";
import type { Problem } from "./problem.ts";

/** One line that counts. */
export interface TopologyRecord {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly rack: string;
}

/** Parses a topology file; lines that the master would drop are errors. */
export function parseTopology(text: string): {
  readonly records: readonly TopologyRecord[];
  readonly problems: readonly Problem[];
} {
  const problems = new Problems();
  const records: TopologyRecord[] = [];
  for (const line of byteLines(toBytes(text))) {
    const record = readLine(line, problems);
    if (record === null) continue;
    const earlier = records.find((one) => one.from === record.from && one.to === record.to);
    if (earlier !== undefined) {
      const message = `addresses given again in line ${record.line}, expected once: the last counts`;
      problems.warn(earlier.line, `${formatIp(record.from)}-${formatIp(record.to)}`, message);
    }
    records.push(record);
  }
  return { records, problems: problems.list() };
}

function readLine(line: ByteLine, problems: Problems): TopologyRecord | null {
  const broken = brokenBytes(line, lineBytesMax);
  if (broken !== null) {
    problems.error(line.number, null, broken);
    return null;
  }
  const content = cutTrailingBlanks(line.bytes).replace(/^[ \t]+/, "");
  if (content === "" || content.startsWith("#")) return null;
  const [, address = "", rack = "", rest = ""] =
    /^([^ \t]+)[ \t]*([^ \t]*)[ \t]*(.*)$/s.exec(content) ?? [];
  const range = parseIpRange(address);
  const refusal = refuse(range === null ? "bad" : range.trap, rack, rest);
  if (range === null || refusal !== null) {
    problems.error(line.number, fromBytes(address), refusal ?? "");
    return null;
  }
  if (range.hostBits) {
    problems.warn(
      line.number,
      address,
      "network with host bits set, expected none: they are cleared",
    );
  }
  return { line: line.number, from: range.from, to: range.to, rack: fromBytes(rack) };
}

function refuse(trap: string | null, rack: string, rest: string): string | null {
  if (trap === "bad") {
    return 'no address, expected "*", an IPv4 address, a network or a range: the line is dropped';
  }
  if (trap !== null) return `address that is accepted and misread: ${trap}`;
  if (rack === "") return "no rack behind the address, expected a name: the line is dropped";
  if (rack.includes("#")) {
    return `rack "${fromBytes(rack)}", expected a name without "#": a comment starts behind a blank`;
  }
  if (/\p{Cc}/u.test(fromBytes(rack))) return "rack with a control character, expected text";
  if (rest !== "" && !rest.startsWith("#")) {
    return `"${fromBytes(rest)}" behind the rack, expected nothing or a comment`;
  }
  return null;
}
