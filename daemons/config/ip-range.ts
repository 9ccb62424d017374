// Addresses of exports and topology lines: "*", an address, address/bits, address/mask, a range.
// Spec: config-and-cli.md 8.1 and 9. Some forms are accepted by the daemon and match nothing useful.

/** The addresses that a line stands for, both ends included. */
export interface IpRange {
  readonly from: number;
  readonly to: number;
  /** Accepted by the daemon, yet not what is written; or null. */
  readonly trap: string | null;
  /** Host bits that the daemon clears silently. */
  readonly hostBits: boolean;
}

const all = 0xffffffff;

/** A dotted address as a number, or null. */
export function parseIp(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  const octets = match.slice(1).map(Number);
  if (octets.some((octet) => octet > 255)) return null;
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** A number as a dotted address. */
export function formatIp(ip: number): string {
  return [24, 16, 8, 0].map((shift) => (ip >>> shift) & 255).join(".");
}

/** The range that an address of exports or topology stands for, or null when it is none. */
export function parseIpRange(text: string): IpRange | null {
  if (text === "*") return { from: 0, to: all, trap: null, hostBits: false };
  const [, base = "", separator, end = ""] = /^([\d.]+)(?:([/-])([\d.]+))?$/.exec(text) ?? [];
  const from = parseIp(base);
  if (from === null) return null;
  if (separator === undefined) return { from, to: from, trap: null, hostBits: false };
  if (separator === "-") return upTo(from, parseIp(end));
  const mask = parseMask(end);
  return mask === null ? null : network(from, mask);
}

function upTo(from: number, to: number | null): IpRange | null {
  if (to === null) return null;
  const trap = from > to ? "a range that ends before it starts matches no address" : null;
  return { from, to, trap, hostBits: false };
}

function parseMask(text: string): number | null {
  if (text.includes(".")) return parseIp(text);
  if (!/^\d{1,2}$/.test(text) || Number(text) > 32) return null;
  const bits = Number(text);
  return bits === 0 ? 0 : (all << (32 - bits)) >>> 0;
}

function network(base: number, mask: number): IpRange {
  const from = (base & mask) >>> 0;
  if (mask === 0) {
    const trap = 'a network of 0 bits matches only its base address, expected "*"';
    return { from: base, to: base, trap, hostBits: false };
  }
  const hosts = ~mask >>> 0;
  const to = (from | hosts) >>> 0;
  const holes = (hosts & (hosts + 1)) !== 0;
  const trap = holes ? `a mask with holes stands for ${formatIp(from)}-${formatIp(to)}` : null;
  return { from, to, trap, hostBits: from !== base };
}
