// mfsexports.cfg: who may mount what. Spec: config-and-cli.md 8.1 to 8.3.
// The records are the master's own; a line that it drops or reads otherwise than meant is an error besides.
import { readRights, startRights } from "./exports-options.ts";
import type { ExportRights, Mapping, MappingJudge } from "./exports-options.ts";
import { parseIpRange } from "./ip-range.ts";
import type { IpRange } from "./ip-range.ts";
import {
  brokenBytes,
  byteLines,
  cutTrailingBlanks,
  exportsLineBytesMax,
  fromBytes,
  toBytes,
} from "./lines.ts";
import type { ByteLine } from "./lines.ts";
import { Problems } from "./problem.ts";
import type { Problem } from "./problem.ts";

/** One line that counts; a DEFAULTS line is one too, for address 0.0.0.0 and path "/". */
export interface ExportRecord {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  /** The meta file system (trash and sustained files). */
  readonly meta: boolean;
  /** Without slashes at both ends, "/" in front; "." for the meta file system. */
  readonly path: string;
  readonly rights: Readonly<ExportRights>;
}

/** A name or number that must exist on the master's host, else it drops the line (spec 8.2). */
export interface AccountReference {
  readonly line: number;
  readonly option: "maproot" | "mapall";
  /** "uid": a number without a group; its group comes from the master's passwd. */
  readonly kind: "user" | "group" | "uid";
  readonly name: string;
}

/** A whole file as the master would take it. */
export interface ParsedExports {
  readonly records: readonly ExportRecord[];
  readonly references: readonly AccountReference[];
  readonly problems: readonly Problem[];
}

/**
 * Parses an exports file and judges each line. A mapping that `judgeMapping` refuses drops its line; without it
 * every name is taken.
 *
 * @example parseExports("* / rw # all\n").problems[0]?.severity === "error"
 */
export function parseExports(text: string, judgeMapping = acceptMapping): ParsedExports {
  const problems = new Problems();
  const records: ExportRecord[] = [];
  const references: AccountReference[] = [];
  let start: ExportRights = { ...startRights };
  for (const line of byteLines(toBytes(text))) {
    const split = splitLine(line, problems);
    if (split === null) continue;
    const meta = split.path === ".";
    const place = { line: line.number, meta, problems, judgeMapping };
    const rights = readRights(split.options, start, place);
    if (rights === null) continue;
    references.push(...referencesOf(line.number, rights, start));
    records.push(recordOf(line.number, split.range, split.path, rights));
    if (split.range === nowhere) start = rights;
  }
  if (!records.some((record) => record.to > 0)) {
    const effect = records.length === 0 ? "the master does not start" : "nobody can mount";
    problems.error(0, null, `no export, expected at least one usable line: ${effect}`);
  }
  return { records, references, problems: problems.list() };
}

const acceptMapping: MappingJudge = () => null;

/** The addresses of a DEFAULTS line's own record: nobody's. */
const nowhere: IpRange = { from: 0, to: 0, trap: null, hostBits: false };

interface SplitLine {
  readonly range: IpRange;
  readonly path: string;
  /** Empty where nothing stands behind the path: the start values hold. */
  readonly options: string;
}

function splitLine(line: ByteLine, problems: Problems): SplitLine | null {
  const broken = brokenBytes(line, exportsLineBytesMax);
  if (broken !== null) {
    problems.error(line.number, null, broken);
    return null;
  }
  const content = cutTrailingBlanks(line.bytes).replace(/^[ \t]+/, "");
  if (content === "" || content.startsWith("#")) return null;
  const [, address = "", rest = ""] = /^([^ \t]+)[ \t]*(.*)$/s.exec(content) ?? [];
  if (rest === "") {
    const message = `"${fromBytes(address)}" alone, expected ADDRESS PATH OPTIONS: the line is dropped`;
    problems.error(line.number, null, message);
    return null;
  }
  if (address.toUpperCase() === "DEFAULTS")
    return { range: nowhere, path: "/", options: fromBytes(rest) };
  const range = judgeAddress(line.number, fromBytes(address), problems);
  const [, path = "", options = ""] = /^([^ \t]+)[ \t]*(.*)$/s.exec(rest) ?? [];
  judgePath(line.number, fromBytes(path), problems);
  if (range === null) return null;
  return { range, path: fromBytes(path), options: fromBytes(options) };
}

function judgeAddress(line: number, address: string, problems: Problems): IpRange | null {
  const range = parseIpRange(address);
  if (range === null) {
    const expected = 'expected "*", an IPv4 address, a network or a range: the line is dropped';
    problems.error(line, address, `"${address}", ${expected}`);
    return null;
  }
  if (range.trap !== null) problems.error(line, address, `"${address}" is misread: ${range.trap}`);
  if (range.hostBits) {
    problems.warn(line, address, `"${address}", expected no host bits: the master clears them`);
  }
  return range;
}

function judgePath(line: number, path: string, problems: Problems): void {
  if (path === ".") return;
  if (!path.startsWith("/")) {
    const expected =
      'expected "." or a path that starts with "/": it becomes a folder of this name';
    problems.error(line, path, `path "${path}", ${expected}`);
    return;
  }
  const inner = path.replace(/^\/+|\/+$/g, "").split("/");
  if (inner.length > 1 && inner.some((part) => part === "" || part === "." || part === "..")) {
    problems.error(
      line,
      path,
      `path "${path}", expected none of "//", "/./", "/../": nothing matches it`,
    );
  }
}

function recordOf(line: number, range: IpRange, path: string, rights: ExportRights): ExportRecord {
  const meta = path === ".";
  const inner = path.replace(/^\/+|\/+$/g, "");
  return { line, from: range.from, to: range.to, meta, path: meta ? "." : `/${inner}`, rights };
}

/** Only what this line names itself; a mapping taken over from DEFAULTS was listed there. */
function referencesOf(
  line: number,
  rights: ExportRights,
  start: ExportRights,
): readonly AccountReference[] {
  const found: AccountReference[] = [];
  if (rights.mapRoot !== null && rights.mapRoot !== start.mapRoot) {
    found.push(...namesIn(line, "maproot", rights.mapRoot));
  }
  if (rights.mapAll !== null && rights.mapAll !== start.mapAll) {
    found.push(...namesIn(line, "mapall", rights.mapAll));
  }
  return found;
}

function namesIn(
  line: number,
  option: AccountReference["option"],
  { user, group }: Mapping,
): readonly AccountReference[] {
  const found: AccountReference[] = [];
  const numeric = /^\d+$/.test(user);
  if (!numeric) found.push({ line, option, kind: "user", name: user });
  else if (group === null) found.push({ line, option, kind: "uid", name: user });
  if (group !== null && !/^\d+$/.test(group)) {
    found.push({ line, option, kind: "group", name: group });
  }
  return found;
}
