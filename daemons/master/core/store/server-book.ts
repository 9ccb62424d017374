// The chunkservers that the master knows, connected or not: address, id, maintenance. It is part of the
// image and changes through the changelog only. Spec: wire-chunkserver.md 2.4, semantics-master.md 6.6.

/** Maintenance of a chunkserver: none, asked for by an administrator, or set by its orderly stop. */
export const maintenance = { off: 0, on: 1, temporary: 2 } as const;

/** One chunkserver. `slot`, `disconnectedAt` and `heavyLoadAt` belong to the running master alone. */
export interface ServerEntry {
  ip: number;
  port: number;
  /** The id that clients and tools show; 0 while none is assigned. */
  id: number;
  maintenance: number;
  /** When maintenance ends, 0 = never. */
  maintenanceUntil: number;
  /** The slot of the connected server, or 0. */
  slot: number;
  /** When the connection was lost; 0 = at the start of the master. */
  disconnectedAt: number;
  /** The last moment of heavy load. */
  heavyLoadAt: number;
}

/** Highest id that fits its field. */
const idMax = 0xffff;

/** All known chunkservers, found by address or id. */
export class ServerBook {
  readonly #byAddress = new Map<number, ServerEntry>();
  readonly #byId = new Map<number, ServerEntry>();
  #connected = 0;

  get count(): number {
    return this.#byAddress.size;
  }

  /** Whether every known chunkserver is connected. */
  get allConnected(): boolean {
    return this.#connected === this.#byAddress.size;
  }

  entries(): Iterable<ServerEntry> {
    return this.#byAddress.values();
  }

  find(ip: number, port: number): ServerEntry | undefined {
    return this.#byAddress.get(addressKey(ip, port));
  }

  findId(id: number): ServerEntry | undefined {
    return id === 0 ? undefined : this.#byId.get(id);
  }

  /** The lowest id that nobody has, or 0 when all are taken. */
  freeId(): number {
    for (let id = 1; id <= idMax; id++) if (!this.#byId.has(id)) return id;
    return 0;
  }

  /** Adds a server; its address and its id, unless 0, must be new. */
  add(ip: number, port: number, id: number): ServerEntry {
    const entry: ServerEntry = {
      ip,
      port,
      id,
      maintenance: maintenance.off,
      maintenanceUntil: 0,
      slot: 0,
      disconnectedAt: 0,
      heavyLoadAt: 0,
    };
    this.#byAddress.set(addressKey(ip, port), entry);
    if (id !== 0) this.#byId.set(id, entry);
    return entry;
  }

  remove(entry: ServerEntry): void {
    if (entry.slot !== 0) this.disconnect(entry, 0);
    this.#byAddress.delete(addressKey(entry.ip, entry.port));
    if (entry.id !== 0) this.#byId.delete(entry.id);
  }

  /** The server has another address now. */
  move(entry: ServerEntry, ip: number, port: number): void {
    this.#byAddress.delete(addressKey(entry.ip, entry.port));
    entry.ip = ip;
    entry.port = port;
    this.#byAddress.set(addressKey(ip, port), entry);
  }

  setId(entry: ServerEntry, id: number): void {
    if (entry.id !== 0) this.#byId.delete(entry.id);
    entry.id = id;
    this.#byId.set(id, entry);
  }

  setMaintenance(entry: ServerEntry, mode: number, until: number): void {
    entry.maintenance = mode;
    entry.maintenanceUntil = until;
  }

  /** Remembers in which slot the connected server is. */
  connect(entry: ServerEntry, slot: number): void {
    entry.slot = slot;
    this.#connected++;
  }

  disconnect(entry: ServerEntry, now: number): void {
    entry.slot = 0;
    entry.disconnectedAt = now;
    this.#connected--;
  }

  /** Whether missing copies are expected back: somebody is away, and all who are, are in maintenance. */
  get onlyMaintenanceAway(): boolean {
    let away = 0;
    for (const entry of this.#byAddress.values()) {
      if (entry.slot !== 0) continue;
      if (entry.maintenance === maintenance.off) return false;
      away++;
    }
    return away > 0;
  }
}

function addressKey(ip: number, port: number): number {
  return ip * 0x1_0000 + port;
}
