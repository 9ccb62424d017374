// Clients before 3.0 do not say which session they had when they register anew after a refused
// reconnection, so the master remembers it for them for a moment.
// Spec: wire-client-master-1.md section 3.4, "EPERM shortcut list".

const rememberedSeconds = 1;
/** Refused reconnections come from addresses that hold a session; more than this many at once is an attack. */
const entriesMax = 10_000;

/** Sessions of reconnections that were refused a moment ago, by the client's address. */
export class RefusedReconnects {
  readonly #entries = new Map<number, { readonly session: number; readonly at: number }>();

  note(address: number, session: number, now: number): void {
    this.#forgetOld(now);
    if (this.#entries.size >= entriesMax) return;
    this.#entries.delete(address);
    this.#entries.set(address, { session, at: now });
  }

  has(address: number, now: number): boolean {
    this.#forgetOld(now);
    return this.#entries.has(address);
  }

  /** The session that the next registration from there continues; 0 for none. */
  take(address: number, now: number): number {
    this.#forgetOld(now);
    const entry = this.#entries.get(address);
    this.#entries.delete(address);
    return entry?.session ?? 0;
  }

  /** The oldest come first, for each new one goes to the end. */
  #forgetOld(now: number): void {
    for (const [address, { at }] of this.#entries) {
      if (at + rememberedSeconds >= now && at <= now) return;
      this.#entries.delete(address);
    }
  }
}
