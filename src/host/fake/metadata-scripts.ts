// The scripts that look at and move metadata, told again for simulated machines. Simulated masters write no change
// logs, so an image is always a whole candidate.

import {
  bootTime,
  firstWrite,
  installMetadata,
  listMetadata,
  permitStart,
  portsClosed,
  restoreMetadata,
  retireUnit,
  setMetadataAside,
  syncFolder,
} from "../../shell/metadata.ts";
import type { Command } from "../host.ts";
import { FakeFailure, type FileTree } from "./files.ts";
import { parseImage } from "./metadata.ts";
import type { Program } from "./program.ts";

const isMetadata = (name: string): boolean => /^(metadata|changelog)/.test(name);

const list: Program = ({ system, words: [folder = ""] }) => {
  const { files } = system.machine;
  const rows = (files.list(folder) ?? []).filter(isMetadata).flatMap((name) => {
    const node = files.stat(`${folder}/${name}`);
    if (node?.type !== "file") return [];
    const head = node.content.subarray(0, 64).toString("base64");
    const tail = node.content.subarray(-16).toString("base64");
    const time = (node.mtimeMs / 1000).toFixed(3);
    return [`${name}\t${node.content.length}\t${time}\t${head}\t${tail}\t\n`];
  });
  return { stdout: rows.join("") };
};

const retire: Program = ({ system, words: [unit = ""] }) => {
  system.systemd.disable(unit);
  system.systemd.stop(unit);
  return {};
};

const closed: Program = ({ system, words }) => {
  const open = words.filter((pair) => {
    const cut = pair.lastIndexOf(":");
    const port = Number(pair.slice(cut + 1));
    return system.network.state(system.machine, pair.slice(0, cut), port) === "open";
  });
  return {
    code: open.length === 0 ? 0 : 1,
    stdout: open.map((pair) => `${pair} answers\n`).join(""),
  };
};

function moveAside(files: FileTree, data: string, aside: string, but: string): void {
  for (const name of (files.list(data) ?? []).filter(isMetadata)) {
    if (name === but) continue;
    let target = `${aside}/${name}`;
    while (files.lstat(target) !== undefined) target += ".again";
    files.rename(`${data}/${name}`, target);
  }
}

function makeAside(files: FileTree, aside: string, owners: string): void {
  const [owner = "root", group = owner] = owners.split(":");
  if (files.stat(aside) === undefined) files.makeFolder(aside, { owner, group });
}

const setAside: Program = ({ system, words: [data = "", aside = "", owners = ""] }) => {
  makeAside(system.machine.files, aside, owners);
  moveAside(system.machine.files, data, aside, "");
  return {};
};

/** Fails unless the image is whole and has this version and id, in hex. */
function judge(files: FileTree, path: string, expected: string): Buffer {
  const content = files.stat(path)?.content ?? Buffer.alloc(0);
  const is = content.subarray(8, 24).toString("hex");
  if (parseImage(content) === undefined) throw new FakeFailure(`${path} is no image`);
  if (is !== expected) {
    throw new FakeFailure(`${path} has version and id ${is}, expected ${expected}`);
  }
  return content;
}

const restore: Program = ({ system, words }) => {
  const [from = "", work = "", image = "", expected = "", , , owner = "", group = "", ...logs] =
    words;
  if (logs.length > 0) throw new Error("the fake restores images only");
  const { files } = system.machine;
  if (files.lstat(work) !== undefined) files.remove(work);
  files.makeFolder(work, { owner, group });
  const content = judge(files, `${from}/${image}`, expected);
  files.write(`${work}/metadata.mfs`, content, { owner, group, mode: 0o640 });
  return {};
};

const install: Program = ({ system, words }) => {
  const [work = "", data = "", aside = "", expected = "", owners = "", eraFile = "", era = ""] =
    words;
  const { files } = system.machine;
  judge(files, `${work}/metadata.mfs`, expected);
  makeAside(files, aside, owners);
  const place = `${data}/metadata.mfs`;
  if (files.lstat(place) !== undefined) files.rename(place, `${aside}/metadata.mfs`);
  files.rename(`${work}/metadata.mfs`, place);
  moveAside(files, data, aside, "metadata.mfs");
  files.write(eraFile, `${era}\n`);
  files.remove(work);
  return {};
};

const permit: Program = ({ system, words: [folder = "", reason = ""] }) => {
  const { files } = system.machine;
  if (files.stat(folder) === undefined) files.makeFolder(folder);
  files.write(`${folder}/start-alone`, `${reason}\n`);
  return {};
};

/** A mount writes when the master that its machine's names lead to answers. */
const write: Program = ({ system, words: [mount = ""] }) => {
  const connected = [...system.network.machines.values()].some((machine) =>
    system.moosefs
      .connectedTo(machine, "mount")
      .some((each) => each.machine === system.machine && each.state.path === mount),
  );
  if (!connected) throw new FakeFailure("Input/output error");
  return {};
};

function textOf(command: Command): string {
  return command.argv[2] ?? "";
}

const identity = { version: 0n, id: 0n };
const folders = { from: "", work: "", data: "", aside: "" };

/** By the script's whole text. */
export const metadataScripts: readonly (readonly [string, Program])[] = [
  [textOf(listMetadata("/")), list],
  [textOf(bootTime()), () => ({ stdout: "1\n" })],
  [textOf(retireUnit("", 0)), retire],
  [textOf(portsClosed([])), closed],
  [textOf(setMetadataAside({ ...folders, owner: "" })), setAside],
  [
    textOf(
      restoreMetadata({
        ...folders,
        image: "",
        logs: [],
        expected: identity,
        program: "",
        config: "",
        user: "",
        group: "",
      }),
    ),
    restore,
  ],
  [
    textOf(installMetadata({ ...folders, expected: identity, owner: "", eraFile: "", era: 0 })),
    install,
  ],
  [textOf(permitStart("", "")), permit],
  [textOf(syncFolder("/")), () => ({})],
  [textOf(firstWrite("", 0)), write],
];
