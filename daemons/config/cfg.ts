// Grammar of mfsmaster.cfg, mfschunkserver.cfg and mfsmetalogger.cfg, byte for byte.
// Spec: config-and-cli.md 3.2. Which names exist and what they mean is said in options.ts.
import { brokenBytes, byteLines, lineBytesMax, toBytes } from "./lines.ts";
import type { ByteLine } from "./lines.ts";
import type { Problems } from "./problem.ts";

/** One "NAME = VALUE" as the daemon takes it. */
export interface Definition {
  readonly line: number;
  readonly name: string;
  readonly value: string;
}

const definition = /^[ \t]*([\x21-\x3c\x3e-\x7e]+)[ \t]*=[ \t]*(.*)$/s;
const blank = /^[ \t\r]*$/;
const firstByteBehindValue = /[^\x20-\x7f]/;

/** All definitions of a file in order; lines that the daemon drops or cuts are reported. */
export function readDefinitions(text: string, problems: Problems): readonly Definition[] {
  const found: Definition[] = [];
  for (const line of byteLines(toBytes(text))) {
    const one = readLine(line, problems);
    if (one !== null) found.push(one);
  }
  return found;
}

function readLine(line: ByteLine, problems: Problems): Definition | null {
  const broken = brokenBytes(line, lineBytesMax);
  if (broken !== null) {
    problems.error(line.number, null, broken);
    return null;
  }
  if (line.bytes.startsWith("#") || blank.test(line.bytes)) return null;
  const match = definition.exec(line.bytes);
  if (match === null) {
    reportUndefined(line, problems);
    return null;
  }
  const [, name = "", rest = ""] = match;
  return { line: line.number, name, value: cutValue(line.number, name, rest, problems) };
}

function reportUndefined(line: ByteLine, problems: Problems): void {
  if (/^[ \t]+#/.test(line.bytes)) {
    problems.warn(line.number, null, `indented comment, expected "#" as the first byte`);
    return;
  }
  const text = line.bytes.trim();
  problems.error(line.number, null, `"${text}", expected NAME = VALUE: the daemon skips this line`);
}

/** A value ends at the first control byte or byte above 0x7F; trailing spaces are cut. */
function cutValue(line: number, name: string, rest: string, problems: Problems): string {
  const end = rest.search(firstByteBehindValue);
  const value = (end === -1 ? rest : rest.slice(0, end)).replace(/ +$/, "");
  const dropped = end === -1 ? "" : rest.slice(end);
  if (dropped !== "" && !/^[ \t\r]*(?:\t[ \t]*#.*)?$/s.test(dropped)) {
    problems.error(
      line,
      name,
      `value with a control character or a byte above 0x7F, expected plain ASCII: the daemon reads "${value}"`,
    );
  }
  return value;
}
