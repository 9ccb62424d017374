// Everything that the metadata image holds, in memory: the state that changes act on. Nothing here knows
// connections, servers that are up, or time. Spec: metadata-file.md section 2.

import { Acls, Xattrs } from "./attribute-lists.ts";
import { Arena } from "./arena.ts";
import { Chunks } from "./chunks.ts";
import { ClassUse } from "./class-use.ts";
import { Edges } from "./edges.ts";
import { Flocks } from "./flocks.ts";
import { InodeNumbers } from "./inode-numbers.ts";
import { Nodes, nodeType, rootInode } from "./nodes.ts";
import { OpenFiles } from "./open-files.ts";
import { PosixLocks } from "./posix-locks.ts";
import { Quotas } from "./quotas.ts";
import { ServerBook } from "./server-book.ts";
import { Sessions } from "./sessions.ts";
import { Slots } from "./slots.ts";
import { Statistics } from "./statistics.ts";
import { StorageClasses } from "./storage-classes.ts";

const defaultClass = 2;
const defaultTrashHours = 24;

/** The persistent state of a file system. */
export class World {
  /** Number of the next change. */
  metaVersion = 1;
  /** Identifies the file system; 0 until it is assigned. */
  metaId = 0n;
  readonly arena = new Arena();
  readonly nodes = new Nodes();
  readonly edges = new Edges(this.nodes, this.arena);
  readonly slots = new Slots(this.nodes);
  readonly statistics = new Statistics(this.nodes, this.edges, this.slots);
  readonly numbers = new InodeNumbers();
  readonly xattrs = new Xattrs(this.nodes, this.arena);
  readonly acls = new Acls(this.nodes);
  readonly classes = new StorageClasses();
  readonly classUse = new ClassUse();
  readonly chunks = new Chunks(this.classes);
  readonly quotas = new Quotas();
  readonly sessions = new Sessions();
  readonly openFiles = new OpenFiles();
  readonly flocks = new Flocks();
  readonly posixLocks = new PosixLocks();
  readonly servers = new ServerBook();
}

/** A new, empty file system: one directory. Spec: metadata-file.md section 3.1. */
export function emptyWorld(now: number): World {
  const world = new World();
  const { nodes } = world;
  world.numbers.mark(rootInode);
  nodes.make(rootInode, nodeType.directory);
  nodes.setMode(rootInode, 0o777);
  nodes.setLinks(rootInode, 2);
  nodes.setStorageClass(rootInode, defaultClass);
  world.classUse.enter(defaultClass, nodeType.directory);
  nodes.setTrashHours(rootInode, defaultTrashHours);
  nodes.setAccessTime(rootInode, now);
  nodes.setModificationTime(rootInode, now);
  nodes.setChangeTime(rootInode, now);
  world.statistics.open(rootInode);
  return world;
}
