// Changes of a host's mfshdd.cfg and of the list of disks that were taken out: the actions, never more than is needed.

import {
  addDisk,
  markForRemoval,
  removeDisk,
  unmark,
  type DiskEdit,
} from "../../../daemons/config/hdd-edit.ts";
import { factsOf, type World } from "../../facts/world.ts";
import { paths, removedDisksFile, unitOf } from "../../layout.ts";
import { hddFile } from "../../render/files.ts";
import { run, type Action, type DiskExpectation } from "../../runner/actions.ts";
import { diskAt } from "../../wire/disks.ts";
import { removedDisks, removedDisksText } from "../disk-state.ts";
import { seal, unseal } from "../managed-files.ts";
import { hasRead } from "../stamps.ts";
import { configuredDisks, diskFile, type DiskTarget } from "./servers.ts";

export type DiskChange = "mark" | "unmark" | "takeOut" | "add";

const verifySeconds = 120;

/** The actions that make file and chunkserver agree with a change; empty when they do. */
export function changeDisks(
  world: World,
  target: DiskTarget,
  change: DiskChange,
): readonly Action[] {
  const writes = changeDiskFiles(world, target, change);
  const wanted: DiskExpectation =
    change === "mark" ? "marked" : change === "takeOut" ? "absent" : "unmarked";
  const touched = writes.some(
    (action) => action.kind === "write" && isDiskFile(world, action.path),
  );
  if (!touched && isServedAs(world, target, wanted)) return writes;
  return [...writes, ...readAgain(world, target.host), ...verify(target, wanted)];
}

/** Only what is written: for a chunkserver that does not run. */
export function changeDiskFiles(
  world: World,
  target: DiskTarget,
  change: DiskChange,
): readonly Action[] {
  return [...writeRemoved(world, target, change), ...writeFile(world, target, change)];
}

function isDiskFile(world: World, path: string): boolean {
  return path === paths(world.inventory).disks;
}

/** The chunkserver has read its present file and lists the disks as wanted. */
function isServedAs(
  world: World,
  { host, paths: wanted }: DiskTarget,
  as: DiskExpectation,
): boolean {
  const file = { host, unit: unitOf("chunkserver"), path: paths(world.inventory).disks };
  const listed = world.disks?.get(host);
  if (listed === undefined || !hasRead(world, file, diskFile(world, host) ?? "")) return false;
  return wanted.every((path) => {
    const disk = diskAt(listed, path);
    if (disk === undefined) return as === "absent";
    return as === (disk.markedForRemoval ? "marked" : "unmarked");
  });
}

function writeFile(world: World, target: DiskTarget, change: DiskChange): readonly Action[] {
  const { host } = target;
  const present = diskFile(world, host) ?? "";
  const content = seal(editedText(world, target, change));
  if (content === present) return [];
  const verb = { mark: "Mark", unmark: "Unmark", takeOut: "Take out", add: "Add" }[change];
  return [
    {
      kind: "write",
      title: `${verb} ${target.paths.join(", ")}`,
      path: paths(world.inventory).disks,
      content,
      mode: 0o640,
      owner: "root",
      group: world.inventory.group,
      present,
    },
  ];
}

function editedText(world: World, target: DiskTarget, change: DiskChange): string {
  let text = unseal(diskFile(world, target.host) ?? "");
  for (const path of target.paths)
    text = edited(text, edit(world, target.host, path, change)(text));
  return change === "add" ? inInventoryOrder(world, target, text) : text;
}

function edited(before: string, edit: DiskEdit): string {
  return edit.kind === "edited" ? edit.text : before;
}

function edit(
  world: World,
  host: string,
  path: string,
  change: DiskChange,
): (text: string) => DiskEdit {
  switch (change) {
    case "mark":
      return (text) => markForRemoval(text, path);
    case "unmark":
      return (text) => unmark(text, path);
    case "takeOut":
      return (text) => removeDisk(text, path);
    case "add": {
      const disk = world.inventory.hosts[host]?.disks.find((each) => each.path === path);
      const { leave_free: leaveFree, limit } = disk ?? {};
      return (text) =>
        addDisk(text, {
          path,
          ...(leaveFree === undefined ? {} : { leaveFree }),
          ...(limit === undefined ? {} : { limit }),
        });
    }
    default:
      return change satisfies never;
  }
}

/** As deploy would write the same disks, so that its next run changes nothing; only where it would drop none. */
function inInventoryOrder(world: World, target: DiskTarget, text: string): string {
  const host = world.inventory.hosts[target.host];
  if (host === undefined) return text;
  const configured = configuredDisks(world, target.host) ?? [];
  const wanted = new Set([...configured.map((disk) => disk.path), ...target.paths]);
  const disks = host.disks.filter((disk) => wanted.has(disk.path));
  if (disks.length !== wanted.size) return text;
  const marked = configured.filter((disk) => disk.markedForRemoval).map((disk) => disk.path);
  return hddFile(world.inventory, { ...host, disks }, new Set(marked));
}

/** \`removed-disks\` is written before the file, so that no moment exists in which deploy would add the disk again. */
function writeRemoved(world: World, target: DiskTarget, change: DiskChange): readonly Action[] {
  const facts = factsOf(world, target.host);
  const removed = removedDisks(facts);
  const wanted = new Set(removed);
  for (const path of target.paths) {
    if (change === "takeOut") wanted.add(path);
    else wanted.delete(path);
  }
  if (wanted.size === removed.size) return [];
  const leave = change === "takeOut";
  return [
    {
      kind: "write",
      title: leave ? "Record what is taken out" : "Forget what was taken out",
      path: removedDisksFile,
      content: removedDisksText(wanted),
      mode: 0o644,
      owner: "root",
      group: "root",
      present: facts.paths.get(removedDisksFile)?.content,
    },
  ];
}

/** Makes the chunkserver read its file; a stopped one reads it when deploy starts it. */
function readAgain(world: World, host: string): readonly Action[] {
  const unit = unitOf("chunkserver");
  const active = factsOf(world, host).units.get(unit)?.active === "active";
  return [
    run(
      `${active ? "Reload" : "Start"} ${unit}`,
      ["systemctl", active ? "reload" : "start", unit],
      {
        timeoutMs: 10 * 60_000,
        hint: `mfsctl logs --node ${host} shows why`,
      },
    ),
  ];
}

function verify({ host, paths: wanted }: DiskTarget, expected: DiskExpectation): readonly Action[] {
  return wanted.map((path) => ({
    kind: "wait",
    title: `Wait until the chunkserver has read the change of ${path}`,
    probe: { probe: "disk", path, expected },
    timeoutSeconds: verifySeconds,
    hint: `mfsctl logs --node ${host} shows what the chunkserver says of ${path}; then: mfsctl resume`,
  }));
}
