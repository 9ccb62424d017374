// Sessions: what a mount may do, kept over the loss of its connections and over restarts of the master.
// Spec: wire-client-master-1.md 4, metadata-file.md 2.1.

/** Counters of operations that a session has, for this hour and for the last. */
export const operationCounters = 16;

/** What a session is from registration on; the changelog has these and nothing else. */
export interface SessionTerms {
  readonly exportsChecksum: bigint;
  /** 0: a session of a meta mount, which sees trash and sustained files alone. */
  readonly rootInode: number;
  readonly sessionFlags: number;
  readonly umask: number;
  readonly rootUid: number;
  readonly rootGid: number;
  readonly mapAllUid: number;
  readonly mapAllGid: number;
  readonly goalMin: number;
  readonly goalMax: number;
  readonly trashTimeMin: number;
  readonly trashTimeMax: number;
  readonly disables: number;
  readonly peerAddress: number;
  /** The mount point as the client says it. */
  readonly info: Uint8Array;
}

/** One session. */
export class Session implements SessionTerms {
  readonly id: number;
  exportsChecksum = 0n;
  rootInode = 0;
  sessionFlags = 0;
  umask = 0;
  rootUid = 0;
  rootGid = 0;
  mapAllUid = 0;
  mapAllGid = 0;
  goalMin = 1;
  goalMax = 9;
  trashTimeMin = 0;
  trashTimeMax = 0xffff_ffff;
  disables = 0;
  peerAddress = 0;
  info: Uint8Array = new Uint8Array(0);
  /** When the last connection went; 0 while there is one. */
  disconnected = 0;
  /** Open connections, of mounts and of tools. */
  connections = 0;
  /** The client said goodbye: the session goes as soon as no connection uses it. */
  closed = false;
  /** Address and version of the last registration, for displays. */
  lastAddress = 0;
  lastVersion = 0;
  operations = new Uint32Array(operationCounters);
  operationsLastHour = new Uint32Array(operationCounters);

  constructor(id: number, terms: SessionTerms) {
    this.id = id;
    this.accept(terms);
  }

  /** Takes new terms; what the session has open and its counters stay. */
  accept(terms: SessionTerms): void {
    this.exportsChecksum = terms.exportsChecksum;
    this.rootInode = terms.rootInode;
    this.sessionFlags = terms.sessionFlags;
    this.umask = terms.umask;
    this.rootUid = terms.rootUid;
    this.rootGid = terms.rootGid;
    this.mapAllUid = terms.mapAllUid;
    this.mapAllGid = terms.mapAllGid;
    this.goalMin = terms.goalMin;
    this.goalMax = terms.goalMax;
    this.trashTimeMin = terms.trashTimeMin;
    this.trashTimeMax = terms.trashTimeMax;
    this.disables = terms.disables;
    this.peerAddress = terms.peerAddress;
    this.info = new Uint8Array(terms.info);
  }

  /** An hour is over: counting starts anew. */
  turnHour(): void {
    const finished = this.operations;
    this.operations = this.operationsLastHour.fill(0);
    this.operationsLastHour = finished;
  }
}

/** All sessions by their ids, in the order of creation. */
export class Sessions {
  /** Ids are never used again. */
  nextSessionId = 1;
  readonly #sessions = new Map<number, Session>();

  get size(): number {
    return this.#sessions.size;
  }

  get(id: number): Session | undefined {
    return this.#sessions.get(id);
  }

  [Symbol.iterator](): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** A session with the next id. */
  create(terms: SessionTerms): Session {
    const session = new Session(this.nextSessionId++, terms);
    this.#sessions.set(session.id, session);
    return session;
  }

  /** A session of an image, whose header says which id comes next. */
  load(id: number, terms: SessionTerms): Session {
    const session = new Session(id, terms);
    this.#sessions.set(id, session);
    return session;
  }

  remove(id: number): boolean {
    return this.#sessions.delete(id);
  }
}
