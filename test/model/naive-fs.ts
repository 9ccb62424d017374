// The naive file system: its state and the few transitions that all operations are made of, written from the
// specification without a look at the real core. Slow and plain on purpose: every sum is counted anew.
// Spec: changelog.md section 6 (letters beside the functions), semantics-master.md sections 10, 16 and 18.

import { absent, chunkBytes, extra, headerBytes, kind } from "./naive-types.ts";
import type {
  NaiveChunk,
  NaiveConnection,
  NaiveName,
  NaiveNode,
  NaiveSession,
  NaiveSums,
} from "./naive-types.ts";

const blockBytes = 0x1_0000n;
const pathBytesMax = 1024;
const setGroupId = 0o2000;

/** Something that a client is told. */
export interface NaiveEvent {
  readonly peer: number;
  readonly packet: string;
  readonly messageId: number;
  readonly value: unknown;
}

/** A request that waits for a chunk. */
export interface NaiveWaiting {
  readonly peer: number;
  readonly since: number;
  again(): void;
  giveUp(): void;
}

/** How a new node is asked for. */
export interface NaiveBirth {
  readonly parent: NaiveNode;
  readonly name: string;
  readonly type: number;
  readonly mode: number;
  readonly umask: number;
  readonly uid: number;
  readonly gid: number;
}

/** The whole state. */
export class NaiveFs {
  now: number;
  readonly nodes = new Map<number, NaiveNode>();
  readonly chunks = new Map<number, NaiveChunk>();
  readonly sessions = new Map<number, NaiveSession>();
  readonly connections = new Map<number, NaiveConnection>();
  /** Numbers that wait for their reuse, the oldest first. */
  freed: { inode: number; since: number }[] = [];
  readonly waiting = new Map<number, NaiveWaiting[]>();
  readonly reserved = new Map<number, bigint>();
  /** `inode:session` to whether the session's kernel has what is true. */
  readonly cached = new Map<string, boolean>();
  nextChunkId = 1;
  /** Chunks for which servers work, in the order of the commands. */
  running: NaiveChunk[] = [];
  readonly servers: number;
  events: NaiveEvent[] = [];

  constructor(now: number, servers: number) {
    this.now = now;
    this.servers = servers;
    const root = this.#blank(1, kind.directory);
    root.mode = 0o777;
    root.storageClass = 2;
  }

  get(inode: number): NaiveNode {
    const node = this.nodes.get(inode);
    if (node === undefined) throw new Error(`The naive file system has no inode ${inode}`);
    return node;
  }

  isOpen(inode: number): boolean {
    return [...this.sessions.values()].some((session) => session.open.has(inode));
  }

  parentOf(node: NaiveNode): NaiveNode | undefined {
    const [name] = node.names;
    return name === undefined ? undefined : this.nodes.get(name.parent);
  }

  isAtOrBelow(node: NaiveNode, directory: NaiveNode): boolean {
    for (let at: NaiveNode | undefined = node; at !== undefined; at = this.parentOf(at)) {
      if (at === directory) return true;
    }
    return false;
  }

  child(directory: NaiveNode, name: string): NaiveNode | undefined {
    const inode = directory.entries.get(name);
    return inode === undefined ? undefined : this.get(inode);
  }

  /** Children, the newest first. */
  list(directory: NaiveNode): [string, NaiveNode][] {
    const all = [...directory.entries].map(([name, inode]): [string, NaiveNode] => [
      name,
      this.get(inode),
    ]);
    return all.toReversed();
  }

  linksOf(node: NaiveNode): number {
    if (node.type !== kind.directory) return node.names.length;
    return 2 + this.list(node).filter(([, child]) => child.type === kind.directory).length;
  }

  /** Letter E. */
  create(birth: NaiveBirth): NaiveNode {
    const { parent, type, name } = birth;
    const node = this.#blank(this.#lowestFree(), type);
    const isDirectory = type === kind.directory;
    if (isDirectory || type === kind.file) {
      node.storageClass = parent.storageClass;
      node.trashHours = parent.trashHours;
    }
    const inherited = extra.noOwner | extra.noAttributeCache | extra.noDataCache;
    node.extra = parent.extra & (isDirectory ? inherited | extra.noEntryCache : inherited);
    node.uid = birth.uid;
    // The number may have been another file's.
    this.reserved.delete(node.inode);
    node.gid = (parent.mode & setGroupId) === 0 ? birth.gid : parent.gid;
    node.mode = birth.mode & ~birth.umask & 0o7777;
    inheritAcl(node, parent, birth);
    this.link(node, parent, name);
    return node;
  }

  /** Letter C. */
  link(node: NaiveNode, parent: NaiveNode, name: string): void {
    parent.entries.set(name, node.inode);
    node.names.unshift({ parent: parent.inode, name });
    parent.extra &= ~extra.snapshot;
    parent.mtime = this.now;
    parent.ctime = this.now;
    node.ctime = this.now;
  }

  /** Letter D. */
  detach(node: NaiveNode, { parent, name }: NaiveName): void {
    const directory = this.get(parent);
    directory.entries.delete(name);
    node.names = node.names.filter((each) => each.parent !== parent || each.name !== name);
    directory.extra &= ~extra.snapshot;
    directory.mtime = this.now;
    directory.ctime = this.now;
    node.ctime = this.now;
  }

  /** Letter G. */
  unlink(node: NaiveNode, name: NaiveName): void {
    const path = this.pathOf(name);
    this.detach(node, name);
    if (node.names.length > 0) return;
    if (node.type === kind.file && (node.trashHours > 0 || this.isOpen(node.inode))) {
      node.type = node.trashHours > 0 ? kind.trash : kind.sustained;
      node.path = path.slice(-pathBytesMax);
    } else this.remove(node);
  }

  /** Letter H. */
  remove(node: NaiveNode): void {
    this.nodes.delete(node.inode);
    this.freed.push({ inode: node.inode, since: this.now });
  }

  /** Letter I: true when it is gone. */
  purge(node: NaiveNode): boolean {
    if (node.type === kind.trash && this.isOpen(node.inode)) {
      node.type = kind.sustained;
      return false;
    }
    this.remove(node);
    return true;
  }

  /** Letter J. */
  setLength(node: NaiveNode, length: bigint): void {
    node.length = length;
    const kept = Number((length + chunkBytes - 1n) / chunkBytes);
    for (const index of node.slots.keys()) if (index >= kept) node.slots.delete(index);
    node.slotCount = Math.min(node.slotCount, kept);
    node.extra &= ~extra.snapshot;
  }

  pathOf({ parent, name }: NaiveName): string {
    const above = this.get(parent).names[0];
    return above === undefined ? name : `${this.pathOf(above)}/${name}`;
  }

  /** Letter L. */
  referencesOf(chunk: number): number {
    let count = 0;
    for (const node of this.nodes.values()) {
      for (const each of node.slots.values()) if (each === chunk) count++;
    }
    return count;
  }

  isLocked(chunk: NaiveChunk): boolean {
    return chunk.lockedTo >= this.now;
  }

  /** What a directory's record holds: everything below, itself not counted, each name alone. */
  below(directory: NaiveNode): NaiveSums {
    const sums = noSums();
    for (const inode of directory.entries.values()) add(sums, this.sumsOf(this.get(inode)), 1);
    return sums;
  }

  /** What a node counts in the directory that holds it. */
  sumsOf(node: NaiveNode): NaiveSums {
    if (node.type === kind.directory) {
      const sums = this.below(node);
      sums.inodes++;
      sums.directories++;
      return sums;
    }
    const sums = noSums();
    sums.inodes = 1;
    if (node.type === kind.symlink) sums.length = BigInt(node.target.length);
    if (!isFile(node)) return sums;
    sums.files = 1;
    sums.chunks = node.slots.size;
    sums.length = node.length;
    sums.size = sizeOf(node, node.length);
    sums.realSize = sums.size * BigInt(node.storageClass);
    return sums;
  }

  /** Whether a quota of this directory or above forbids the growth; `spared` ones are not asked. */
  exceedsQuota(
    directory: NaiveNode | undefined,
    growth: Growth,
    spared?: (directory: NaiveNode) => boolean,
  ): boolean {
    for (let at = directory; at !== undefined; at = this.parentOf(at)) {
      if (at.quota === undefined || spared?.(at) === true) continue;
      if (this.#forbids(at, growth)) return true;
    }
    return false;
  }

  exceedsFileQuota(node: NaiveNode, growth: Growth): boolean {
    return node.names.some(({ parent }) => this.exceedsQuota(this.nodes.get(parent), growth));
  }

  #forbids(directory: NaiveNode, growth: Growth): boolean {
    const { quota } = directory;
    if (quota === undefined) return false;
    const used = figures(this.below(directory));
    return figures({ ...noSums(), ...growth }).some((more, index) => {
      if (more <= 0n) return false;
      const sum = (used[index] ?? 0n) + more;
      const soft = quota.limits[index] ?? 0n;
      const hard = quota.limits[index + 4] ?? 0n;
      const bySoft = quota.exceeded && (quota.flags & (1 << index)) !== 0 && sum > soft;
      return bySoft || ((quota.flags & (0x10 << index)) !== 0 && sum > hard);
    });
  }

  reply(to: { peer: number }, packet: string, messageId: number, value: unknown): void {
    this.events.push({ peer: to.peer, packet, messageId, value });
  }

  /** Tells all other mounts that have the file open. */
  tellOthers(from: NaiveConnection, inode: number, packet: string, value: unknown): void {
    for (const other of this.connections.values()) {
      if (other === from || other.kind !== "mount" || !other.session.open.has(inode)) continue;
      this.reply(other, packet, 0, value);
    }
  }

  #lowestFree(): number {
    const waiting = new Set(this.freed.map(({ inode }) => inode));
    let inode = 1;
    while (this.nodes.has(inode) || waiting.has(inode)) inode++;
    return inode;
  }

  #blank(inode: number, type: number): NaiveNode {
    const node: NaiveNode = {
      inode,
      type,
      mode: 0,
      uid: 0,
      gid: 0,
      storageClass: 0,
      trashHours: 24,
      atime: this.now,
      mtime: this.now,
      ctime: this.now,
      extra: 0,
      windowsFlags: 0,
      target: "",
      device: 0,
      length: 0n,
      slotCount: 0,
      path: "",
      names: [],
      entries: new Map(),
      slots: new Map(),
      xattrs: new Map(),
      accessAcl: undefined,
      defaultAcl: undefined,
      quota: undefined,
    };
    this.nodes.set(inode, node);
    return node;
  }
}

/** What would be added. */
export type Growth = Partial<Pick<NaiveSums, "inodes" | "length" | "size" | "realSize">>;

/** The four figures of quotas, in the order of the flags' bits. */
export function figures(sums: NaiveSums): bigint[] {
  return [BigInt(sums.inodes), sums.length, sums.size, sums.realSize];
}

export function noSums(): NaiveSums {
  return { inodes: 0, directories: 0, files: 0, chunks: 0, length: 0n, size: 0n, realSize: 0n };
}

export function add(to: NaiveSums, more: NaiveSums, sign: 1 | -1): void {
  to.inodes += sign * more.inodes;
  to.directories += sign * more.directories;
  to.files += sign * more.files;
  to.chunks += sign * more.chunks;
  to.length += BigInt(sign) * more.length;
  to.size += BigInt(sign) * more.size;
  to.realSize += BigInt(sign) * more.realSize;
}

/** Whatever has a length and chunks. */
export function isFile(node: NaiveNode): boolean {
  return node.type === kind.file || node.type === kind.trash || node.type === kind.sustained;
}

/** Bytes that a file's chunks take if it were `length` long. Spec: semantics-master.md section 10.3. */
export function sizeOf(node: NaiveNode, length: bigint): bigint {
  const last = length === 0n ? 0n : (length - 1n) / chunkBytes;
  let size = 0n;
  for (const index of node.slots.keys()) {
    if (BigInt(index) < last) size += chunkBytes + headerBytes;
    else if (BigInt(index) === last) size += lastPart(length - last * chunkBytes);
  }
  return size;
}

/** What the last chunk of a file takes. */
export function lastPart(used: bigint): bigint {
  return ((used + blockBytes - 1n) / blockBytes) * blockBytes + headerBytes;
}

/** Letter F. */
function inheritAcl(node: NaiveNode, parent: NaiveNode, { mode, type }: NaiveBirth): void {
  const from = parent.defaultAcl;
  if (from === undefined) return;
  if (type === kind.directory) node.defaultAcl = from;
  const plain = from.owner <= 7 && from.group <= 7 && from.other <= 7 && from.mask === absent;
  if (plain && from.users.length === 0 && from.groups.length === 0) {
    node.mode = mode & (0o7000 | (from.owner << 6) | (from.group << 3) | from.other);
    return;
  }
  node.accessAcl = {
    owner: (mode >> 6) & 7 & from.owner,
    group: from.group,
    other: mode & 7 & from.other,
    mask: (mode >> 3) & 7 & from.mask,
    users: from.users,
    groups: from.groups,
  };
  const { owner, group, other } = node.accessAcl;
  node.mode = (mode & 0o7000) | (owner << 6) | ((group & 7) << 3) | other;
}
