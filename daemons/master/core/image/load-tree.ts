// Inodes and names of an image into an empty world. Sums over the tree come later, once and from the leaves
// up: see connect.ts. Spec: metadata-file.md 2.3, 2.4.

import { joinU64 } from "../../../metadata/image/records.ts";
import type { EdgeRecord, NodeRecord } from "../../../metadata/image/records.ts";
import { nodeType, rootInode } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import type { Refusals } from "./refusals.ts";

/** Fills the tables of nodes, slots and edges. */
export class TreeLoader {
  /** Whether edge ids have to be given anew after loading. */
  renumberEdges = false;
  readonly #world: World;
  readonly #refusals: Refusals;
  /** The inode whose record came last was refused: its chunk table goes with it. */
  #refusedInode = 0;
  /** The directory whose entries are coming, the last of them and its id. */
  #directory = 0;
  #last = 0;
  #lastId = 0n;
  /** Entries of the root may stand anywhere. */
  #rootLast = 0;
  #rootLastId = 0n;

  readonly #inodeBytesMax: number;

  /** `inodeBytesMax`: what the table of inodes may take. */
  constructor(world: World, refusals: Refusals, inodeBytesMax: number) {
    this.#world = world;
    this.#refusals = refusals;
    this.#inodeBytesMax = inodeBytesMax;
  }

  nodeHeader(inodeMax: number): void {
    this.#world.nodes.maxInode = inodeMax;
  }

  node(record: NodeRecord): void {
    const { nodes, numbers } = this.#world;
    const { inode, type } = record;
    this.#refusedInode = 0;
    if (inode === 0 || nodes.type(inode) !== 0) {
      this.#refusals.refuse(
        inode === 0 ? "inode 0, expected one above" : `inode ${inode} twice, expected it once`,
      );
      this.#refusedInode = inode;
      return;
    }
    if (nodes.bytes > this.#inodeBytesMax && !nodes.hasSegment(inode)) this.#tooManyParts(inode);
    nodes.make(inode, type);
    numbers.mark(inode);
    nodes.setExtra(inode, record.extraAttributes);
    nodes.setWindowsFlags(inode, record.windowsAttributes);
    nodes.setMode(inode, record.mode);
    nodes.setUid(inode, record.uid);
    nodes.setGid(inode, record.gid);
    nodes.setAccessTime(inode, record.atime);
    nodes.setModificationTime(inode, record.mtime);
    nodes.setChangeTime(inode, record.ctime);
    nodes.setTrashHours(inode, record.trashHours);
    this.#setByType(record);
  }

  /**
   * Numbers are given out from below, so high ones mean that there were as many inodes once, and that a master held
   * them all. An image that is wrong or hostile must not take more memory than there is for numbers that it makes up.
   */
  #tooManyParts(inode: number): never {
    const megabytes = Math.round(this.#world.nodes.bytes / 1e6);
    return this.#refusals.fail(
      `inode ${inode} far from all before it, whose numbers take ${megabytes} MB already: expected a table that fits into memory`,
    );
  }

  #setByType(record: NodeRecord): void {
    const { nodes, statistics, slots, arena } = this.#world;
    const { inode, type } = record;
    switch (type) {
      case nodeType.file:
      case nodeType.trash:
      case nodeType.sustained:
        this.#setClass(inode, type, record.classId);
        nodes.setLength(inode, joinU64(record.lengthHigh, record.lengthLow));
        if (record.chunkCount > 0) slots.extend(inode, record.chunkCount);
        break;
      case nodeType.directory:
        this.#setClass(inode, type, record.classId);
        nodes.setLinks(inode, 2);
        statistics.open(inode);
        break;
      case nodeType.symlink:
        nodes.setTarget(inode, arena.store(record.target), record.target.length);
        break;
      case nodeType.blockDevice:
      case nodeType.characterDevice:
        nodes.setDevice(inode, record.rdev);
        break;
      default:
        break;
    }
  }

  chunkIds(inode: number, firstIndex: number, ids: Float64Array, count: number): void {
    if (inode === this.#refusedInode) return;
    const { slots } = this.#world;
    for (let at = 0; at < count; at++) {
      const id = ids[at] as number;
      if (id !== 0) slots.set(inode, firstIndex + at, id);
    }
  }

  edgeHeader(nextId: bigint, renumber: boolean): void {
    this.#world.edges.nextEdgeId = nextId;
    if (renumber) this.renumberEdges = true;
  }

  edge(record: EdgeRecord): void {
    const { nodes, edges } = this.#world;
    const { child, name } = record;
    const type = nodes.type(child);
    if (type === 0) {
      this.#refusals.refuse(`a name of inode ${child}, which there is not, expected one`);
      return;
    }
    if (record.parent === 0) {
      if (type === nodeType.trash || type === nodeType.sustained) {
        const id = joinU64(record.idHigh, record.idLow);
        edges.addNameless(name, child, id);
      } else
        this.#refusals.fail(`inode ${child} of type ${type} in the trash, expected a file of it`);
      return;
    }
    if (type === nodeType.directory && nodes.firstName(child) !== 0) {
      this.#refusals.refuse(`a second name of directory ${child}, expected one`);
      return;
    }
    this.#append(this.#parentOf(record), record);
  }

  #parentOf({ parent, child }: EdgeRecord): number {
    const { nodes } = this.#world;
    if (nodes.isDirectory(parent)) return parent;
    this.#refusals.refuse(`inode ${child} in ${parent}, which is no directory, expected one`);
    return rootInode;
  }

  #append(parent: number, { child, name, idHigh, idLow }: EdgeRecord): void {
    const { edges, nodes } = this.#world;
    const id = joinU64(idHigh, idLow);
    if (parent === rootInode) {
      if (id === 0n || id <= this.#rootLastId) this.renumberEdges = true;
      this.#rootLast = edges.append(parent, name, child, { id, last: this.#rootLast });
      this.#rootLastId = id;
    } else {
      if (parent !== this.#directory) this.#turnTo(parent);
      if (id === 0n || id <= this.#lastId) this.renumberEdges = true;
      this.#last = edges.append(parent, name, child, { id, last: this.#last });
      this.#lastId = id;
    }
    const counted = nodes.isDirectory(child) ? parent : child;
    nodes.setLinks(counted, nodes.links(counted) + 1);
  }

  /** The entries of a directory stand together; with `-i` those that do not are appended. */
  #turnTo(directory: number): void {
    const { edges, nodes } = this.#world;
    this.#directory = directory;
    this.#last = 0;
    this.#lastId = 0n;
    if (nodes.firstEntry(directory) === 0) return;
    this.#refusals.refuse(`entries of directory ${directory} apart, expected them together`);
    let last = nodes.firstEntry(directory);
    while (edges.next(last) !== 0) last = edges.next(last);
    this.#last = last;
    this.#lastId = edges.id(last);
  }

  #setClass(inode: number, type: number, id: number): void {
    const { nodes, classes, classUse } = this.#world;
    nodes.setStorageClass(inode, id);
    nodes.setCountedCopies(inode, classes.keepMax(id));
    classUse.enter(id, type);
  }
}
