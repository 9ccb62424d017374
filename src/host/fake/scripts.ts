// The shell scripts that mfsctl sends, told again for simulated machines. A script is known by its builder's own text:
// when a builder changes, its script is unknown here and the fake says so.

import { createHash } from "node:crypto";
import { leaseCommand, leaseRefused } from "../../shell/lease.ts";
import { createOnce } from "../../shell/files.ts";
import { printJournals, pruneJournals } from "../../shell/journal.ts";
import { completeImage } from "../../shell/metalogger.ts";
import { queryPackages } from "../../shell/apt.ts";
import {
  findTools,
  firstBytes,
  freeSpace,
  initLimits,
  limitsAndClock,
  reachPorts,
  statPaths,
  unitLimits,
  writableParents,
} from "../../shell/probes.ts";
import { writeFileCodes, writeFileCommand } from "../files.ts";
import type { Command } from "../host.ts";
import { owners } from "./coreutils.ts";
import { FakeFailure, parentOf, type FileNode } from "./files.ts";
import { parseImage } from "./metadata.ts";
import { metadataScripts } from "./metadata-scripts.ts";
import type { FakeSystem, Program, ProgramResult } from "./program.ts";

const blockBytes = 4096;
const diskBytes = 100 * 2 ** 30;
const allCapabilities = "000001ffffffffff";

function typeOf(node: FileNode): string {
  return node.type === "other" ? "other" : node.type;
}

const stat: Program = ({ system, words }) => {
  const { files } = system.machine;
  const rows = words.flatMap((path) => {
    const node = files.lstat(path);
    if (node === undefined) return [];
    const size = node.content.length;
    const attributes = [
      node.mode.toString(8),
      node.owner,
      node.group,
      size,
      (node.mtimeMs / 1000).toFixed(9),
    ];
    const body =
      node.type === "file"
        ? node.content.toString("base64")
        : base64(namesIn(files.list(path), node));
    return [[path, typeOf(node), attributes.join("\t"), node.target, body].join("\t")];
  });
  return { stdout: lines(rows) };
};

function namesIn(names: readonly string[] | undefined, node: FileNode): string {
  return node.type === "folder" ? lines(names ?? []) : "";
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function lines(rows: readonly string[]): string {
  return rows.map((row) => `${row}\n`).join("");
}

/** The path or its nearest parent that exists. */
function nearest(system: FakeSystem, path: string): string {
  let place = path;
  while (system.machine.files.stat(place) === undefined) place = parentOf(place);
  return place;
}

const space: Program = ({ system, words }) => ({
  stdout: lines(
    words.map((path) => {
      const at = nearest(system, path);
      const free =
        system.machine.freeBytes.get(path) ?? system.machine.freeBytes.get(at) ?? diskBytes;
      return `${path}\t${blockBytes} ${diskBytes / blockBytes} ${Math.floor(free / blockBytes)}`;
    }),
  ),
});

const packagesOf: Program = ({ system, words }) => ({
  stdout: lines(
    words.flatMap((name) => {
      const version = system.machine.packages.get(name);
      return version === undefined ? [] : [`${name}\t${version}`];
    }),
  ),
});

const limitsOf: Program = ({ system, words }) => ({
  stdout: lines(
    words.flatMap((unit) => {
      const soft = system.systemd.nofileOf(unit);
      return soft === undefined
        ? []
        : [`${unit} ${soft}                ${soft}                files     `];
    }),
  ),
});

const clock: Program = ({ system }) => {
  const { nofileHard, nrOpen } = system.machine;
  return { stdout: `${nofileHard} ${nrOpen} ${(system.nowMs() / 1000).toFixed(9)}\n` };
};

const bytes: Program = ({ system, words }) => ({
  stdout: lines(
    words.flatMap((path) => {
      const node = system.machine.files.stat(path);
      return node?.type === "file"
        ? [`${path}\t${node.content.subarray(0, 24).toString("hex")}`]
        : [];
    }),
  ),
});

const parents: Program = ({ system, words }) => ({
  stdout: lines(
    words.map((path) => {
      const at = nearest(system, path);
      const type = system.machine.files.stat(at)?.type === "folder" ? "folder" : "other";
      return `${path}\t${at}\t${type}\tyes`;
    }),
  ),
});

const reach: Program = ({ system, words }) => ({
  stdout: lines(words.map((pair) => `${pair} ${stateOfPort(system, pair)}`)),
});

function stateOfPort({ machine, network }: FakeSystem, pair: string): string {
  const cut = pair.lastIndexOf(":");
  return network.state(machine, pair.slice(0, cut), Number(pair.slice(cut + 1)));
}

const write: Program = ({ system, words, stdin }) => {
  const [path = "", mode = "", who = "", digest = "", symlink = ""] = words;
  const { files } = system.machine;
  if (files.lstat(path)?.type === "link" && symlink !== "follow") {
    throw new FakeFailure(`${path} is a symbolic link`, writeFileCodes.symlink);
  }
  if (createHash("sha256").update(stdin).digest("hex") !== digest) {
    throw new FakeFailure(`${path} arrived incomplete`, writeFileCodes.cut);
  }
  const owner = { owner: "root", group: "root", ...owners(system.machine, who) };
  files.write(path, stdin, { mode: Number.parseInt(mode, 8), ...owner });
  return {};
};

const once: Program = ({ system, words }) => {
  const [path = "", content = "", who = ""] = words;
  const { files } = system.machine;
  files.write(`${path}.new`, content, { mode: 0o640, ...owners(system.machine, who) });
  files.hardlink(`${path}.new`, path);
  files.remove(`${path}.new`);
  return {};
};

const image: Program = ({ system, words }) => {
  const content = system.machine.files.stat(words[0] ?? "")?.content;
  return { code: content !== undefined && parseImage(content) !== undefined ? 0 : 1 };
};

const prune: Program = ({ system, words }) => {
  const [folder = "", kept = "0"] = words;
  const { files } = system.machine;
  files.makeFolder(folder, { mode: 0o700, owner: "root", group: "root" });
  const old = (files.list(folder) ?? []).toReversed().slice(Number(kept) - 1);
  for (const name of old) files.remove(`${folder}/${name}`);
  return {};
};

const journals: Program = ({ system, words }) => {
  const [folder = "", most = "0"] = words;
  const { files } = system.machine;
  const names = (files.list(folder) ?? []).filter((name) => /^[0-9A-Za-z-]*[.]jsonl$/.test(name));
  return {
    stdout: lines(
      names
        .toReversed()
        .slice(0, Number(most))
        .map((name) => `${name} ${base64(files.read(`${folder}/${name}`) ?? "")}`),
    ),
  };
};

const lease: Program = ({ system, words, stdin }) => {
  const [verb = "", folder = "", run = "", ttl = "0", raised = "0"] = words;
  const { files } = system.machine;
  const path = `${folder}/lease`;
  if (files.stat(folder) === undefined) files.makeFolder(folder, { mode: 0o755 });
  const present = files.stat(path);
  const token = () => `${Number(files.read(`${folder}/token`) ?? "0")}\n`;
  const age = present === undefined ? 0 : Math.floor((system.nowMs() - present.mtimeMs) / 1000);
  const show = () =>
    present === undefined ? "" : `${token()}${age}\n${present.content.toString("utf8")}`;
  const refused: ProgramResult = { code: leaseRefused, stdout: show() };
  const held = present !== undefined && present.content.toString("utf8").split("\n")[0] !== run;
  switch (verb) {
    case "status":
      return { stdout: present === undefined ? token() : show() };
    case "acquire":
      if (held && Math.abs(age) < Number(ttl)) return refused;
      files.write(path, `${run}\n${stdin.toString("utf8")}`);
      return { stdout: token() };
    case "raise":
      if (held || present === undefined) return refused;
      if (Number(raised) > Number(token())) files.write(`${folder}/token`, `${raised}\n`);
      return {};
    case "renew":
      if (held || present === undefined) return refused;
      files.touch(path);
      return {};
    case "release":
      if (!held) files.remove(path);
      return {};
    case "break":
      files.remove(path);
      return { stdout: show() };
    default:
      throw new Error(`the fake knows no lease verb "${verb}"`);
  }
};

function textOf(command: Command): string {
  return command.argv[2] ?? "";
}

/** By the script's whole text. */
export const scripts: ReadonlyMap<string, Program> = new Map([
  [textOf(statPaths([])), stat],
  [textOf(freeSpace([])), space],
  [textOf(queryPackages([])), packagesOf],
  [textOf(unitLimits([])), limitsOf],
  [textOf(limitsAndClock()), clock],
  [
    textOf(initLimits()),
    ({ system }) => ({ stdout: `${system.machine.nofileHard} ${allCapabilities}\n` }),
  ],
  [textOf(firstBytes([])), bytes],
  [textOf(writableParents([])), parents],
  [textOf(reachPorts([])), reach],
  [
    textOf(findTools([])),
    ({ system, words }) => ({
      stdout: lines(words.filter((name) => system.machine.tools.has(name))),
    }),
  ],
  [textOf(writeFileCommand({ path: "/f", content: "", mode: 0 })), write],
  [textOf(createOnce({ path: "/f", content: "", owner: "" })), once],
  ...metadataScripts,
  [textOf(completeImage("/f")), image],
  [textOf(pruneJournals("/", 0)), prune],
  [textOf(printJournals("/", 0)), journals],
  [textOf(leaseCommand("status", { runId: "", ttlSeconds: 0 })), lease],
]);
