// Reads YAML text into plain data and remembers where each key and value stands.
// Reports what YAML itself refuses and what it accepts but means differently than written: numbers with a leading
// zero, yes/no/on/off (texts in YAML 1.2), keys given twice, keys that are not texts, tabs.

import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Scalar,
} from "yaml";
import { keyProblem, problem, type Path, type Problem } from "./problem.ts";

/** Line and column, both from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** A mistake found while reading, with its place. */
export interface LocatedProblem extends Problem {
  readonly position: Position;
}

export interface YamlSource {
  /** The plain data; undefined when the text is not YAML and nothing after it can be trusted. */
  readonly data: unknown;
  readonly readable: boolean;
  readonly problems: readonly LocatedProblem[];
  /** Where a path stands; a path that does not exist stands where its nearest existing parent does. */
  locate(problem: Problem): Position;
}

/** Bytes beyond which a file is no inventory; a thousand hosts take about 200 KiB. */
export const inventorySizeMax = 1 << 20;

interface Places {
  readonly keys: Map<string, number>;
  readonly values: Map<string, number>;
}

/** Reads one YAML document. Never throws: what is wrong is in `problems`. */
export function readYaml(text: string): YamlSource {
  let { document, lines } = parse(text);
  let tabs: TabRepair = { text, lines: [], shifts: new Map() };
  if (document.errors.some((fault) => fault.code === "TAB_AS_INDENT")) {
    tabs = repairTabs(text);
    ({ document, lines } = parse(tabs.text));
  }
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: Math.max(1, col - (tabs.shifts.get(line) ?? 0)) };
  };
  const problems: LocatedProblem[] = tabs.lines.map((line) => ({
    ...problem([], "YAML: the line is indented with a tab, expected spaces"),
    position: { line, column: 1 },
  }));
  for (const fault of [...document.errors, ...document.warnings]) {
    const message = `YAML: ${fault.code === "MULTIPLE_DOCS" ? "a second document begins here, expected one" : fault.message.split("\n")[0]}`;
    problems.push({ ...problem([], message), position: position(fault.pos[0]) });
  }
  const places: Places = { keys: new Map(), values: new Map() };
  const locate = (wanted: Problem): Position => position(offsetOf(places, wanted));
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push({
      ...problem([], `YAML: ${reason.split("\n")[0]}`),
      position: { line: 1, column: 1 },
    });
    return { data: undefined, readable: false, problems, locate };
  }
  if (document.errors.length > 0) return { data: undefined, readable: false, problems, locate };
  for (const found of walk(document, tabs.text, places)) {
    problems.push({ ...found, position: locate(found) });
  }
  return { data, readable: true, problems, locate };
}

function parse(text: string): { document: Document; lines: LineCounter } {
  const lines = new LineCounter();
  // Keys given twice are found by the walk, which knows their path.
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "error",
  });
  return { document, lines };
}

interface TabRepair {
  readonly text: string;
  readonly lines: readonly number[];
  /** By how much the columns of a repaired line moved to the right. */
  readonly shifts: ReadonlyMap<number, number>;
}

/** Replaces tabs in indentation by the indentation that the line before suggests, so that later mistakes are still found. */
function repairTabs(text: string): TabRepair {
  const lines: number[] = [];
  const shifts = new Map<number, number>();
  let indent = 0;
  const repaired = text.split("\n").map((line, index) => {
    const blanks = /^[ \t]*/.exec(line)?.[0] ?? "";
    const body = line.slice(blanks.length);
    if (body.trim() === "" || body.startsWith("#")) return body.trim() === "" ? body : line;
    if (!blanks.includes("\t")) {
      indent = blanks.length + (/:\s*(?:#.*)?$/.test(body) ? 2 : 0);
      return line;
    }
    lines.push(index + 1);
    shifts.set(index + 1, indent - blanks.length);
    const fixed = " ".repeat(indent) + body;
    if (/:\s*(?:#.*)?$/.test(body)) indent += 2;
    return fixed;
  });
  return { text: repaired.join("\n"), lines, shifts };
}

function placeKey(path: Path): string {
  return JSON.stringify(path);
}

function offsetOf(places: Places, { path, at }: Problem): number {
  const exact = placeKey(path);
  const own = at === "key" ? places.keys.get(exact) : places.values.get(exact);
  if (own !== undefined) return own;
  for (let length = path.length - 1; length > 0; length -= 1) {
    const parent = placeKey(path.slice(0, length));
    const offset = places.keys.get(parent) ?? places.values.get(parent);
    if (offset !== undefined) return offset;
  }
  return 0;
}

/** Visits every node once: notes its place and reports what YAML reads differently than it is written. */
function walk(document: Document, source: string, places: Places): Problem[] {
  const problems: Problem[] = [];
  const visit = (node: unknown, path: Path): void => {
    if (isMap(node)) {
      const names = new Set<string>();
      for (const pair of node.items) {
        const [name, fault] = keyName(pair.key);
        const inner = [...path, name];
        const id = placeKey(inner);
        if (names.has(name)) problems.push(keyProblem(inner, "is given twice, expected once"));
        if (fault !== undefined) problems.push(keyProblem(inner, fault));
        names.add(name);
        places.keys.set(id, startOf(pair.key));
        places.values.set(id, startOf(pair.value) || startOf(pair.key));
        visit(pair.value, inner);
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => {
        const inner = [...path, index];
        places.values.set(placeKey(inner), startOf(item));
        visit(item, inner);
      });
    } else if (isScalar(node)) {
      const trap = scalarTrap(node, source);
      if (trap !== undefined) problems.push(problem(path, trap));
    }
  };
  visit(document.contents, []);
  return problems;
}

function startOf(node: unknown): number {
  const range = (node as { range?: readonly number[] | null } | null)?.range;
  return range?.[0] ?? 0;
}

/** A key's text, and what is wrong with it when YAML does not read it as text. */
function keyName(key: unknown): [string, string | undefined] {
  if (isScalar(key) && typeof key.value === "string") return [key.value, undefined];
  if (isScalar(key) && key.value !== null) {
    const name = String(key);
    return [name, `the key is ${name}, which YAML does not read as text, expected a name`];
  }
  return [String(key), "the key is not a text, expected a name"];
}

/** What YAML 1.2 reads differently than people who know YAML 1.1 mean it. */
function scalarTrap(node: Scalar, source: string): string | undefined {
  if (node.type !== "PLAIN" || !node.range) return undefined;
  const written = source.slice(node.range[0], node.range[1]);
  if (typeof node.value === "number" && /^[-+]?0[0-9]/.test(written)) {
    return `${written} is read as the decimal number ${node.value}, expected "${written}" in quotes, or no leading zero`;
  }
  if (/^(?:yes|no|on|off)$/i.test(written)) {
    return `${written} is read as a text, not as a truth value, expected 1 or 0, or "${written}" in quotes if the text is meant`;
  }
  return undefined;
}
