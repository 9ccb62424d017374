// Extended attributes and ACLs of nodes. Few nodes have any, so they lie beside the inode table, chained by
// the hash of their inode; texts lie in the arena. Spec: metadata-file.md sections 2.7 and 2.8.

import type { Arena } from "./arena.ts";
import { HashIndex, mix } from "./hash-index.ts";
import type { Nodes } from "./nodes.ts";
import { Pool } from "./records.ts";

const owner = 0;
const chain = 1;
const order = 2;
const namePlace = 3;
const nameLength = 4;
const valuePlace = 5;
const valueLength = 6;
const words = 7;

/** Longest value, and longest list of names with their NULs, in bytes. */
export const xattrBytesMax = 65_536;

/** One attribute: views that live until it changes. */
export interface Xattr {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** Extended attributes of all nodes. */
export class Xattrs {
  readonly #nodes: Nodes;
  readonly #arena: Arena;
  readonly #pool = new Pool(words);
  readonly #index: HashIndex;
  /** Grows with each new attribute: a node's list is in falling order (newest first). */
  #order = 0;

  constructor(nodes: Nodes, arena: Arena) {
    this.#nodes = nodes;
    this.#arena = arena;
    this.#index = new HashIndex(this.#pool, chain, (record) => mix(this.#pool.get(record, owner)));
  }

  get bytes(): number {
    return this.#pool.bytes + this.#index.bytes;
  }

  /** The value of this name; `undefined` when there is none. */
  get(inode: number, name: Uint8Array): Uint8Array | undefined {
    const record = this.#find(inode, name);
    return record === 0 ? undefined : this.#value(record);
  }

  /** All attributes of a node, most recently added first. */
  list(inode: number): readonly Xattr[] {
    if (!this.#nodes.hasXattrs(inode)) return [];
    const records = this.#recordsOf(inode).sort(
      (left, right) => this.#pool.get(right, order) - this.#pool.get(left, order),
    );
    return records.map((record) => ({ name: this.#name(record), value: this.#value(record) }));
  }

  /** Bytes of all names of a node, each with its NUL. */
  listBytes(inode: number): number {
    if (!this.#nodes.hasXattrs(inode)) return 0;
    let bytes = 0;
    for (const record of this.#recordsOf(inode)) bytes += this.#pool.get(record, nameLength) + 1;
    return bytes;
  }

  /** Adds or replaces. */
  set(inode: number, name: Uint8Array, value: Uint8Array): void {
    const found = this.#find(inode, name);
    const pool = this.#pool;
    if (found !== 0) {
      this.#arena.release(pool.get(found, valuePlace), pool.get(found, valueLength));
      pool.set(found, valuePlace, this.#arena.store(value));
      pool.set(found, valueLength, value.length);
      return;
    }
    const record = pool.allocate();
    pool.set(record, owner, inode);
    pool.set(record, order, this.#order++);
    pool.set(record, namePlace, this.#arena.store(name));
    pool.set(record, nameLength, name.length);
    pool.set(record, valuePlace, this.#arena.store(value));
    pool.set(record, valueLength, value.length);
    this.#index.insert(record, mix(inode));
    this.#nodes.setHasXattrs(inode, true);
  }

  /** Removes one; false when there is none of this name. */
  remove(inode: number, name: Uint8Array): boolean {
    const record = this.#find(inode, name);
    if (record === 0) return false;
    this.#drop(record, inode);
    if (this.#recordsOf(inode).length === 0) this.#nodes.setHasXattrs(inode, false);
    return true;
  }

  removeAll(inode: number): void {
    if (!this.#nodes.hasXattrs(inode)) return;
    for (const record of this.#recordsOf(inode)) this.#drop(record, inode);
    this.#nodes.setHasXattrs(inode, false);
  }

  #drop(record: number, inode: number): void {
    const pool = this.#pool;
    this.#index.remove(record, mix(inode));
    this.#arena.release(pool.get(record, namePlace), pool.get(record, nameLength));
    this.#arena.release(pool.get(record, valuePlace), pool.get(record, valueLength));
    pool.release(record);
  }

  #find(inode: number, name: Uint8Array): number {
    if (!this.#nodes.hasXattrs(inode)) return 0;
    let record = this.#index.first(mix(inode));
    while (record !== 0) {
      const pool = this.#pool;
      const place = pool.get(record, namePlace);
      const found =
        pool.get(record, owner) === inode &&
        this.#arena.equals(place, pool.get(record, nameLength), name);
      if (found) return record;
      record = this.#index.next(record);
    }
    return 0;
  }

  #recordsOf(inode: number): number[] {
    const records: number[] = [];
    let record = this.#index.first(mix(inode));
    while (record !== 0) {
      if (this.#pool.get(record, owner) === inode) records.push(record);
      record = this.#index.next(record);
    }
    return records;
  }

  #name(record: number): Uint8Array {
    return this.#arena.view(this.#pool.get(record, namePlace), this.#pool.get(record, nameLength));
  }

  #value(record: number): Uint8Array {
    const place = this.#pool.get(record, valuePlace);
    return this.#arena.view(place, this.#pool.get(record, valueLength));
  }
}

/** Access (1) and default (2) ACL, as packets, changelog and image number them. */
export const aclType = { access: 1, default: 2 } as const;
export type AclType = (typeof aclType)[keyof typeof aclType];

/** A named user or group of an ACL. */
export interface AclEntry {
  readonly id: number;
  readonly permissions: number;
}

/** A POSIX ACL; 0xFFFF means absent. */
export interface Acl {
  readonly owner: number;
  readonly group: number;
  readonly other: number;
  readonly mask: number;
  readonly users: readonly AclEntry[];
  readonly groups: readonly AclEntry[];
}

/** "Absent" among an ACL's permissions. */
export const aclAbsent = 0xffff;

/** ACLs of all nodes: a handful even on large file systems, so plain objects by inode. */
export class Acls {
  readonly #nodes: Nodes;
  readonly #access = new Map<number, Acl>();
  readonly #default = new Map<number, Acl>();

  constructor(nodes: Nodes) {
    this.#nodes = nodes;
  }

  get(inode: number, type: AclType): Acl | undefined {
    const has =
      type === aclType.access ? this.#nodes.hasAccessAcl(inode) : this.#nodes.hasDefaultAcl(inode);
    return has ? this.#map(type).get(inode) : undefined;
  }

  set(inode: number, type: AclType, acl: Acl): void {
    this.#map(type).set(inode, acl);
    this.#mark(inode, type, true);
  }

  remove(inode: number, type: AclType): void {
    this.#map(type).delete(inode);
    this.#mark(inode, type, false);
  }

  removeAll(inode: number): void {
    if (this.#nodes.hasAccessAcl(inode)) this.remove(inode, aclType.access);
    if (this.#nodes.hasDefaultAcl(inode)) this.remove(inode, aclType.default);
  }

  #map(type: AclType): Map<number, Acl> {
    return type === aclType.access ? this.#access : this.#default;
  }

  #mark(inode: number, type: AclType, has: boolean): void {
    if (type === aclType.access) this.#nodes.setHasAccessAcl(inode, has);
    else this.#nodes.setHasDefaultAcl(inode, has);
  }
}
