// How far two addresses are apart, by the racks of mfstopology.cfg. Spec: semantics-master.md 5.

/** Addresses of one rack; of overlapping ranges the last counts. */
export interface RackRange {
  readonly from: number;
  readonly to: number;
  readonly rack: string;
}

/** Addresses that are remembered before the memory is emptied. */
const rememberedMax = 10_000;

/** Racks by address. Addresses in none belong to rack 0, whose name is empty. */
export class Topology {
  readonly #ranges: readonly RackRange[];
  readonly #names: readonly string[];
  readonly #rackOf = new Map<number, number>();
  readonly #distances = new Map<number, number>();

  constructor(ranges: readonly RackRange[] = []) {
    this.#ranges = ranges;
    this.#names = ["", ...new Set(ranges.map((range) => range.rack))];
  }

  /** The number of the address's rack, 0 = none. */
  rackOf(ip: number): number {
    if (this.#ranges.length === 0) return 0;
    const known = this.#rackOf.get(ip);
    if (known !== undefined) return known;
    const range = this.#ranges.findLast(({ from, to }) => from <= ip && ip <= to);
    const rack = range === undefined ? 0 : this.#names.indexOf(range.rack, 1);
    if (this.#rackOf.size >= rememberedMax) this.#rackOf.clear();
    this.#rackOf.set(ip, rack);
    return rack;
  }

  /** 0 the same address, 1 the same rack, 2 and more for racks apart. */
  distance(one: number, other: number): number {
    if (one === other) return 0;
    const rack = this.rackOf(one);
    const otherRack = this.rackOf(other);
    if (rack === otherRack) return 1;
    const key = rack * 0x1_0000 + otherRack;
    let distance = this.#distances.get(key);
    if (distance === undefined) {
      distance = rackDistance(this.#names[rack] ?? "", this.#names[otherRack] ?? "");
      this.#distances.set(key, distance);
    }
    return distance;
  }
}

/**
 * Distance of two different racks, whose names are paths: what they share at the front does not count.
 *
 * @example rackDistance("site|room|rack", "site|other") === 3
 */
export function rackDistance(one: string, other: string): number {
  const parts = one.split("|");
  const otherParts = other.split("|");
  let common = 0;
  while (common < parts.length && common < otherParts.length) {
    if (parts[common] !== otherParts[common]) break;
    common++;
  }
  return 2 + Math.max(separators(parts.length - common), separators(otherParts.length - common));
}

function separators(parts: number): number {
  return parts > 1 ? parts - 1 : 0;
}
