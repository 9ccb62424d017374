// Fills an empty world from the records of an image. What one record says is put into the tables as it comes;
// `finish` checks and counts what takes all of them. Spec: metadata-file.md 2, 4.2.

import { joinU64 } from "../../../metadata/image/records.ts";
import type {
  AclRecord,
  EdgeRecord,
  FlockRecord,
  ImageRecords,
  NodeRecord,
  PosixLockRecord,
  QuotaRecord,
  SectionName,
  ServerRecord,
  SessionRecord,
  StorageClassRecord,
  XattrRecord,
} from "../../../metadata/image/records.ts";
import { aclType } from "../store/attribute-lists.ts";
import type { AclType, Xattr } from "../store/attribute-lists.ts";
import type { World } from "../store/world.ts";
import { connect } from "./connect.ts";
import { LockLoader } from "./load-locks.ts";
import { TreeLoader } from "./load-tree.ts";
import type { Refusals } from "./refusals.ts";

/** What loading needs to know beside the image. */
export interface LoadSettings {
  /** Seconds since 1970. */
  readonly now: number;
  /** QUOTA_DEFAULT_GRACE_PERIOD, for images that do not say. */
  readonly graceSeconds: number;
  /** What the table of inodes may take: the machine's memory. */
  readonly inodeBytesMax: number;
  readonly watch?: SectionWatch;
}

/** Hears of the progress of loading. */
export interface SectionWatch {
  begin(name: SectionName): void;
  end(name: SectionName): void;
}

/** Bits of a session's flags that are not for storing. */
export const transientSessionFlags = 0xc0;

const maskOfOldAcl = 7;

/** Takes the records of one image; then call `finish` once. */
export class WorldLoader implements ImageRecords {
  readonly #world: World;
  readonly #refusals: Refusals;
  readonly #settings: LoadSettings;
  readonly #tree: TreeLoader;
  readonly #locks: LockLoader;
  /** Attributes of one inode, in the order of its list. */
  #xattrInode = 0;
  readonly #xattrs: Xattr[] = [];

  constructor(world: World, refusals: Refusals, settings: LoadSettings) {
    this.#world = world;
    this.#refusals = refusals;
    this.#settings = settings;
    this.#tree = new TreeLoader(world, refusals, settings.inodeBytesMax);
    this.#locks = new LockLoader(world, refusals);
  }

  /** Whether the edges need new ids: the first change after loading, logged as RENUMERATEEDGES. */
  get renumberEdges(): boolean {
    return this.#tree.renumberEdges;
  }

  beginSection(name: SectionName): void {
    this.#settings.watch?.begin(name);
  }

  endSection(name: SectionName): void {
    if (name === "XATR") this.#storeXattrs();
    this.#settings.watch?.end(name);
  }

  sessionHeader(nextSessionId: number): void {
    this.#world.sessions.nextSessionId = nextSessionId;
  }

  session(record: SessionRecord): void {
    const session = this.#world.sessions.load(record.id, {
      exportsChecksum: record.exportsChecksum,
      rootInode: record.rootInode,
      sessionFlags: record.flags & ~transientSessionFlags,
      umask: record.umask,
      rootUid: record.rootUid,
      rootGid: record.rootGid,
      mapAllUid: record.mapAllUid,
      mapAllGid: record.mapAllGid,
      goalMin: record.goalMin,
      goalMax: record.goalMax,
      trashTimeMin: record.trashSecondsMin,
      trashTimeMax: record.trashSecondsMax,
      disables: record.disables,
      peerAddress: record.peerIp,
      info: record.info,
    });
    session.disconnected = record.disconnectedAt;
    session.operations.set(record.currentHour);
    session.operationsLastHour.set(record.lastHour);
  }

  storageClass(record: StorageClassRecord): void {
    const { id, mode, archiveDays, create, keep, archive, name } = record;
    const adminOnly = record.adminOnly !== 0;
    this.#world.classes.set({ id, name, adminOnly, mode, archiveDays, create, keep, archive });
  }

  nodeHeader(inodeMax: number, _count: number): void {
    this.#tree.nodeHeader(inodeMax);
  }

  node(record: NodeRecord): void {
    this.#tree.node(record);
  }

  chunkIds(inode: number, firstIndex: number, ids: Float64Array, count: number): void {
    this.#tree.chunkIds(inode, firstIndex, ids, count);
  }

  edgeHeader(nextHigh: number, nextLow: number, renumber: boolean): void {
    this.#tree.edgeHeader(joinU64(nextHigh, nextLow), renumber);
  }

  edge(record: EdgeRecord): void {
    this.#tree.edge(record);
  }

  freeHeader(_count: number): void {
    // The queue grows by itself.
  }

  free(inode: number, freedAt: number): void {
    const { nodes, numbers } = this.#world;
    if (inode === 0 || nodes.type(inode) !== 0) {
      this.#refusals.refuse(`inode ${inode} is free and in use, expected one of both`);
      return;
    }
    numbers.mark(inode);
    numbers.queue(inode, freedAt);
    if (inode > nodes.maxInode) nodes.maxInode = inode;
  }

  quotaHeader(_count: number): void {
    // The table grows by itself.
  }

  quota(record: QuotaRecord): void {
    const { inode, graceSeconds, exceeded, exceededAt, ...limits } = record;
    if (!this.#world.nodes.isDirectory(inode)) {
      this.#refusals.refuse(`a quota of inode ${inode}, expected a directory`);
      return;
    }
    this.#world.quotas.set(inode, {
      ...limits,
      exceeded: exceeded !== 0,
      softTime: exceededAt,
      gracePeriod: graceSeconds < 0 ? this.#settings.graceSeconds : graceSeconds,
    });
  }

  xattr({ inode, name, value }: XattrRecord): void {
    if (inode !== this.#xattrInode) this.#storeXattrs();
    this.#xattrInode = inode;
    this.#xattrs.push({ name: name.slice(), value: value.slice() });
  }

  /** The table takes the newest attribute last, the image has it first. */
  #storeXattrs(): void {
    const { nodes, xattrs } = this.#world;
    const exists = nodes.type(this.#xattrInode) !== 0;
    for (let xattr = this.#xattrs.pop(); xattr !== undefined; xattr = this.#xattrs.pop()) {
      if (exists) xattrs.set(this.#xattrInode, xattr.name, xattr.value);
    }
  }

  acl(record: AclRecord): void {
    const { nodes, acls } = this.#world;
    const { inode, owner, group, other, mask, users, groups } = record;
    const type = record.type as AclType;
    if (nodes.type(inode) === 0) return;
    if (acls.get(inode, type) !== undefined) {
      const which = type === aclType.access ? "access" : "default";
      this.#refusals.refuse(`a second ${which} ACL of inode ${inode}, expected one`);
      return;
    }
    if (!record.fromMode) {
      acls.set(inode, type, { owner, group, other, mask, users, groups });
      return;
    }
    const mode = nodes.mode(inode);
    acls.set(inode, type, {
      owner: (mode >>> 6) & 7,
      group,
      other: mode & 7,
      mask: maskOfOldAcl,
      users,
      groups,
    });
  }

  /** Pairs of sessions that are not stored go in `finish`: the oldest images name sessions later. */
  open(sessionId: number, inode: number): void {
    this.#world.openFiles.add(sessionId, inode);
  }

  flock(record: FlockRecord): void {
    this.#locks.flock(record);
  }

  posixLock(record: PosixLockRecord): void {
    this.#locks.posixLock(record);
  }

  serverHeader(_count: number): void {
    // The book grows by itself.
  }

  server({ ip, port, id, maintenance, maintenanceUntil }: ServerRecord): void {
    const { servers } = this.#world;
    if (servers.find(ip, port) !== undefined || servers.findId(id) !== undefined) {
      this.#refusals.refuse(`chunkserver ${ip}:${port} with id ${id} twice, expected it once`);
      return;
    }
    const entry = servers.add(ip, port, id);
    servers.setMaintenance(entry, maintenance, maintenanceUntil);
    entry.disconnectedAt = this.#settings.now;
  }

  chunkHeader(nextChunkId: number): void {
    this.#world.chunks.nextChunkId = nextChunkId;
  }

  chunk(id: number, version: number, lockedTo: number, archived: number): void {
    const { chunks } = this.#world;
    if (chunks.find(id) !== 0) {
      this.#refusals.refuse(`chunk ${id} twice, expected it once`);
      return;
    }
    const chunk = chunks.create(id, version);
    if (lockedTo !== 0) chunks.setLockedTo(chunk, lockedTo);
    if (archived !== 0) chunks.setArchived(chunk, true);
    // A new chunk must not get the id of one that there is.
    if (id >= chunks.nextChunkId) {
      this.#refusals.report(`chunk ${id}, expected one below ${chunks.nextChunkId}`);
      chunks.nextChunkId = id + 1;
    }
  }

  /** Checks and counts what takes all records. */
  finish(): void {
    this.#dropUnknownSessions();
    connect(this.#world, this.#refusals);
  }

  #dropUnknownSessions(): void {
    const { sessions, openFiles } = this.#world;
    for (const session of openFiles.sessions()) {
      if (sessions.get(session) !== undefined) continue;
      for (const inode of openFiles.inodesOf(session)) openFiles.remove(session, inode);
    }
  }
}
