// Random requests about names and attributes, as mounts send them. Spec: wire-client-master-2.md 2, 6, 7.

import { decodeAttributes, nodeTypes } from "../../../daemons/protocol/attributes.ts";
import * as attributes from "../../../daemons/protocol/packets/client-attributes.ts";
import * as tree from "../../../daemons/protocol/packets/client-tree.ts";
import { ask } from "./random-changes-peer.ts";
import type { Ask } from "./random-changes-peer.ts";
import type { Entry, Pool } from "./random-changes-pool.ts";

const dot = 0x2e;

/** Draws one request. */
export type Drawer = (pool: Pool) => Ask | undefined;

/** So often, in relation to the others. */
export type Drawers = readonly (readonly [weight: number, draw: Drawer])[];

type Made = tree.MakeNodeAnswer;

/** Where something new may go. */
function place(pool: Pool): Entry {
  return { parent: pool.directory(), name: pool.name() };
}

/** Remembers what an answer with a node names. */
export function remember(pool: Pool, at: Entry): (answer: Made) => void {
  return (answer) => {
    if (answer.variant === "status") return;
    const { typeAndMode } = decodeAttributes(answer.attributes);
    pool.learn(answer.inode, typeAndMode >>> 12, at);
  };
}

function makeNode(pool: Pool): Ask {
  const at = place(pool);
  const type = pool.below(4) > 0 ? nodeTypes.file : pool.below(9);
  const body = { ...at, type, mode: pool.mode(), umask: 0o22, device: pool.below(0x1_0000) };
  const learn = remember(pool, at);
  return ask(tree.MakeNode, { ...body, caller: pool.caller() }, tree.MakeNodeAnswer, { learn });
}

function makeDirectory(pool: Pool): Ask {
  const at = place(pool);
  const umask = pool.once(3) ? pool.below(0o100) : 0;
  const body = { ...at, mode: pool.mode(), umask, caller: pool.caller(), copySgid: pool.below(2) };
  const learn = remember(pool, at);
  return ask(tree.MakeDirectory, body, tree.MakeDirectoryAnswer, { learn });
}

function create(pool: Pool): Ask {
  const at = place(pool);
  const body = { ...at, mode: pool.mode(), umask: 0o27 };
  return ask(tree.Create, { ...body, caller: pool.caller() }, tree.CreateAnswer, {
    learn(answer) {
      if (answer.variant === "status") return;
      pool.learn(answer.inode, nodeTypes.file, at);
      pool.opened.add(answer.inode);
    },
  });
}

function makeSymlink(pool: Pool): Ask {
  const at = place(pool);
  const target = pool.once(30) ? "" : `to/${"x(),%é".repeat(pool.below(20))}`;
  const path = Buffer.from(pool.once(100) ? "y".repeat(4096) : target);
  const body = { ...at, path, caller: pool.caller() };
  return ask(tree.MakeSymlink, body, tree.MakeSymlinkAnswer, { learn: remember(pool, at) });
}

function link(pool: Pool): Ask {
  const inode = pool.once(8) ? pool.node() : pool.file();
  const at = place(pool);
  const body = { inode, ...at, caller: pool.caller() };
  return ask(tree.Link, body, tree.LinkAnswer, { learn: remember(pool, at) });
}

function unlink(pool: Pool): Ask {
  const body = { ...pool.entry(), caller: pool.caller() };
  return ask(tree.Unlink, body, tree.UnlinkAnswer, {
    learn(answer) {
      // Trash can still be written to for a while, as by who has it open.
      if (answer.variant !== "status" && pool.once(2)) pool.forget(answer.inode);
    },
  });
}

function removeDirectory(pool: Pool): Ask {
  const body = { ...pool.entry(), caller: pool.caller() };
  return ask(tree.RemoveDirectory, body, tree.RemoveDirectoryAnswer, {
    learn: (answer) => answer.variant !== "status" && pool.forget(answer.inode),
  });
}

function rename(pool: Pool): Ask | undefined {
  const { parent: sourceParent, name: sourceName } = pool.entry();
  const targetParent = pool.once(3) ? sourceParent : pool.directory();
  const targetName = pool.name();
  // A real master frees what is moved onto itself, and crashes where a directory is moved into itself.
  if (targetParent !== sourceParent && pool.mayBeIn(targetParent, sourceParent)) return undefined;
  if (Buffer.compare(sourceName, targetName) === 0) return undefined;
  const learn = remember(pool, { parent: targetParent, name: targetName });
  const body = { sourceParent, sourceName, targetParent, targetName, caller: pool.caller() };
  return ask(tree.Rename, body, tree.RenameAnswer, { learn });
}

function list(pool: Pool): Ask {
  const inode = pool.directory();
  const flags = pool.once(4) ? 0 : tree.readDirectoryFlags.withAttributes;
  const body = { inode, caller: pool.caller(), flags, entriesMax: 1000, nextEdge: 0n };
  return ask(tree.ReadDirectory, body, tree.ReadDirectoryAnswer, {
    learn(answer) {
      if (answer.variant === "status") return;
      for (const entry of tree.directoryEntries(answer.entries, flags !== 0)) {
        const { name, type } = entry;
        if (name[0] !== dot) pool.learn(entry.inode, type, { parent: inode, name });
      }
    },
  });
}

function readLink(pool: Pool): Ask {
  return ask(tree.ReadLink, { inode: pool.pick(pool.links, 1) }, tree.ReadLinkAnswer);
}

function setAttributes(pool: Pool): Ask {
  const time = 1_500_000_000 + pool.below(1_000_000);
  const body = {
    inode: pool.node(),
    opened: pool.below(2),
    caller: { ...pool.caller(), groups: [7] },
    setMask: pool.below(256),
    mode: pool.mode(),
    uid: pool.below(3) * 1000,
    gid: pool.below(3) * 100,
    accessTime: time,
    modificationTime: time + 1,
    windowsFlags: pool.below(4),
    sugidClearMode: pool.below(6),
  };
  return ask(attributes.SetAttributes, body, attributes.SetAttributesAnswer);
}

function setExtendedAttribute(pool: Pool): Ask {
  const size = pool.once(20) ? pool.below(5000) : pool.below(30);
  const body = {
    inode: pool.once(3) ? pool.directory() : pool.file(),
    name: Buffer.from(pool.once(10) ? "user.(odd),%" : `user.${pool.below(4)}`),
    value: Buffer.from(Uint8Array.from({ length: size }, () => pool.below(256))),
    mode: pool.below(4),
    opened: pool.below(2),
    caller: pool.caller(),
  };
  const isRemoval = body.mode === 3;
  const sent = isRemoval ? { ...body, value: new Uint8Array(0) } : body;
  return ask(attributes.SetExtendedAttribute, sent, attributes.SetExtendedAttributeAnswer);
}

function setAcl(pool: Pool): Ask {
  const entry = () => ({ id: 1000 + pool.below(5), permissions: pool.below(8) });
  const unset = 0xffff;
  const isRemoval = pool.once(4);
  const bits = () => (isRemoval ? unset : pool.below(8));
  const isPlain = isRemoval || pool.once(4);
  const body = {
    inode: pool.once(3) ? pool.file() : pool.directory(),
    uid: pool.pick([0, 0, 1000], 0),
    aclType: pool.once(30) ? 3 : 1 + pool.below(2),
    user: bits(),
    group: bits(),
    other: bits(),
    mask: isPlain ? unset : pool.below(8),
    users: isPlain ? [] : [entry()],
    groups: isPlain || pool.once(2) ? [] : [entry(), entry()],
  };
  return ask(attributes.SetAcl, body, attributes.SetAclAnswer);
}

/** Requests about the tree. */
export const treeDrawers: Drawers = [
  [14, makeNode],
  [9, makeDirectory],
  [8, create],
  [4, makeSymlink],
  [4, link],
  [11, unlink],
  [3, removeDirectory],
  [7, rename],
  [8, list],
  [1, readLink],
  [6, setAttributes],
  [3, setExtendedAttribute],
  [3, setAcl],
];
