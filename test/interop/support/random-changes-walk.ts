// The tree as a client sees it and as an image holds it, in the same lines: what a running master showed must be in
// the image that somebody restores after it was killed.

import { nodeTypes } from "../../../daemons/protocol/attributes.ts";
import type { Attributes } from "../../../daemons/protocol/attributes.ts";
import {
  directoryEntries,
  readDirectoryFlags,
  ReadDirectory,
  ReadDirectoryAnswer,
} from "../../../daemons/protocol/packets/client-tree.ts";
import { FileSource } from "../../../daemons/master/io/image-file.ts";
import { ImageReader } from "../../../daemons/metadata/image/image-reader.ts";
import { joinU64 } from "../../../daemons/metadata/image/records.ts";
import { dumpLines } from "../../support/image-bytes.ts";
import { ask, RandomPeer } from "./random-changes-peer.ts";

const root = 1;
const accessList = 1;
const entriesMax = 1_000_000;
const { withAttributes } = readDirectoryFlags;

/** One line per entry that can be reached: where, what, and all attributes but the access time. */
export async function walkTree(address: string): Promise<readonly string[]> {
  const peer = await RandomPeer.open({ address, path: "/" });
  const lines: string[] = [];
  const left = [root];
  for (let parent = left.pop(); parent !== undefined; parent = left.pop()) {
    for (const { name, inode, attributes } of await listing(peer, parent)) {
      const type = attributes.typeAndMode >>> 12;
      if (type === nodeTypes.directory) left.push(inode);
      lines.push(`${parent} ${Buffer.from(name).toString("latin1")} ${inode} ${seen(attributes)}`);
    }
  }
  peer.close();
  return lines.toSorted();
}

interface Listed {
  readonly name: Uint8Array;
  readonly inode: number;
  readonly attributes: Attributes;
}

async function listing(peer: RandomPeer, inode: number): Promise<readonly Listed[]> {
  const caller = { uid: 0, gid: 0, groups: [] };
  const body = { inode, caller, flags: withAttributes, entriesMax, nextEdge: 0n };
  const found: Listed[] = [];
  const list = ask(ReadDirectory, body, ReadDirectoryAnswer, {
    learn(answer) {
      if (answer.variant === "status")
        throw new Error(`Cannot list ${inode}: status ${answer.status}, expected a listing`);
      for (const { name, inode: child, attributes } of directoryEntries(answer.entries, true)) {
        const text = Buffer.from(name).toString("latin1");
        if (text === "." || text === ".." || attributes === undefined) continue;
        found.push({ name: Uint8Array.from(name), inode: child, attributes });
      }
    },
  });
  await peer.all([list]);
  return found;
}

function seen(of: Attributes): string {
  const type = of.typeAndMode >>> 12;
  const length = type === nodeTypes.file ? of.length : 0n;
  const mode = (of.typeAndMode & 0o7777).toString(8);
  return `${type} ${mode} ${of.uid}:${of.gid} ${of.modificationTime} ${of.changeTime} ${length}`;
}

interface Seen {
  readonly type: number;
  mode: number;
  readonly rest: string;
}

/** The same lines from an image. */
export function treeOfImage(file: string): readonly string[] {
  using source = new FileSource(file);
  const nodes = new Map<number, Seen>();
  const edges: (readonly [place: string, child: number])[] = [];
  const { records } = dumpLines();
  new ImageReader(source).read({
    ...records,
    node({ type, inode, mode, uid, gid, mtime, ctime, lengthHigh, lengthLow }) {
      const length = type === nodeTypes.file ? joinU64(lengthHigh, lengthLow) : 0n;
      nodes.set(inode, { type, mode, rest: `${uid}:${gid} ${mtime} ${ctime} ${length}` });
    },
    acl({ inode, type, owner, mask, other }) {
      const node = nodes.get(inode);
      if (node === undefined || type !== accessList) return;
      // Clients see the list in place of the mode's rights, and its mask as those of the group.
      const rights = ((owner & 7) << 6) | ((mask & 7) << 3) | (other & 7);
      node.mode = (node.mode & 0o7000) | rights;
    },
    edge({ parent, child, name }) {
      if (parent !== 0) edges.push([`${parent} ${Buffer.from(name).toString("latin1")}`, child]);
    },
  });
  const line = ([place, child]: readonly [string, number]): string => {
    const node = nodes.get(child);
    return `${place} ${child} ${node?.type} ${node?.mode.toString(8)} ${node?.rest}`;
  };
  return edges.map(line).toSorted();
}
