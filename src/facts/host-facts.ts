// What is true on one host, gathered in one round trip: a table of probes and their parsers. Facts are read-only and
// say nothing about the cluster's health, which comes from the wire (src/wire).

import type { Command, Host, Output, CallOptions } from "../host/host.ts";
import {
  findTools,
  firstBytes,
  freeSpace,
  fuseModule,
  initLimits,
  limitsAndClock,
  listeners,
  listFiles,
  showUnits,
  statPaths,
  unitLimits,
  writableParents,
} from "../shell/probes.ts";
import { queryPackages } from "../shell/apt.ts";

/** What stands at a path. `content` of a file up to 256 KiB, `entries` of a folder up to 1000 names. */
export interface PathFact {
  readonly type: "file" | "folder" | "link" | "other";
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly target?: string;
  readonly content?: string;
  readonly entries?: readonly string[];
}

export interface UnitFact {
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  /** enabled, disabled, masked, static; empty when there is no unit file. */
  readonly file: string;
  readonly pid: number;
  readonly needDaemonReload: boolean;
  /** Soft limit of open files of the main process; Infinity for "unlimited", undefined when it does not run. */
  readonly nofile?: number;
}

export interface MountFact {
  readonly source: string;
  readonly path: string;
  readonly type: string;
}

export interface ListenerFact {
  readonly address: string;
  readonly port: number;
  readonly process: string | undefined;
  readonly pid: number | undefined;
  /** All that hold the socket, the first included: a child inherits its parent's. */
  readonly pids: readonly number[];
}

export interface FileEntry {
  readonly name: string;
  readonly size: number;
  readonly mtimeMs: number;
}

export interface HostFacts {
  readonly host: string;
  /** Words of ID and ID_LIKE, lower case. */
  readonly family: readonly string[];
  readonly osVersion: string;
  readonly architecture: string;
  readonly userId: number;
  readonly tools: ReadonlySet<string>;
  readonly packages: ReadonlyMap<string, string>;
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  readonly group: { readonly gid: number } | undefined;
  readonly paths: ReadonlyMap<string, PathFact>;
  readonly units: ReadonlyMap<string, UnitFact>;
  readonly mounts: readonly MountFact[];
  readonly listeners: readonly ListenerFact[];
  readonly fuse: boolean;
  readonly nofileHard: number;
  readonly nrOpen: number;
  /** The first process: its hard limit of open files, and whether what it starts may go beyond (CAP_SYS_RESOURCE). */
  readonly init: { readonly nofileHard: number; readonly mayRaise: boolean };
  /** The kernel has FUSE built in or as a module. */
  readonly fuseLoadable: boolean;
  /** Host clock minus ours at the middle of the round trip, milliseconds. */
  readonly clockOffsetMs: number;
  /** Half of the round trip: by so much the offset may be wrong. */
  readonly clockErrorMs: number;
  readonly space: ReadonlyMap<string, { readonly freeBytes: number; readonly totalBytes: number }>;
  readonly selinuxEnforcing: boolean;
  /** The host's own IPv4 addresses, as other hosts see them connect. */
  readonly addresses: readonly string[];
  /** Addresses that the master's name resolves to on this host. */
  readonly masterAddresses: readonly string[];
  readonly dataFiles: readonly FileEntry[];
  /** The first 24 bytes of files, in hex. */
  readonly heads: ReadonlyMap<string, string>;
  /** Where folders stand or would be made. */
  readonly parents: ReadonlyMap<string, ParentFact>;
}

/** The path itself, or its nearest parent that exists. */
export interface ParentFact {
  readonly path: string;
  readonly isFolder: boolean;
  readonly writable: boolean;
}

/** What to ask of a host. */
export interface HostQuestions {
  readonly user: string;
  readonly group: string;
  readonly tools: readonly string[];
  readonly packages: readonly string[];
  readonly paths: readonly string[];
  readonly units: readonly string[];
  readonly spaceOf: readonly string[];
  readonly masterName: string;
  /** DATA_PATH. */
  readonly dataFolder: string;
  readonly headsOf: readonly string[];
  readonly parentsOf: readonly string[];
}

const decimal = /^\d+$/;

function text(output: Output | undefined): string {
  return output?.stdout.toString("utf8") ?? "";
}

function lines(output: Output | undefined): readonly string[] {
  return text(output)
    .split("\n")
    .filter((line) => line !== "");
}

/** The table: what is asked, in the order of the answers. */
function questions(ask: HostQuestions) {
  return {
    os: { argv: ["cat", "/etc/os-release"] },
    architecture: { argv: ["uname", "-m"] },
    userId: { argv: ["id", "-u"] },
    tools: findTools(ask.tools),
    packages: queryPackages(ask.packages),
    user: { argv: ["getent", "passwd", ask.user] },
    group: { argv: ["getent", "group", ask.group] },
    paths: statPaths(ask.paths),
    units: showUnits(ask.units),
    limits: unitLimits(ask.units),
    mounts: { argv: ["cat", "/proc/self/mounts"] },
    listeners: listeners(),
    filesystems: { argv: ["cat", "/proc/filesystems"] },
    limitsAndClock: limitsAndClock(),
    initLimits: initLimits(),
    fuseModule: fuseModule(),
    space: freeSpace(ask.spaceOf),
    selinux: { argv: ["cat", "/sys/fs/selinux/enforce"] },
    masterAddresses: { argv: ["getent", "ahostsv4", ask.masterName] },
    addresses: { argv: ["hostname", "-I"] },
    dataFiles: listFiles(ask.dataFolder),
    heads: firstBytes(ask.headsOf),
    parents: writableParents(ask.parentsOf),
  } satisfies Record<string, Command>;
}

/** Gathers the facts of a host in one round trip. */
export async function gatherHostFacts(
  host: Host,
  ask: HostQuestions,
  options: CallOptions & { readonly now: () => number },
): Promise<HostFacts> {
  const table = questions(ask);
  const names = Object.keys(table) as (keyof typeof table)[];
  const startedMs = options.now();
  const outputs = await host.batch(Object.values(table), options);
  const endedMs = options.now();
  const middleMs = (startedMs + endedMs) / 2;
  const answer = Object.fromEntries(names.map((name, index) => [name, outputs[index]])) as Record<
    (typeof names)[number],
    Output | undefined
  >;
  const os = osRelease(text(answer.os));
  const [hard = "", nrOpen = "", clock = ""] = text(answer.limitsAndClock).trim().split(" ");
  const limits = parseLimits(lines(answer.limits));
  return {
    host: host.name,
    family: `${os["ID"] ?? ""} ${os["ID_LIKE"] ?? ""}`.toLowerCase().split(/\s+/).filter(Boolean),
    osVersion: os["PRETTY_NAME"] ?? "unknown",
    architecture: text(answer.architecture).trim(),
    userId: Number(text(answer.userId).trim() || "-1"),
    tools: new Set(lines(answer.tools)),
    packages: new Map(lines(answer.packages).map((line) => line.split("\t") as [string, string])),
    user: parsePasswd(text(answer.user)),
    group: parseGroup(text(answer.group)),
    paths: new Map(lines(answer.paths).map(parsePath)),
    units: parseUnits(text(answer.units), limits),
    mounts: lines(answer.mounts).map(parseMount),
    listeners: lines(answer.listeners).flatMap(parseListener),
    fuse: /\bfuse$/m.test(text(answer.filesystems)),
    nofileHard: parseLimit(hard),
    nrOpen: parseLimit(nrOpen),
    init: parseInit(text(answer.initLimits)),
    fuseLoadable: answer.fuseModule?.code === 0,
    clockOffsetMs: Number(clock) * 1000 - middleMs,
    clockErrorMs: (endedMs - startedMs) / 2,
    space: new Map(lines(answer.space).map(parseSpace)),
    selinuxEnforcing: text(answer.selinux).trim() === "1",
    masterAddresses: [
      ...new Set(lines(answer.masterAddresses).map((line) => line.split(/\s+/)[0] ?? "")),
    ],
    addresses: text(answer.addresses)
      .split(/\s+/)
      .filter((address) => /^\d+(\.\d+){3}$/.test(address)),
    dataFiles: lines(answer.dataFiles).map(parseFile),
    heads: new Map(lines(answer.heads).map((line) => line.split("\t") as [string, string])),
    parents: new Map(lines(answer.parents).map(parseParent)),
  };
}

function osRelease(content: string): Record<string, string> {
  return Object.fromEntries(
    content.split("\n").flatMap((line) => {
      const match = /^([A-Z_]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line);
      return match === null ? [] : [[match[1], match[2] ?? match[3] ?? match[4] ?? ""]];
    }),
  );
}

function parsePasswd(line: string): { uid: number; gid: number } | undefined {
  const [, , uid, gid] = line.trim().split(":");
  return uid !== undefined && gid !== undefined
    ? { uid: Number(uid), gid: Number(gid) }
    : undefined;
}

function parseGroup(line: string): { gid: number } | undefined {
  const gid = line.trim().split(":")[2];
  return gid === undefined ? undefined : { gid: Number(gid) };
}

function parsePath(line: string): [string, PathFact] {
  const [path = "", type, mode = "", owner = "", group = "", size, mtime, target, base64 = ""] =
    line.split("\t");
  const bytes = Buffer.from(base64, "base64");
  const body = bytes.toString("utf8");
  // A file that was cut, or is no UTF-8, has no content here: nobody may write it back changed.
  const whole = bytes.length === Number(size) && Buffer.from(body, "utf8").equals(bytes);
  return [
    path,
    {
      type: type as PathFact["type"],
      mode: Number.parseInt(mode, 8),
      owner,
      group,
      size: Number(size),
      mtimeMs: Number(mtime) * 1000,
      ...(type === "link" ? { target: target ?? "" } : {}),
      ...(type === "file" && whole ? { content: body } : {}),
      ...(type === "folder" ? { entries: body.split("\n").filter(Boolean) } : {}),
    },
  ];
}

function parseLimit(word: string): number {
  return word === "unlimited" ? Number.POSITIVE_INFINITY : Number(word);
}

/** Bit 24 of the capabilities is CAP_SYS_RESOURCE. */
function parseInit(line: string): HostFacts["init"] {
  const [hard = "", mask = ""] = line.trim().split(" ");
  const mayRaise = /^[0-9a-f]+$/.test(mask) && ((BigInt(`0x${mask}`) >> 24n) & 1n) === 1n;
  return { nofileHard: parseLimit(hard), mayRaise };
}

function parseLimits(rows: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    rows.map((row) => {
      const [unit = "", soft = ""] = row.split(/\s+/);
      return [unit, parseLimit(soft)];
    }),
  );
}

function parseUnits(
  content: string,
  limits: ReadonlyMap<string, number>,
): ReadonlyMap<string, UnitFact> {
  return new Map(
    content.split(/\n\n+/).flatMap((block) => {
      const fields = Object.fromEntries(
        block
          .trim()
          .split("\n")
          .map((line) => {
            const cut = line.indexOf("=");
            return [line.slice(0, cut), line.slice(cut + 1)];
          }),
      ) as Record<string, string | undefined>;
      const id = fields["Id"];
      if (id === undefined) return [];
      const nofile = limits.get(id);
      const unit: UnitFact = {
        load: fields["LoadState"] ?? "",
        active: fields["ActiveState"] ?? "",
        sub: fields["SubState"] ?? "",
        file: fields["UnitFileState"] ?? "",
        pid: Number(fields["MainPID"] ?? "0"),
        needDaemonReload: fields["NeedDaemonReload"] === "yes",
        ...(nofile === undefined ? {} : { nofile }),
      };
      return [[id, unit]];
    }),
  );
}

/** Field escapes of /proc/self/mounts are octal: `\040` is a space. */
function parseMount(line: string): MountFact {
  const [source = "", path = "", type = ""] = line
    .split(" ")
    .map((field) =>
      field.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    );
  return { source, path, type };
}

function parseListener(line: string): readonly ListenerFact[] {
  const local = line.split(/\s+/)[3] ?? "";
  const cut = local.lastIndexOf(":");
  const port = local.slice(cut + 1);
  if (!decimal.test(port)) return [];
  const owner = /users:\(\("([^"]*)",pid=(\d+)/.exec(line);
  const pids = [...line.matchAll(/\("[^"]*",pid=(\d+)/g)].map(([, pid]) => Number(pid));
  return [
    {
      address: local.slice(0, cut),
      port: Number(port),
      process: owner?.[1],
      pid: owner?.[2] === undefined ? undefined : Number(owner[2]),
      pids: [...new Set(pids)],
    },
  ];
}

function parseSpace(line: string): [string, { freeBytes: number; totalBytes: number }] {
  const [path = "", numbers = ""] = line.split("\t");
  const [size = 0, blocks = 0, free = 0] = numbers.split(" ").map(Number);
  return [path, { freeBytes: size * free, totalBytes: size * blocks }];
}

function parseFile(line: string): FileEntry {
  const [name = "", size, mtime] = line.split("\t");
  return { name, size: Number(size), mtimeMs: Number(mtime) * 1000 };
}

function parseParent(line: string): [string, ParentFact] {
  const [path = "", parent = "", type, writable] = line.split("\t");
  return [path, { path: parent, isFolder: type === "folder", writable: writable === "yes" }];
}
