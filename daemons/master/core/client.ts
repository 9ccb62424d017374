// One connection of a mount, a tool or a meta mount: who it is and which session it acts for.
// Spec: wire-client-master-1.md sections 1.6 and 4.

import type { Caller } from "../../protocol/caller.ts";
import type { Packet } from "../../protocol/packet.ts";
import type { Service } from "./service.ts";
import type { Session } from "./store/sessions.ts";

/** A connection as the outside names it. */
export type PeerId = number;

/** What a connection may send. */
export type ClientClass = "unregistered" | "mount" | "tools";

/** Bits of a session's flags. Spec: wire-client-master-1.md section 4.2. */
export const sessionFlag = {
  readOnly: 0x01,
  dynamicIp: 0x02,
  ignoreGid: 0x04,
  admin: 0x08,
  mapAll: 0x10,
} as const;

/** What a session may not do. Spec: wire-client-master-1.md section 4.4. */
export const disabled = {
  chown: 1 << 0,
  chmod: 1 << 1,
  symlink: 1 << 2,
  mkfifo: 1 << 3,
  mkdev: 1 << 4,
  mksock: 1 << 5,
  mkdir: 1 << 6,
  unlink: 1 << 7,
  rmdir: 1 << 8,
  rename: 1 << 9,
  move: 1 << 10,
  link: 1 << 11,
  create: 1 << 12,
  readdir: 1 << 13,
  read: 1 << 14,
  write: 1 << 15,
  truncate: 1 << 16,
  setLength: 1 << 17,
  appendChunks: 1 << 18,
  snapshot: 1 << 19,
  setTrashTime: 1 << 20,
  setStorageClass: 1 << 21,
  setExtra: 1 << 22,
  setXattr: 1 << 23,
  setAcl: 1 << 24,
} as const;

/** A registered connection. */
export class Client {
  readonly service: Service;
  readonly peer: PeerId;
  readonly ip: number;
  readonly version: number;
  readonly kind: Exclude<ClientClass, "unregistered">;
  readonly session: Session;

  constructor(
    service: Service,
    from: Pick<Client, "peer" | "ip" | "version" | "kind" | "session">,
  ) {
    this.service = service;
    this.peer = from.peer;
    this.ip = from.ip;
    this.version = from.version;
    this.kind = from.kind;
    this.session = from.session;
  }

  /** Whether modifying requests are refused. */
  get readOnly(): boolean {
    return (this.session.sessionFlags & sessionFlag.readOnly) !== 0;
  }

  get ignoresGroups(): boolean {
    return (this.session.sessionFlags & sessionFlag.ignoreGid) !== 0;
  }

  get isAdmin(): boolean {
    return (this.session.sessionFlags & sessionFlag.admin) !== 0;
  }

  get mapsAll(): boolean {
    return (this.session.sessionFlags & sessionFlag.mapAll) !== 0;
  }

  /** Whether the session may not do any of these. */
  disables(bits: number): boolean {
    return (this.session.disables & bits) !== 0;
  }

  /** Whether the session sees only trash and sustained files. */
  get isMeta(): boolean {
    return this.session.rootInode === 0;
  }

  send<T>(packet: Packet<T>, body: T): void {
    this.service.outbox.send(this.peer, packet, body);
  }
}

/** A caller after the mapping of the session; what the packet said stays for showing owners. */
export interface MappedCaller extends Caller {
  readonly unmappedUid: number;
  readonly unmappedGid: number;
}

/** Applies the session's maproot and mapall. Spec: wire-client-master-1.md section 4.3. */
export function mapCaller(session: Session, caller: Caller): MappedCaller {
  const { uid, gid, groups } = caller;
  if (uid === 0) {
    const { rootUid, rootGid } = session;
    return { uid: rootUid, gid: rootGid, groups, unmappedUid: uid, unmappedGid: gid };
  }
  if ((session.sessionFlags & sessionFlag.mapAll) !== 0) {
    const { mapAllUid, mapAllGid } = session;
    return { uid: mapAllUid, gid: mapAllGid, groups, unmappedUid: uid, unmappedGid: gid };
  }
  return { uid, gid, groups, unmappedUid: uid, unmappedGid: gid };
}

/** As `mapCaller` where a packet carries a user alone. */
export function mapUid(session: Session, uid: number): number {
  if (uid === 0) return session.rootUid;
  return (session.sessionFlags & sessionFlag.mapAll) === 0 ? uid : session.mapAllUid;
}
