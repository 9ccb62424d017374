// Quotas of directories: limits, and since when the soft ones are exceeded. Spec: semantics-master.md 18.1,
// metadata-file.md 2.6.

/** Which limits of a quota are set. */
export const quotaFlag = {
  softInodes: 0x01,
  softLength: 0x02,
  softSize: 0x04,
  softRealSize: 0x08,
  hardInodes: 0x10,
  hardLength: 0x20,
  hardSize: 0x40,
  hardRealSize: 0x80,
} as const;

/** A quota of one directory. A limit whose flag is not set is 0. */
export interface Quota {
  /** The grace period of a soft limit is over: soft limits count as hard ones. */
  readonly exceeded: boolean;
  readonly flags: number;
  /** When a soft limit was first exceeded; 0 while none is. */
  readonly softTime: number;
  readonly softInodes: number;
  readonly hardInodes: number;
  readonly softLength: bigint;
  readonly hardLength: bigint;
  readonly softSize: bigint;
  readonly hardSize: bigint;
  readonly softRealSize: bigint;
  readonly hardRealSize: bigint;
  readonly gracePeriod: number;
}

/** All quotas by the inode of their directory. */
export class Quotas {
  readonly #quotas = new Map<number, Quota>();

  get size(): number {
    return this.#quotas.size;
  }

  get(inode: number): Quota | undefined {
    return this.#quotas.get(inode);
  }

  set(inode: number, quota: Quota): void {
    this.#quotas.set(inode, quota);
  }

  remove(inode: number): boolean {
    return this.#quotas.delete(inode);
  }

  entries(): IterableIterator<[number, Quota]> {
    return this.#quotas.entries();
  }
}
