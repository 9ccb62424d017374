// Options of an export line: one table of name, rule and effect.
// Spec: config-and-cli.md 8.2. A wrong value drops the whole line; an unknown option is skipped.
import type { Problems } from "./problem.ts";

/** "U[:G]" of maproot or mapall, as written: names are looked up on the master's host. */
export interface Mapping {
  readonly user: string;
  readonly group: string | null;
}

/** A password as the file has it. It must reach no log and no packet. */
export interface ExportSecret {
  readonly kind: "password" | "md5";
  readonly value: string;
}

/** Rights of one export line; the master's own start values where nothing is written. */
export interface ExportRights {
  readOnly: boolean;
  allDirs: boolean;
  ignoreGroups: boolean;
  dynamicAddress: boolean;
  admin: boolean;
  password: boolean;
  /** What proves the password: its text, or its MD5 in hexadecimal digits. */
  secret: ExportSecret | null;
  mapRoot: Mapping | null;
  mapAll: Mapping | null;
  minVersion: readonly number[];
  goalMin: number;
  goalMax: number;
  trashSecondsMin: number;
  trashSecondsMax: number;
  umask: number;
  disabled: readonly string[];
}

/** Start values without DEFAULTS. */
export const startRights: Readonly<ExportRights> = {
  readOnly: true,
  allDirs: false,
  ignoreGroups: false,
  dynamicAddress: false,
  admin: false,
  password: false,
  secret: null,
  mapRoot: null,
  mapAll: null,
  minVersion: [],
  goalMin: 1,
  goalMax: 9,
  trashSecondsMin: 0,
  trashSecondsMax: 4294967295,
  umask: 0,
  disabled: [],
};

/** Why the host cannot have a mapping (what is expected of it instead), or null when it can. */
export type MappingJudge = (mapping: Mapping) => string | null;

/** What a rule may say about a value that it takes all the same. */
interface Remarks {
  readonly warn: (message: string) => void;
  /** The daemon takes it otherwise than it is meant. */
  readonly misread: (message: string) => void;
  readonly judgeMapping: MappingJudge;
}

/** A rule changes the rights or says why the line cannot be used. */
type Rule = (value: string, rights: ExportRights, remarks: Remarks) => string | null;

interface Row {
  readonly rule: Rule;
  readonly value: boolean;
  /** Skipped by the master on the meta path ("."). */
  readonly notOnMeta?: true;
}

const operations = new Set(
  (
    "chown chmod symlink mkfifo mkdev mksock mkdir unlink rmdir rename move link create readdir read " +
    "write truncate setlength appendchunks snapshot settrash setsclass seteattr setxattr setfacl"
  ).split(" "),
);

const rows: Readonly<Record<string, Row>> = {
  ro: flag("readOnly", true),
  readonly: flag("readOnly", true),
  rw: flag("readOnly", false),
  readwrite: flag("readOnly", false),
  alldirs: { ...flag("allDirs", true), notOnMeta: true },
  ignoregid: { ...flag("ignoreGroups", true), notOnMeta: true },
  dynamicip: flag("dynamicAddress", true),
  admin: { ...flag("admin", true), notOnMeta: true },
  canchangequota: { ...flag("admin", true), notOnMeta: true },
  maproot: { value: true, rule: mapping("mapRoot"), notOnMeta: true },
  mapall: { value: true, rule: mapping("mapAll"), notOnMeta: true },
  disable: { value: true, rule: disable, notOnMeta: true },
  password: { value: true, rule: password },
  md5pass: { value: true, rule: md5pass },
  minversion: { value: true, rule: minVersion },
  mingoal: { value: true, rule: goal("goalMin") },
  maxgoal: { value: true, rule: goal("goalMax") },
  mintrashtime: { value: true, rule: trashTime("trashSecondsMin") },
  maxtrashtime: { value: true, rule: trashTime("trashSecondsMax") },
  umask: { value: true, rule: umask },
};

/** Options whose values no finding repeats. */
const secretOptions: ReadonlySet<string> = new Set(["password", "md5pass"]);

/** Where the options stand and what they belong to. */
export interface OptionsPlace {
  readonly line: number;
  readonly meta: boolean;
  readonly problems: Problems;
  readonly judgeMapping: MappingJudge;
}

/** Applies the options of one line to a copy of the start values; null when the line is dropped. */
export function readRights(
  text: string,
  start: ExportRights,
  place: OptionsPlace,
): ExportRights | null {
  const rights = { ...start };
  let usable = true;
  for (const part of text === "" ? [] : text.split(",")) {
    if (!applyOption(part.replace(/^[ \t]+|[ \t]+$/g, ""), rights, place)) usable = false;
  }
  if (
    /(?:^|,)\s*(?:ro|readonly)\s*(?:,|$)/.test(text) &&
    /(?:^|,)\s*(?:rw|readwrite)\s*(?:,|$)/.test(text)
  ) {
    place.problems.warn(place.line, "rw", `both "ro" and "rw", expected one: the last one counts`);
  }
  return usable ? rights : null;
}

function applyOption(option: string, rights: ExportRights, place: OptionsPlace): boolean {
  const { line, meta, problems, judgeMapping } = place;
  const equals = option.indexOf("=");
  const name = equals === -1 ? option : option.slice(0, equals);
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
  if (option === "") {
    problems.warn(line, null, "empty option, expected one option between two commas");
    return true;
  }
  if (row === undefined || row.value !== (equals !== -1)) {
    problems.error(line, name, unknownText(option));
    return true;
  }
  if (meta && row.notOnMeta === true) {
    const message = `"${option}" on the meta path, expected none: the master ignores it`;
    if (name === "disable") problems.error(line, name, message);
    else problems.warn(line, name, message);
    return true;
  }
  const shown = secretOptions.has(name) ? `${name}=...` : option;
  const why = row.rule(option.slice(equals + 1), rights, {
    warn(message) {
      problems.warn(line, name, `"${shown}", ${message}`);
    },
    misread(message) {
      problems.error(line, name, `"${shown}", expected ${message}`);
    },
    judgeMapping,
  });
  if (why !== null) problems.error(line, name, `"${shown}", expected ${why}`);
  return why === null;
}

function unknownText(option: string): string {
  const comment = /[ \t]#/.test(option) ? ": comments stand on lines of their own" : "";
  return `unknown option "${option}", expected one of 3.0.117: the master skips it${comment}`;
}

type Flag = "readOnly" | "allDirs" | "ignoreGroups" | "dynamicAddress" | "admin";

function flag(name: Flag, value: boolean): Row {
  const rule: Rule = (_, rights) => {
    rights[name] = value;
    return null;
  };
  return { value: false, rule };
}

const account = /^(?:\d{1,10}|[A-Za-z_][A-Za-z0-9_.-]*\$?)$/;

function mapping(which: "mapRoot" | "mapAll"): Rule {
  return (value, rights, { judgeMapping }) => {
    const [user = "", group = null, ...rest] = value.split(":");
    const parts = group === null ? [user] : [user, group];
    const right = parts.every((part) => account.test(part) && !(Number(part) > 0xffffffff));
    if (!right || rest.length > 0) return `"USER" or "USER:GROUP", names or numbers`;
    const mapping = { user, group };
    rights[which] = mapping;
    return judgeMapping(mapping);
  };
}

function disable(value: string, rights: ExportRights, { misread }: Remarks): null {
  const names = value.split(":");
  const unknown = names.find((name) => !operations.has(name));
  if (unknown !== undefined) {
    misread(`names of operations separated by ":", which "${unknown}" is not: it stays allowed`);
  }
  const known = names.filter((name) => operations.has(name));
  rights.disabled = [...new Set([...rights.disabled, ...known])];
  return null;
}

function password(value: string, rights: ExportRights, { warn, misread }: Remarks): null {
  if (/[ \t]#/.test(value)) misread('a text without " #": a comment becomes part of the password');
  if (value === "") warn("expected a text: the password is empty");
  rights.password = true;
  rights.secret = { kind: "password", value };
  return null;
}

function md5pass(value: string, rights: ExportRights): string | null {
  if (!/^[0-9a-fA-F]{32}$/.test(value)) return "32 hexadecimal digits";
  rights.password = true;
  rights.secret = { kind: "md5", value };
  return null;
}

function minVersion(value: string, rights: ExportRights, { warn }: Remarks): string | null {
  const parts = value.split(".");
  if (parts.length > 3 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) {
    return "up to three numbers of at most 255 separated by dots";
  }
  const numbers = parts.map(Number);
  const third = numbers[2] ?? 0;
  if (third > 0) {
    const real = [...numbers.slice(0, 2), Math.ceil(third / 2)].join(".");
    warn(`expected the last number doubled: it lets clients from ${real} on in`);
  }
  rights.minVersion = numbers;
  return null;
}

function goal(which: "goalMin" | "goalMax"): Rule {
  return (value, rights) => {
    if (!/^[1-9]$/.test(value)) return "a goal of 1 to 9";
    rights[which] = Number(value);
    return rights.goalMin > rights.goalMax ? "mingoal to be at most maxgoal" : null;
  };
}

function trashTime(which: "trashSecondsMin" | "trashSecondsMax"): Rule {
  return (value, rights) => {
    const seconds = parseTrashTime(value);
    if (seconds === null) return 'seconds, or a time such as "2w3d12h" in this order of units';
    if (seconds > 0xffffffff) return "less than 4294967296 seconds";
    rights[which] = seconds;
    const fits = rights.trashSecondsMin <= rights.trashSecondsMax;
    return fits ? null : "mintrashtime to be at most maxtrashtime";
  };
}

function parseTrashTime(text: string): number | null {
  if (/^\d+$/.test(text)) return Number(text);
  const match = /^(?=\d)(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/i.exec(text);
  if (match === null) return null;
  const units = [604800, 86400, 3600, 60, 1];
  return units.reduce((sum, unit, index) => sum + unit * Number(match[index + 1] ?? 0), 0);
}

function umask(value: string, rights: ExportRights, { misread }: Remarks): string | null {
  const digits = "a 0 and exactly three octal digits";
  if (!/^0[0-7]{3}/.test(value)) return digits;
  if (value.length > 4) misread(`${digits}: the rest is not looked at`);
  rights.umask = Number.parseInt(value.slice(0, 4), 8);
  return null;
}
