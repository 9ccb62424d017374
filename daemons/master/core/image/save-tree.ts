// The sections of an image that hold the tree: inodes, names, freed numbers, quotas, attributes.
// Spec: metadata-file.md 2.3 to 2.8.

import type { ImageWriter } from "../../../metadata/image/image-writer.ts";
import type { EdgeRecord, NodeRecord } from "../../../metadata/image/records.ts";
import { aclType } from "../store/attribute-lists.ts";
import type { AclType } from "../store/attribute-lists.ts";
import { sustainedBuckets, trashBuckets } from "../store/edges.ts";
import { nodeType, rootInode } from "../store/nodes.ts";
import type { World } from "../store/world.ts";

const high = 0x1_0000_0000n;
const noTarget = new Uint8Array(0);

/** Section NODE, by rising inode. */
export function saveNodes(world: World, writer: ImageWriter): void {
  const { nodes } = world;
  writer.beginSection("NODE");
  writer.nodeHeader(nodes.maxInode, nodes.countOf());
  const record = emptyRecord();
  const chunkTable = new ChunkTable(world, writer);
  for (let inode = 1; inode < nodes.count; inode = nodes.skipAbsent(inode + 1)) {
    const type = nodes.type(inode);
    if (type === 0) continue;
    fillCommon(world, record, inode, type);
    fillByType(world, record);
    writer.node(record);
    if (record.chunkCount > 0) chunkTable.write(inode);
  }
  writer.endSection("NODE");
}

function emptyRecord(): NodeRecord {
  return {
    type: 0,
    inode: 0,
    classId: 0,
    extraAttributes: 0,
    windowsAttributes: 0,
    mode: 0,
    uid: 0,
    gid: 0,
    atime: 0,
    mtime: 0,
    ctime: 0,
    trashHours: 0,
    lengthHigh: 0,
    lengthLow: 0,
    chunkCount: 0,
    rdev: 0,
    target: noTarget,
  };
}

function fillCommon({ nodes }: World, record: NodeRecord, inode: number, type: number): void {
  record.type = type;
  record.inode = inode;
  record.classId = nodes.storageClass(inode);
  record.extraAttributes = nodes.extra(inode);
  record.windowsAttributes = nodes.windowsFlags(inode);
  record.mode = nodes.mode(inode);
  record.uid = nodes.uid(inode);
  record.gid = nodes.gid(inode);
  record.atime = nodes.accessTime(inode);
  record.mtime = nodes.modificationTime(inode);
  record.ctime = nodes.changeTime(inode);
  record.trashHours = nodes.trashHours(inode);
  record.chunkCount = 0;
}

/** Only what the type has is written; the rest may be of another node. */
function fillByType({ nodes, slots, arena }: World, record: NodeRecord): void {
  const { inode } = record;
  switch (record.type) {
    case nodeType.file:
    case nodeType.trash:
    case nodeType.sustained: {
      const length = nodes.length(inode);
      record.lengthHigh = Number(length / high);
      record.lengthLow = Number(length % high);
      record.chunkCount = slots.count(inode) === 0 ? 0 : slots.storedCount(inode);
      break;
    }
    case nodeType.symlink:
      record.target = arena.view(nodes.targetPlace(inode), nodes.targetLength(inode));
      break;
    case nodeType.blockDevice:
    case nodeType.characterDevice:
      record.rdev = nodes.device(inode);
      break;
    default:
      break;
  }
}

/** Hands over a file's chunks in runs without a hole. */
class ChunkTable {
  readonly #world: World;
  readonly #writer: ImageWriter;
  readonly #ids = new Float64Array(8192);
  #inode = 0;
  #first = 0;
  #count = 0;

  constructor(world: World, writer: ImageWriter) {
    this.#world = world;
    this.#writer = writer;
  }

  write(inode: number): void {
    this.#inode = inode;
    this.#world.slots.forEach(inode, this.#take);
    this.#flush();
  }

  readonly #take = (index: number, chunkId: number): void => {
    if (this.#count === this.#ids.length || index !== this.#first + this.#count) this.#flush();
    if (this.#count === 0) this.#first = index;
    this.#ids[this.#count] = chunkId;
    this.#count++;
  };

  #flush(): void {
    if (this.#count > 0) this.#writer.chunkIds(this.#inode, this.#first, this.#ids, this.#count);
    this.#count = 0;
  }
}

/** Section EDGE: a directory's entries, then its subdirectories; then trash and sustained files. */
export function saveEdges(world: World, writer: ImageWriter): void {
  const { nodes, edges } = world;
  writer.beginSection("EDGE");
  const { nextEdgeId } = edges;
  writer.edgeHeader(Number(nextEdgeId / high), Number(nextEdgeId % high));
  const list = new EdgeList(world, writer);
  list.write(nodes.firstEntry(rootInode));
  // The next entry to look below of each directory on the way down: trees may be thousands deep.
  const open = [nodes.firstEntry(rootInode)];
  for (let edge = open.pop(); edge !== undefined; edge = open.pop()) {
    if (edge === 0) continue;
    open.push(edges.next(edge));
    const child = edges.child(edge);
    if (!nodes.isDirectory(child)) continue;
    list.write(nodes.firstEntry(child));
    open.push(nodes.firstEntry(child));
  }
  for (let bucket = 0; bucket < trashBuckets; bucket++) list.write(edges.firstTrash(bucket));
  for (let bucket = 0; bucket < sustainedBuckets; bucket++) {
    list.write(edges.firstSustained(bucket));
  }
  writer.endSection("EDGE");
}

/** Writes lists of edges. */
class EdgeList {
  readonly #world: World;
  readonly #writer: ImageWriter;
  readonly #record: EdgeRecord = { parent: 0, child: 0, idHigh: 0, idLow: 0, name: noTarget };

  constructor(world: World, writer: ImageWriter) {
    this.#world = world;
    this.#writer = writer;
  }

  write(first: number): void {
    const { edges } = this.#world;
    const record = this.#record;
    for (let edge = first; edge !== 0; edge = edges.next(edge)) {
      const id = edges.id(edge);
      record.parent = edges.parent(edge);
      record.child = edges.child(edge);
      record.idHigh = Number(id / high);
      record.idLow = Number(id % high);
      record.name = edges.name(edge);
      this.#writer.edge(record);
    }
  }
}

/** Section FREE: numbers that wait, in the order of their queue. */
export function saveFree({ numbers }: World, writer: ImageWriter): void {
  writer.beginSection("FREE");
  writer.freeHeader(numbers.waiting);
  numbers.forEachWaiting((inode, time) => writer.free(inode, time));
  writer.endSection("FREE");
}

/** Section QUOT. */
export function saveQuotas({ quotas }: World, writer: ImageWriter): void {
  writer.beginSection("QUOT");
  writer.quotaHeader(quotas.size);
  for (const [inode, { exceeded, softTime, gracePeriod, ...limits }] of quotas.entries()) {
    writer.quota({
      inode,
      ...limits,
      graceSeconds: gracePeriod,
      exceeded: exceeded ? 1 : 0,
      exceededAt: softTime,
    });
  }
  writer.endSection("QUOT");
}

/** Sections XATR and PACL, by rising inode. */
export function saveAttributes(world: World, writer: ImageWriter): void {
  const { nodes, xattrs } = world;
  writer.beginSection("XATR");
  for (let inode = 1; inode < nodes.count; inode = nodes.skipAbsent(inode + 1)) {
    if (nodes.type(inode) === 0 || !nodes.hasXattrs(inode)) continue;
    for (const { name, value } of xattrs.list(inode)) writer.xattr({ inode, name, value });
  }
  writer.endSection("XATR");
  writer.beginSection("PACL");
  for (let inode = 1; inode < nodes.count; inode = nodes.skipAbsent(inode + 1)) {
    if (nodes.type(inode) === 0) continue;
    if (nodes.hasAccessAcl(inode)) saveAcl(world, writer, inode, aclType.access);
    if (nodes.hasDefaultAcl(inode)) saveAcl(world, writer, inode, aclType.default);
  }
  writer.endSection("PACL");
}

function saveAcl({ acls }: World, writer: ImageWriter, inode: number, type: AclType): void {
  const acl = acls.get(inode, type);
  if (acl !== undefined) writer.acl({ inode, type, ...acl, fromMode: false });
}
