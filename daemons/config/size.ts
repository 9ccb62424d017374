// Sizes such as "4GiB", "1.5T" and ".5G", as mfshdd.cfg and mfschunkserver.cfg write them.
// Spec: config-and-cli.md 10.1. The units are case sensitive, and "K" alone is none.

const decimalUnits = "kMGTPE";
const binaryUnits = "KMGTPE";
const bytesMax = 2n ** 64n - 1n;
const pattern = /^(?:(\d+)\.?(\d*)|\.(\d+))(?:([kMGTPE])|([KMGTPE])i)?B?$/;

/** Chunk size: less room than this on a disk is not recommended (spec 10.2). */
export const chunkBytes = 64n * 1024n * 1024n;

/**
 * The number of bytes, cut to a whole one, or null when the daemon could not read it.
 *
 * @example parseSize("1.5KiB") === 1536n
 */
export function parseSize(text: string): bigint | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const [, whole = "0", after = "", lone = "", decimal, binary] = match;
  const fraction = after + lone;
  const scale = 10n ** BigInt(fraction.length);
  const bytes = (BigInt(whole + fraction) * unitBytes(decimal, binary)) / scale;
  return bytes > bytesMax ? null : bytes;
}

function unitBytes(decimal: string | undefined, binary: string | undefined): bigint {
  if (decimal !== undefined) return 1000n ** BigInt(decimalUnits.indexOf(decimal) + 1);
  if (binary !== undefined) return 1024n ** BigInt(binaryUnits.indexOf(binary) + 1);
  return 1n;
}
