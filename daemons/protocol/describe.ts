// Short, single-line views of values and bytes for log lines: bounded, and safe to print.

const hexBytesMax = 32;
const textCharactersMax = 120;

/** The first bytes as hex, then how many were left out: `0a ff … (+70 bytes)`. */
export function hexdump(bytes: Uint8Array, bytesMax: number = hexBytesMax): string {
  const shown = [...bytes.subarray(0, bytesMax)].map((byte) => byte.toString(16).padStart(2, "0"));
  const hidden = bytes.length - bytesMax;
  return hidden > 0 ? `${shown.join(" ")} … (+${hidden} bytes)` : shown.join(" ");
}

/** Text in quotes with control characters and lone surrogates escaped, cut where it is long. */
export function quoteText(text: string): string {
  const hidden = text.length - textCharactersMax;
  const shown = JSON.stringify(hidden > 0 ? text.slice(0, textCharactersMax) : text);
  return hidden > 0 ? `${shown}… (+${hidden})` : shown;
}

/** A line cut to the limit, saying so. */
export function clip(line: string, charactersMax: number): string {
  if (line.length <= charactersMax) return line;
  return `${line.slice(0, charactersMax)}… (+${line.length - charactersMax})`;
}
