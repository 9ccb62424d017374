// Text on the wire is bytes without a declared encoding: UTF-8 in practice, anything in theory
// (file names, mount points). Bytes that are not UTF-8 become lone surrogates U+DC80..U+DCFF, so that
// a string always encodes back to the very bytes it came from.

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const escapeBase = 0xdc00;
/** With the flag "u" these match only lone surrogates, never halves of a pair. */
const escaped = /[\uDC80-\uDCFF]/u;
const unpaired = /[\uD800-\uDFFF]/u;

/** The text of the bytes; never fails. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    // Not UTF-8 as a whole: go through it piece by piece.
    return decodeEscaping(bytes);
  }
}

/** The bytes of the text; refuses lone surrogates that no decoding can have made. */
export function encodeText(text: string): Uint8Array {
  if (!unpaired.test(text)) return encoder.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (escaped.test(character)) bytes.push(code - escapeBase);
    else if (unpaired.test(character)) {
      throw new RangeError(`Cannot encode text: lone surrogate ${code.toString(16)} in it`);
    } else bytes.push(...encoder.encode(character));
  }
  return Uint8Array.from(bytes);
}

function decodeEscaping(bytes: Uint8Array): string {
  let text = "";
  for (let offset = 0; offset < bytes.length;) {
    const size = sequenceSize(bytes, offset);
    text +=
      size === 0 ? escapeOf(bytes[offset]) : strict.decode(bytes.subarray(offset, offset + size));
    offset += Math.max(1, size);
  }
  return text;
}

function escapeOf(byte: number | undefined): string {
  return String.fromCharCode(escapeBase + (byte ?? 0));
}

/** Size of the UTF-8 sequence at the offset, 0 when there is none. */
function sequenceSize(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset] ?? 0;
  if (first < 0x80) return 1;
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (size === 0 || offset + size > bytes.length) return 0;
  try {
    strict.decode(bytes.subarray(offset, offset + size));
    return size;
  } catch {
    // Overlong, surrogate or broken sequence.
    return 0;
  }
}
