// Requests of an administrator that free the tree from what stops all others, so that long runs stay lively.

import { subfolder } from "./cast.ts";
import type { Draw } from "./draw.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { kind } from "./naive-types.ts";
import type { NaiveNode } from "./naive-types.ts";
import { bytes } from "./plain.ts";

const root = 1;
const superUser = { uid: 0, gid: 0, groups: [] };
const removeRecursively = 2 + 4;
/** noowner, undeletable, appendonly, immutable. */
const hindering = 0xe1;
const nodesKept = 50;
const trashKept = 25;

/** Names of requests with their fields. */
export function* tidying(draw: Draw): Generator<readonly [string, object]> {
  const { fs } = draw;
  const everywhere = { inode: root, uid: 0, mode: removeRecursively };
  yield ["SETEATTR", { ...everywhere, extraAttributes: hindering }];
  yield ["SETFACL", { inode: root, uid: 0, aclType: 1, ...noAcl }];
  yield ["SETATTR", { inode: root, opened: 0, caller: superUser, ...openMode }];
  for (const { inode, quota } of fs.nodes.values()) {
    const goes = quota !== undefined && !draw.once(3);
    if (goes) yield ["QUOTACONTROL", { variant: "remove", inode, flags: 0xff }];
  }
  for (const entry of fs.list(fs.get(root))) {
    if (namedNodes(fs) > nodesKept && entry[0] !== subfolder) {
      yield* removing(fs, fs.get(root), entry);
    }
  }
  const trash = [...fs.nodes.values()].filter(({ type }) => type === kind.trash);
  for (const { inode } of trash.slice(trashKept)) yield ["PURGE", { inode }];
  const made = { mode: 0o777, umask: 0, copySgid: 0, caller: superUser };
  yield ["MKDIR", { parent: root, name: bytes(subfolder), ...made }];
}

const absent = 0xffff;
const noAcl = {
  user: absent,
  group: absent,
  other: absent,
  mask: absent,
  users: [],
  groups: [],
};
const openMode = {
  setMask: 0x02,
  mode: 0o777,
  uid: 0,
  gid: 0,
  accessTime: 0,
  modificationTime: 0,
  windowsFlags: 0,
  sugidClearMode: 0,
};

/** Nodes in the tree: removed files are not counted. */
export function namedNodes(fs: NaiveFs): number {
  let count = 0;
  for (const { type } of fs.nodes.values()) if (type < kind.trash) count++;
  return count;
}

/** Everything below a name, then the name. Files may go to the trash: from there they go by themselves. */
function* removing(
  fs: NaiveFs,
  parent: NaiveNode,
  [name, node]: readonly [string, NaiveNode],
): Generator<readonly [string, object]> {
  for (const entry of fs.list(node)) yield* removing(fs, node, entry);
  const request = node.type === kind.directory ? "RMDIR" : "UNLINK";
  yield [request, { parent: parent.inode, name: bytes(name), caller: superUser }];
}
