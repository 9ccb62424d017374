// Requests about names. Spec: wire-client-master-2.md section 2.

import type { Packet } from "../../daemons/protocol/packet.ts";
import * as treePackets from "../../daemons/protocol/packets/client-tree.ts";
import { exchange } from "./exchange.ts";
import * as making from "./naive-making.ts";
import * as moving from "./naive-moving.ts";
import * as names from "./naive-names.ts";
import { kind } from "./naive-types.ts";
import { bytes } from "./plain.ts";

const types = [1, 1, 4, 5, 6, 7, 2, 3, 8, 0];
export const forTree = [
  exchange(
    [treePackets.Lookup, treePackets.LookupAnswer as Packet<unknown>],
    ["mount", 10],
    names.lookup,
    (draw) => {
      const dots = draw.once(20) ? { name: bytes(draw.of([".", ".."])) } : {};
      return { ...draw.entry(), ...dots, caller: draw.caller() };
    },
  ),
  exchange(
    [treePackets.ReadDirectory, treePackets.ReadDirectoryAnswer as Packet<unknown>],
    ["mount", 3],
    names.readDirectory,
    (draw) => ({
      inode: draw.directory(),
      caller: draw.caller(),
      flags: draw.below(2),
      entriesMax: draw.once(4) ? draw.below(4) : 0xffff_ffff,
      nextEdge: draw.once(6) ? 1n : 0n,
    }),
  ),
  exchange(
    [treePackets.ReadLink, treePackets.ReadLinkAnswer as Packet<unknown>],
    ["mount", 1],
    names.readLink,
    (draw) => ({ inode: draw.once(5) ? draw.any() : draw.node(({ type }) => type === 3) }),
  ),
  exchange(
    [treePackets.MakeSymlink, treePackets.MakeSymlinkAnswer as Packet<unknown>],
    ["mount", 2],
    making.makeSymlink,
    (draw) => ({
      parent: draw.directory(),
      name: draw.freshName(),
      path: bytes(draw.of(["a/b\0", "target", "x".repeat(300), "", "in\0ner", "y".repeat(4097)])),
      caller: draw.caller(),
    }),
  ),
  exchange(
    [treePackets.MakeNode, treePackets.MakeNodeAnswer as Packet<unknown>],
    ["mount", 5],
    making.makeNode,
    (draw) => ({
      parent: draw.directory(),
      name: draw.freshName(),
      type: draw.of(types),
      mode: draw.mode(),
      umask: draw.umask(),
      caller: draw.caller(),
      device: draw.below(70_000),
    }),
  ),
  exchange(
    [treePackets.MakeDirectory, treePackets.MakeDirectoryAnswer as Packet<unknown>],
    ["mount", 5],
    making.makeDirectory,
    (draw) => ({
      parent: draw.directory(),
      name: draw.freshName(),
      mode: draw.mode(),
      umask: draw.umask(),
      caller: draw.caller(),
      copySgid: draw.below(2),
    }),
  ),
  exchange(
    [treePackets.Create, treePackets.CreateAnswer as Packet<unknown>],
    ["mount", 12],
    making.create,
    (draw) => ({
      parent: draw.directory(),
      name: draw.freshName(),
      mode: draw.mode(),
      umask: draw.umask(),
      caller: draw.caller(),
    }),
  ),
  exchange(
    [treePackets.Unlink, treePackets.UnlinkAnswer as Packet<unknown>],
    ["mount", 8],
    moving.unlink,
    (draw) => ({
      ...draw.entry(({ type }) => type !== kind.directory || draw.once(30)),
      caller: draw.caller(),
    }),
  ),
  exchange(
    [treePackets.RemoveDirectory, treePackets.RemoveDirectoryAnswer as Packet<unknown>],
    ["mount", 5],
    moving.removeDirectory,
    (draw) => ({
      ...draw.entry(({ type }) => type === kind.directory || draw.once(30)),
      caller: draw.caller(),
    }),
  ),
  exchange(
    [treePackets.Rename, treePackets.RenameAnswer as Packet<unknown>],
    ["mount", 7],
    moving.rename,
    (draw) => {
      const source = draw.entry();
      const target = draw.once(3)
        ? draw.entry()
        : { parent: draw.directory(), name: draw.freshName() };
      return {
        sourceParent: source.parent,
        sourceName: source.name,
        targetParent: draw.once(3) ? source.parent : target.parent,
        targetName: draw.once(10) ? source.name : target.name,
        caller: draw.caller(),
      };
    },
  ),
  exchange(
    [treePackets.Link, treePackets.LinkAnswer as Packet<unknown>],
    ["mount", 4],
    moving.link,
    (draw) => ({
      inode: draw.once(4) ? draw.any() : draw.file(),
      parent: draw.directory(),
      name: draw.freshName(),
      caller: draw.caller(),
    }),
  ),
  exchange(
    [treePackets.Parents, treePackets.ParentsAnswer as Packet<unknown>],
    ["mount", 1],
    names.parents,
    (draw) => ({ inode: draw.any() }),
  ),
];
