// Requests of tools and of meta mounts. Spec: wire-client-master-3.md sections 1 and 6.

import type { Packet } from "../../daemons/protocol/packet.ts";
import { StatFs, StatFsAnswer } from "../../daemons/protocol/packets/client-attributes.ts";
import * as classPackets from "../../daemons/protocol/packets/client-classes.ts";
import * as metaPackets from "../../daemons/protocol/packets/client-meta.ts";
import * as reportPackets from "../../daemons/protocol/packets/client-reports.ts";
import * as toolPackets from "../../daemons/protocol/packets/client-tools.ts";
import type { Draw } from "./draw.ts";
import { exchange } from "./exchange.ts";
import * as meta from "./naive-meta.ts";
import { quotaControl, statFs } from "./naive-quotas.ts";
import * as reports from "./naive-reports.ts";
import { snapshot } from "./naive-snapshot.ts";
import * as tools from "./naive-tools.ts";
import { bytes } from "./plain.ts";

const oneOrTree = (draw: Draw) => ({
  inode: draw.once(3) ? draw.directory() : draw.any(),
  recursive: draw.once(40) ? 2 : draw.below(2),
});

function setterMode(draw: Draw): number {
  return draw.once(40) ? 3 : draw.below(3) + (draw.once(4) ? 4 : 0);
}

export const forTools = [
  exchange(
    [toolPackets.GetTrashTime, toolPackets.GetTrashTimeAnswer as Packet<unknown>],
    ["tools", 1],
    tools.getTrashTime,
    oneOrTree,
  ),
  exchange(
    [toolPackets.SetTrashTime, toolPackets.SetTrashTimeAnswer as Packet<unknown>],
    ["tools", 3],
    tools.setTrashTime,
    (draw) => ({
      inode: draw.any(),
      uid: draw.uid(),
      seconds: draw.of([0, 0, 1, 3600, 7200, 7201, 86_400]),
      mode: setterMode(draw),
    }),
  ),
  exchange(
    [toolPackets.GetExtraAttributes, toolPackets.GetExtraAttributesAnswer as Packet<unknown>],
    ["tools", 1],
    tools.getExtra,
    oneOrTree,
  ),
  exchange(
    [toolPackets.SetExtraAttributes, toolPackets.SetExtraAttributesAnswer as Packet<unknown>],
    ["tools", 4],
    tools.setExtra,
    (draw) => {
      const clears = draw.once(2);
      const bits = draw.of([1, 2, 4, 8, 0x0f, 0x10, 0x20, 0x40, 0x80]);
      return {
        inode: draw.any(),
        uid: clears ? 0 : draw.uid(),
        extraAttributes: clears ? 0xe1 : bits,
        mode: clears ? 2 + (draw.once(2) ? 4 : 0) : setterMode(draw),
      };
    },
  ),
  exchange(
    [classPackets.GetStorageClass, classPackets.GetStorageClassAnswer as Packet<unknown>],
    ["tools", 1],
    tools.getClass,
    oneOrTree,
  ),
  exchange(
    [classPackets.SetStorageClass, classPackets.SetStorageClassAnswer as Packet<unknown>],
    ["tools", 3],
    tools.setClass,
    (draw) => {
      const mode = draw.below(4) + (draw.once(4) ? 4 : 0);
      const goal = draw.once(30) ? draw.of([0, 10]) : 1 + draw.below(4);
      const exchanged = {
        className: bytes(`${1 + draw.below(4)}`),
        from: bytes(`${1 + draw.below(4)}`),
      };
      const change = (mode & 3) === 3 ? exchanged : { goal };
      return { inode: draw.any(), uid: draw.uid(), change: { ...change, mode } };
    },
  ),
  exchange(
    [reportPackets.GetDirectoryStats, reportPackets.GetDirectoryStatsAnswer as Packet<unknown>],
    ["tools", 3],
    reports.directoryStats,
    (draw) => ({ inode: draw.once(3) ? draw.any() : draw.directory() }),
  ),
  exchange(
    [reportPackets.CheckFile, reportPackets.CheckFileAnswer as Packet<unknown>],
    ["tools", 2],
    reports.checkFile,
    (draw) => ({ variant: "file", inode: draw.file() }),
  ),
  exchange(
    [reportPackets.Paths, reportPackets.PathsAnswer as Packet<unknown>],
    ["mount", 2],
    reports.paths,
    (draw) => ({ inode: draw.any() }),
  ),
  exchange(
    [toolPackets.Repair, toolPackets.RepairAnswer as Packet<unknown>],
    ["tools", 1],
    reports.repair,
    (draw) => ({ inode: draw.file(), caller: draw.caller() }),
  ),
  exchange(
    [toolPackets.Snapshot, toolPackets.SnapshotAnswer as Packet<unknown>],
    ["tools", 5],
    snapshot,
    (draw) => {
      const removes = draw.once(3);
      const place = draw.once(3)
        ? draw.entry()
        : { parent: draw.directory(), name: draw.freshName() };
      return {
        source: removes ? 0 : draw.any(),
        ...(removes ? draw.entry(({ extra }) => (extra & 0x10) !== 0) : place),
        caller: draw.caller(),
        mode: removes ? 0x80 | (draw.once(2) ? 4 : 0) : draw.of([0, 1, 2, 3, 8, 9]),
        umask: draw.umask(),
      };
    },
  ),
  exchange(
    [toolPackets.AppendSlice, toolPackets.AppendSliceAnswer as Packet<unknown>],
    ["tools", 2],
    reports.appendSlice,
    (draw) => ({
      flags: draw.below(4),
      target: draw.file(),
      source: draw.file(),
      from: draw.below(3),
      to: draw.of([0, 1, 2, 0x8000_0000]),
      caller: draw.caller(),
    }),
  ),
  exchange(
    [toolPackets.ArchiveControl, toolPackets.ArchiveControlAnswer as Packet<unknown>],
    ["tools", 2],
    reports.archiveControl,
    (draw) =>
      draw.once(2)
        ? { variant: "get", inode: draw.any(), command: 2 }
        : { variant: "change", inode: draw.any(), command: draw.below(2), uid: draw.uid() },
  ),
  exchange(
    [toolPackets.QuotaControl, toolPackets.QuotaControlAnswer as Packet<unknown>],
    ["tools", 3],
    quotaControl,
    drawnQuota,
  ),
  exchange([StatFs, StatFsAnswer as Packet<unknown>], ["mount", 2], statFs, () => ({})),
];

function drawnQuota(draw: Draw): object {
  const inode = draw.directory();
  if (draw.once(2)) return { variant: "remove", inode, flags: draw.of([0, 0x0f, 0xf0, 0xff]) };
  const large = () => draw.of([0n, 70_000_000n, 400_000_000n, 10_000_000_000n]);
  return {
    variant: "set",
    inode,
    flags: 1 << draw.below(8),
    graceSeconds: draw.of([0, 5, 60]),
    softInodes: draw.below(40),
    softLength: large(),
    softSize: large(),
    softRealSize: large(),
    hardInodes: 5 + draw.below(90),
    hardLength: large(),
    hardSize: large(),
    hardRealSize: large(),
  };
}

export const forMetaMounts = [
  exchange(
    [metaPackets.ListTrash, metaPackets.ListTrashAnswer as Packet<unknown>],
    ["meta", 1],
    meta.listTrash,
    (draw) => ({ bucket: draw.of([undefined, draw.removed() % 4096, 0xffff_ffff]) }),
  ),
  exchange(
    [metaPackets.ListSustained, metaPackets.ListSustainedAnswer as Packet<unknown>],
    ["meta", 1],
    meta.listSustained,
    () => ({}),
  ),
  exchange(
    [metaPackets.GetDetachedAttributes, metaPackets.GetDetachedAttributesAnswer as Packet<unknown>],
    ["meta", 2],
    meta.detachedAttributes,
    (draw) => ({ inode: draw.removed(), kind: draw.of([undefined, 0, 1, 2, 3]) }),
  ),
  exchange(
    [metaPackets.GetTrashPath, metaPackets.GetTrashPathAnswer as Packet<unknown>],
    ["meta", 2],
    meta.getTrashPath,
    (draw) => ({ inode: draw.removed() }),
  ),
  exchange(
    [metaPackets.SetTrashPath, metaPackets.SetTrashPathAnswer as Packet<unknown>],
    ["meta", 2],
    meta.setTrashPath,
    (draw) => ({
      inode: draw.removed(),
      path: bytes(
        draw.of(["a", "a/b/c", "/d/e", "x//y", "../z", "", "n\0l", "end\0\0", "p".repeat(1025)]),
      ),
    }),
  ),
  exchange(
    [metaPackets.Undelete, metaPackets.UndeleteAnswer as Packet<unknown>],
    ["meta", 4],
    meta.undelete,
    (draw) => ({ inode: draw.removed() }),
  ),
  exchange(
    [metaPackets.Purge, metaPackets.PurgeAnswer as Packet<unknown>],
    ["meta", 3],
    meta.purge,
    (draw) => ({ inode: draw.removed() }),
  ),
];
