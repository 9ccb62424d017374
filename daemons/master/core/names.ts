// What a name in the tree may be. Spec: semantics-master.md section 1, wire-client-master-2.md (opening).

const slash = 0x2f;
const dot = 0x2e;
const nameBytesMax = 255;

/** Longest target of a symbolic link in bytes. */
const targetBytesMax = 4096;

/** A name of 1 to 255 bytes without NUL and slash that is neither "." nor "..". */
export function isGoodName(name: Uint8Array): boolean {
  const { length } = name;
  if (length === 0 || length > nameBytesMax) return false;
  if (name[0] === dot && (length === 1 || (length === 2 && name[1] === dot))) return false;
  for (let at = 0; at < length; at++) {
    const byte = name[at];
    if (byte === 0 || byte === slash) return false;
  }
  return true;
}

/** A target of 1 to 4096 bytes without NUL. */
export function isGoodTarget(target: Uint8Array): boolean {
  return target.length > 0 && target.length <= targetBytesMax && !target.includes(0);
}

/** Whether the name is ".". */
export function isDot(name: Uint8Array): boolean {
  return name.length === 1 && name[0] === dot;
}

/** Whether the name is "..". */
export function isDotDot(name: Uint8Array): boolean {
  return name.length === 2 && name[0] === dot && name[1] === dot;
}

/** A path as clients send it, without the NULs at its end. */
export function withoutNulsAtEnd(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}
