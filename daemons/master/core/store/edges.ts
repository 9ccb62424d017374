// Names: an edge leads from a directory to a node under a name, or from a trash or sustained bucket to a
// file that has no name left. Entries of a directory are listed newest first, which is by rising edge id.
// Spec: metadata-file.md section 2.4, changelog.md section 6 C and D, semantics-master.md section 10.1.

import { hashBytes } from "./arena.ts";
import type { Arena } from "./arena.ts";
import { HashIndex } from "./hash-index.ts";
import { nodeType } from "./nodes.ts";
import type { Nodes } from "./nodes.ts";
import { Pool, Records } from "./records.ts";

const parent = 0;
const child = 1;
/** Neighbours in the directory's (or bucket's) list. */
const next = 2;
const previous = 3;
/** Neighbours in the child's list of names. */
const nextName = 4;
const previousName = 5;
const chain = 6;
const namePlace = 7;
const nameLength = 8;
/** Two words. */
const edgeId = 9;
const words = 11;

/** Trash lists, one a bucket: inode modulo this. */
export const trashBuckets = 4096;
/** Sustained lists, one a bucket: inode modulo this. */
export const sustainedBuckets = 256;

/** The id that the first edge of a new file system gets; ids fall from here. */
export const firstEdgeId = 0x7fff_ffff_ffff_fffen;
const exhaustedEdgeId = 0x7fff_ffff_ffff_ffffn;

/** All names of the file system. */
export class Edges {
  readonly #nodes: Nodes;
  readonly #arena: Arena;
  readonly #pool = new Pool(words);
  readonly #index: HashIndex;
  readonly #buckets = new Records(1);
  /** The id of the next edge. */
  nextEdgeId = firstEdgeId;

  constructor(nodes: Nodes, arena: Arena) {
    this.#nodes = nodes;
    this.#arena = arena;
    this.#buckets.grow(trashBuckets + sustainedBuckets);
    this.#index = new HashIndex(this.#pool, chain, (edge) =>
      this.#arena.hash(
        this.#pool.get(edge, namePlace),
        this.#pool.get(edge, nameLength),
        this.#pool.get(edge, parent),
      ),
    );
  }

  get used(): number {
    return this.#pool.used;
  }

  get bytes(): number {
    return this.#pool.bytes + this.#index.bytes;
  }

  /** The directory that the edge leaves; 0 for trash and sustained. */
  parent(edge: number): number {
    return this.#pool.get(edge, parent);
  }

  child(edge: number): number {
    return this.#pool.get(edge, child);
  }

  /** The next older entry of the same list, or 0. */
  next(edge: number): number {
    return this.#pool.get(edge, next);
  }

  /** The child's next name, or 0. */
  nextName(edge: number): number {
    return this.#pool.get(edge, nextName);
  }

  id(edge: number): bigint {
    return this.#pool.get64(edge, edgeId);
  }

  setId(edge: number, id: bigint): void {
    this.#pool.set64(edge, edgeId, id);
  }

  nameLength(edge: number): number {
    return this.#pool.get(edge, nameLength);
  }

  /** A view of the name: it lives until the edge goes. */
  name(edge: number): Uint8Array {
    return this.#arena.view(this.#pool.get(edge, namePlace), this.#pool.get(edge, nameLength));
  }

  copyNameTo(edge: number, target: Uint8Array, offset: number): void {
    const place = this.#pool.get(edge, namePlace);
    this.#arena.copyTo(place, this.#pool.get(edge, nameLength), target, offset);
  }

  /** The directory above, of the first name; 0 for the root and for what has no name in the tree. */
  parentOf(inode: number): number {
    const edge = this.#nodes.firstName(inode);
    return edge === 0 ? 0 : this.#pool.get(edge, parent);
  }

  /** The entry of this name, or 0. */
  find(directory: number, name: Uint8Array): number {
    let edge = this.#index.first(hashBytes(name, directory));
    while (edge !== 0) {
      const found =
        this.#pool.get(edge, parent) === directory &&
        this.#arena.equals(this.#pool.get(edge, namePlace), this.#pool.get(edge, nameLength), name);
      if (found) return edge;
      edge = this.#index.next(edge);
    }
    return 0;
  }

  /** The next edge id; the counter falls. */
  takeId(): bigint {
    const id = this.nextEdgeId;
    if (id === exhaustedEdgeId) return 0n;
    this.nextEdgeId = id - 1n;
    return id;
  }

  /** Adds an entry as the newest of the directory. Link counts are the caller's. */
  add(directory: number, name: Uint8Array, inode: number, id: bigint): number {
    const edge = this.#make(directory, name, inode, id);
    this.#index.insert(edge, hashBytes(name, directory));
    this.#linkBefore(edge, this.#nodes.firstEntry(directory));
    this.#nodes.setFirstEntry(directory, edge);
    return edge;
  }

  /** Adds an entry after `last`, the oldest so far (0 for the first): the order of an image. */
  append(
    directory: number,
    name: Uint8Array,
    inode: number,
    place: { id: bigint; last: number },
  ): number {
    const edge = this.#make(directory, name, inode, place.id);
    this.#index.insert(edge, hashBytes(name, directory));
    if (place.last === 0) {
      this.#linkBefore(edge, this.#nodes.firstEntry(directory));
      this.#nodes.setFirstEntry(directory, edge);
    } else {
      this.#pool.set(place.last, next, edge);
      this.#pool.set(edge, previous, place.last);
    }
    return edge;
  }

  /** Adds a file that lost its names to its trash or sustained list, by the type it has now. */
  addNameless(path: Uint8Array, inode: number, id: bigint): number {
    const edge = this.#make(0, path, inode, id);
    this.#intoBucket(edge);
    return edge;
  }

  /** Moves a nameless edge to the list of the type that its file has now. */
  moveNameless(edge: number, fromType: number): void {
    this.#outOfList(edge, bucketOf(fromType, this.child(edge)));
    this.#intoBucket(edge);
  }

  /** The first edge of a trash bucket, or 0. */
  firstTrash(bucket: number): number {
    return this.#buckets.get(bucket, 0);
  }

  /** The first edge of a sustained bucket, or 0. */
  firstSustained(bucket: number): number {
    return this.#buckets.get(trashBuckets + bucket, 0);
  }

  /** Takes an edge out of its list, the child's names and the index, and forgets it. */
  remove(edge: number): void {
    const directory = this.#pool.get(edge, parent);
    const inode = this.#pool.get(edge, child);
    const place = this.#pool.get(edge, namePlace);
    const length = this.#pool.get(edge, nameLength);
    if (directory === 0) this.#outOfList(edge, bucketOf(this.#nodes.type(inode), inode));
    else {
      this.#index.remove(edge, this.#arena.hash(place, length, directory));
      this.#outOfList(edge, -1);
    }
    this.#outOfNames(edge, inode);
    this.#arena.release(place, length);
    this.#pool.release(edge);
  }

  #make(directory: number, name: Uint8Array, inode: number, id: bigint): number {
    const pool = this.#pool;
    const edge = pool.allocate();
    pool.set(edge, parent, directory);
    pool.set(edge, child, inode);
    pool.set(edge, namePlace, this.#arena.store(name));
    pool.set(edge, nameLength, name.length);
    pool.set64(edge, edgeId, id);
    const first = this.#nodes.firstName(inode);
    pool.set(edge, nextName, first);
    if (first !== 0) pool.set(first, previousName, edge);
    this.#nodes.setFirstName(inode, edge);
    return edge;
  }

  #linkBefore(edge: number, first: number): void {
    this.#pool.set(edge, next, first);
    if (first !== 0) this.#pool.set(first, previous, edge);
  }

  #intoBucket(edge: number): void {
    const inode = this.child(edge);
    const bucket = bucketOf(this.#nodes.type(inode), inode);
    this.#pool.set(edge, previous, 0);
    this.#linkBefore(edge, this.#buckets.get(bucket, 0));
    this.#buckets.set(bucket, 0, edge);
  }

  #outOfList(edge: number, bucket: number): void {
    const before = this.#pool.get(edge, previous);
    const after = this.#pool.get(edge, next);
    if (after !== 0) this.#pool.set(after, previous, before);
    if (before !== 0) this.#pool.set(before, next, after);
    else if (bucket >= 0) this.#buckets.set(bucket, 0, after);
    else this.#nodes.setFirstEntry(this.#pool.get(edge, parent), after);
  }

  #outOfNames(edge: number, inode: number): void {
    const before = this.#pool.get(edge, previousName);
    const after = this.#pool.get(edge, nextName);
    if (after !== 0) this.#pool.set(after, previousName, before);
    if (before !== 0) this.#pool.set(before, nextName, after);
    else this.#nodes.setFirstName(inode, after);
  }
}

function bucketOf(type: number, inode: number): number {
  return type === nodeType.trash ? inode % trashBuckets : trashBuckets + (inode % sustainedBuckets);
}
