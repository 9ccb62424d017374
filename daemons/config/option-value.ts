// The value that the daemon makes of one definition, and whether it is the one that is written.
// Spec: config-and-cli.md 3.2 and the type and range columns of 4 to 7.
import { readDecimal, readInteger } from "./c-number.ts";
import type { CNumber, Width } from "./c-number.ts";
import type { Definition } from "./cfg.ts";
import { parseIp } from "./ip-range.ts";
import type { OptionKind, OptionRow } from "./option-row.ts";
import type { Problems } from "./problem.ts";
import { chunkBytes, parseSize } from "./size.ts";

/** A value as the daemon uses it. */
export type OptionValue = string | number;

const widths: Partial<Record<OptionKind, Width>> = {
  uint8: { bits: 8, signed: false },
  uint16: { bits: 16, signed: false },
  uint32: { bits: 32, signed: false },
  int32: { bits: 32, signed: true },
};

/** Judges one definition; returns the effective value. */
export function readValue(row: OptionRow, given: Definition, problems: Problems): OptionValue {
  const width = widths[row.kind];
  if (width !== undefined)
    return checkNumber(row, given, readInteger(given.value, width), problems);
  if (row.kind === "decimal") return checkNumber(row, given, readDecimal(given.value), problems);
  if (row.kind === "umask") return readUmask(given, problems);
  checkText(row.kind, given, problems);
  return given.value;
}

function checkNumber(
  row: OptionRow,
  given: Definition,
  read: CNumber,
  problems: Problems,
): OptionValue {
  const expected = row.kind === "decimal" ? "a number" : "a whole number";
  const shown = `"${given.value}", expected ${expected}`;
  if (read.trap !== null) problems.error(given.line, given.name, `${shown}: ${read.trap}`);
  else if (/^[ \t]+#/.test(read.rest)) {
    problems.warn(given.line, given.name, `${shown} alone: a comment behind a value is part of it`);
  } else if (read.rest !== "") {
    problems.error(given.line, given.name, `${shown}: the daemon reads ${read.value}`);
  }
  return checkRange(row, given, read.value, problems);
}

function checkRange(
  row: OptionRow,
  given: Definition,
  value: number,
  problems: Problems,
): OptionValue {
  const { min = -Infinity, max = Infinity, beyond = "clamped" } = row;
  if (value >= min && value <= max) return value;
  const message = `${value}, expected ${rangeText(row)}`;
  if (beyond === "kept") {
    problems.warn(given.line, given.name, message);
    return value;
  }
  if (beyond === "refused") {
    problems.error(given.line, given.name, `${message}: the daemon refuses it`);
    return value;
  }
  const taken = beyond === "clamped" ? Math.min(Math.max(value, min), max) : beyond;
  problems.error(given.line, given.name, `${message}: the daemon takes ${taken}`);
  return taken;
}

function rangeText({ min, max }: OptionRow): string {
  if (max === undefined) return `at least ${min}`;
  return min === undefined ? `at most ${max}` : `${min} to ${max}`;
}

function readUmask(given: Definition, problems: Problems): number {
  const read = readInteger(given.value, { bits: 32, signed: false });
  if (!/^0[0-7]{0,3}$/.test(given.value)) {
    const got = `0${read.value.toString(8)}`;
    const message = `"${given.value}", expected an octal number with a leading 0: the daemon reads ${got}`;
    problems.error(given.line, given.name, message);
  } else if ((read.value & ~0o77) !== 0) {
    problems.warn(
      given.line,
      given.name,
      `"${given.value}", expected at most 077: higher bits are cut`,
    );
  }
  return read.value & 0o77;
}

/** Per kind of text: what is right, and in words what is expected. */
const texts: Partial<Record<OptionKind, { right: (value: string) => boolean; expected: string }>> =
  {
    path: {
      right: (value) => /^\/[^\s]*$/.test(value),
      expected: "an absolute path without blanks",
    },
    user: { right: isAccount, expected: 'a user name or "#uid"' },
    group: {
      right: (value) => value === "" || isAccount(value),
      expected: 'a group name or "#gid"',
    },
    host: { right: isHost, expected: "a host name or an IPv4 address" },
    listenHost: {
      right: (value) => value === "*" || isHost(value),
      expected: '"*", a host name or an IPv4 address',
    },
    address: { right: (value) => parseIp(value) !== null, expected: "an IPv4 address" },
    port: { right: isPort, expected: "a port of 1 to 65535 or the name of a service" },
    size: { right: (value) => parseSize(value) !== null, expected: 'a size such as "256MiB"' },
    reserve: { right: isReserve, expected: 'a size, "N%", "NU" or "NC"' },
  };

function checkText(kind: OptionKind, given: Definition, problems: Problems): void {
  const rule = texts[kind];
  const { line, name, value } = given;
  const note = /[ \t]#/.test(value) ? ": a comment behind a value becomes part of it" : "";
  if (rule !== undefined && !rule.right(value)) {
    problems.error(line, name, `"${value}", expected ${rule.expected}${note}`);
  } else if (kind === "rates") checkRates(given, note, problems);
  else if (kind === "labels") checkLabels(given, problems);
  else if (note !== "")
    problems.error(line, name, `"${value}", expected a text without " #"${note}`);
  else if (kind === "size") checkSmall(given, problems);
}

function checkSmall({ line, name, value }: Definition, problems: Problems): void {
  const bytes = parseSize(value);
  if (bytes === null || bytes >= chunkBytes) return;
  problems.warn(line, name, `"${value}", expected at least 64MiB, the size of a chunk`);
}

function checkRates({ line, name, value }: Definition, note: string, problems: Problems): void {
  const parts = value.split(",").map((part) => part.trim());
  const numbers = parts.every((part) => /^(?:\d+\.?\d*|\.\d+)$/.test(part));
  if (numbers && parts.length === 4) return;
  const message = `"${value}", expected four numbers separated by ","`;
  if (numbers && parts.length === 1) {
    problems.warn(line, name, `${message}: one number is the old form and counts for all four`);
  } else problems.error(line, name, `${message}: the daemon does not start${note}`);
}

function checkLabels({ line, name, value }: Definition, problems: Problems): void {
  const expected = `"${value}", expected letters separated by ","`;
  const strange = /[^A-Za-z,; \t]/.exec(value);
  if (strange !== null) {
    problems.error(line, name, `${expected}: the daemon drops "${strange[0]}" and goes on`);
    return;
  }
  const letters = value.toUpperCase().replace(/[^A-Z]/g, "");
  const tidy = /^[ \t]*(?:[A-Za-z][ \t]*(?:[,;][ \t]*[A-Za-z][ \t]*)*)?$/.test(value);
  if (!tidy || new Set(letters).size !== letters.length) problems.warn(line, name, expected);
}

function isAccount(value: string): boolean {
  return /^(?:#\d{1,10}|[A-Za-z_][A-Za-z0-9_.-]*\$?)$/.test(value);
}

/** True for an IPv4 address or a host name; anything of digits and dots must be an address. */
export function isHost(value: string): boolean {
  if (/^[\d.]+$/.test(value)) return parseIp(value) !== null;
  return value.length <= 253 && /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(value);
}

function isPort(value: string): boolean {
  if (/^\d+$/.test(value)) return Number(value) >= 1 && Number(value) <= 65535;
  return /^[A-Za-z][A-Za-z0-9+._-]*$/.test(value);
}

function isReserve(value: string): boolean {
  return parseSize(value) !== null || /^(?:\d+\.?\d*|\.\d+)[%UC]$/.test(value);
}
