// Inodes: one record each, found by number without any index, since numbers are given out from below. Where many
// were removed, what lies between the others takes no memory.
// What a word means beyond the common part depends on the type. Spec: metadata-file.md section 2.3,
// semantics-master.md section 10.

import { Records } from "./records.ts";

/** Node types as they are stored and shown. */
export const nodeType = {
  file: 1,
  directory: 2,
  symlink: 3,
  fifo: 4,
  blockDevice: 5,
  characterDevice: 6,
  socket: 7,
  trash: 8,
  sustained: 9,
} as const;

/** Extra attribute bits. Spec: semantics-master.md section 12.1. */
export const extraAttribute = {
  noOwner: 0x01,
  noAttributeCache: 0x02,
  noEntryCache: 0x04,
  noDataCache: 0x08,
  snapshot: 0x10,
  undeletable: 0x20,
  appendOnly: 0x40,
  immutable: 0x80,
  /** What protects a node from being removed. */
  protected: 0xe0,
} as const;

/** The root directory; on the wire also the root of every session. */
export const rootInode = 1;

const nodeTypes = 10;

const typeAndMode = 0;
const classAndTrash = 1;
const uid = 2;
const gid = 3;
const accessTime = 4;
const modificationTime = 5;
const changeTime = 6;
const firstName = 7;
const links = 8;
/** File: length (two words). Directory: first entry, statistics. Symlink: text, its length. Device: number. */
const partA = 9;
const partB = 10;
/** File: chunk slots, see slots.ts. */
const words = 14;

const xattrFlag = 1 << 24;
const accessAclFlag = 1 << 25;
const defaultAclFlag = 1 << 26;
const copiesShift = 27;

/** The table of inodes. Every accessor takes an inode that exists unless it says otherwise. */
export class Nodes extends Records {
  readonly #counts = new Float64Array(nodeTypes);
  #maxInode = 0;

  constructor() {
    super(words);
    this.grow(rootInode + 1);
  }

  /** The highest number ever given to an inode. */
  get maxInode(): number {
    return this.#maxInode;
  }

  set maxInode(inode: number) {
    this.#maxInode = inode;
  }

  /** Inodes of a type; of all types without one. */
  countOf(type?: number): number {
    if (type !== undefined) return this.#counts[type] ?? 0;
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** Takes a number into use with all fields zero but the type. */
  make(inode: number, type: number): void {
    this.reach(inode);
    if (inode > this.#maxInode) this.#maxInode = inode;
    this.clear(inode);
    this.set(inode, typeAndMode, type);
    this.#count(type, 1);
  }

  unmake(inode: number): void {
    this.#count(this.type(inode), -1);
    this.clear(inode);
  }

  /** 0 where no such inode exists, whatever the number. */
  type(inode: number): number {
    return inode < this.count ? this.get(inode, typeAndMode) & 0xf : 0;
  }

  setType(inode: number, type: number): void {
    this.#count(this.type(inode), -1);
    this.#count(type, 1);
    this.set(inode, typeAndMode, ((this.get(inode, typeAndMode) & ~0xf) | type) >>> 0);
  }

  /** File, trash or sustained: whatever has a length and chunks. */
  isFile(inode: number): boolean {
    const type = this.type(inode);
    return type === nodeType.file || type === nodeType.trash || type === nodeType.sustained;
  }

  isDirectory(inode: number): boolean {
    return this.type(inode) === nodeType.directory;
  }

  mode(inode: number): number {
    return (this.get(inode, typeAndMode) >>> 4) & 0xfff;
  }

  setMode(inode: number, mode: number): void {
    const word = this.get(inode, typeAndMode) & ~0xfff0;
    this.set(inode, typeAndMode, (word | ((mode & 0xfff) << 4)) >>> 0);
  }

  extra(inode: number): number {
    return (this.get(inode, typeAndMode) >>> 16) & 0xff;
  }

  setExtra(inode: number, bits: number): void {
    const word = this.get(inode, typeAndMode) & ~0xff_0000;
    this.set(inode, typeAndMode, (word | (bits << 16)) >>> 0);
  }

  windowsFlags(inode: number): number {
    return this.get(inode, typeAndMode) >>> 24;
  }

  setWindowsFlags(inode: number, flags: number): void {
    const word = this.get(inode, typeAndMode) & 0xff_ffff;
    this.set(inode, typeAndMode, (word | (flags << 24)) >>> 0);
  }

  storageClass(inode: number): number {
    return this.get(inode, classAndTrash) & 0xff;
  }

  setStorageClass(inode: number, id: number): void {
    this.set(inode, classAndTrash, ((this.get(inode, classAndTrash) & ~0xff) | id) >>> 0);
  }

  trashHours(inode: number): number {
    return (this.get(inode, classAndTrash) >>> 8) & 0xffff;
  }

  setTrashHours(inode: number, hours: number): void {
    const word = this.get(inode, classAndTrash) & ~0xff_ff00;
    this.set(inode, classAndTrash, (word | (hours << 8)) >>> 0);
  }

  hasXattrs(inode: number): boolean {
    return (this.get(inode, classAndTrash) & xattrFlag) !== 0;
  }

  setHasXattrs(inode: number, has: boolean): void {
    this.#setFlag(inode, xattrFlag, has);
  }

  hasAccessAcl(inode: number): boolean {
    return (this.get(inode, classAndTrash) & accessAclFlag) !== 0;
  }

  setHasAccessAcl(inode: number, has: boolean): void {
    this.#setFlag(inode, accessAclFlag, has);
  }

  hasDefaultAcl(inode: number): boolean {
    return (this.get(inode, classAndTrash) & defaultAclFlag) !== 0;
  }

  setHasDefaultAcl(inode: number, has: boolean): void {
    this.#setFlag(inode, defaultAclFlag, has);
  }

  /** Copies that the statistics above a file count for it: its class may have changed since (10.3). */
  countedCopies(inode: number): number {
    return (this.get(inode, classAndTrash) >>> copiesShift) & 0xf;
  }

  setCountedCopies(inode: number, copies: number): void {
    const word = this.get(inode, classAndTrash) & ~(0xf << copiesShift);
    this.set(inode, classAndTrash, (word | (copies << copiesShift)) >>> 0);
  }

  uid(inode: number): number {
    return this.get(inode, uid);
  }

  setUid(inode: number, id: number): void {
    this.set(inode, uid, id);
  }

  gid(inode: number): number {
    return this.get(inode, gid);
  }

  setGid(inode: number, id: number): void {
    this.set(inode, gid, id);
  }

  accessTime(inode: number): number {
    return this.get(inode, accessTime);
  }

  setAccessTime(inode: number, seconds: number): void {
    this.set(inode, accessTime, seconds);
  }

  modificationTime(inode: number): number {
    return this.get(inode, modificationTime);
  }

  setModificationTime(inode: number, seconds: number): void {
    this.set(inode, modificationTime, seconds);
  }

  changeTime(inode: number): number {
    return this.get(inode, changeTime);
  }

  setChangeTime(inode: number, seconds: number): void {
    this.set(inode, changeTime, seconds);
  }

  /** The first edge that leads to the node, or 0. */
  firstName(inode: number): number {
    return this.get(inode, firstName);
  }

  setFirstName(inode: number, edge: number): void {
    this.set(inode, firstName, edge);
  }

  /** Directory: 2 and its subdirectories. Others: names (trash and sustained entries do not count). */
  links(inode: number): number {
    return this.get(inode, links);
  }

  setLinks(inode: number, count: number): void {
    this.set(inode, links, count);
  }

  /** Length of a file in bytes. */
  length(inode: number): bigint {
    return this.get64(inode, partA);
  }

  setLength(inode: number, length: bigint): void {
    this.set64(inode, partA, length);
  }

  /** First entry of a directory (the newest), or 0. */
  firstEntry(directory: number): number {
    return this.get(directory, partA);
  }

  setFirstEntry(directory: number, edge: number): void {
    this.set(directory, partA, edge);
  }

  /** The directory's record in the table of statistics. */
  statistics(directory: number): number {
    return this.get(directory, partB);
  }

  setStatistics(directory: number, record: number): void {
    this.set(directory, partB, record);
  }

  /** Where a symbolic link's target stands in the arena. */
  targetPlace(link: number): number {
    return this.get(link, partA);
  }

  targetLength(link: number): number {
    return this.get(link, partB);
  }

  setTarget(link: number, place: number, length: number): void {
    this.set(link, partA, place);
    this.set(link, partB, length);
  }

  device(inode: number): number {
    return this.get(inode, partA);
  }

  setDevice(inode: number, number: number): void {
    this.set(inode, partA, number);
  }

  #count(type: number, change: 1 | -1): void {
    this.#counts[type] = (this.#counts[type] ?? 0) + change;
  }

  #setFlag(inode: number, flag: number, on: boolean): void {
    const word = this.get(inode, classAndTrash);
    this.set(inode, classAndTrash, (on ? word | flag : word & ~flag) >>> 0);
  }
}

/** Words of a file's record that slots.ts keeps: the inline chunk id, or the table, and the number of slots. */
export const slotWords = { low: 11, high: 12, count: 13 } as const;
