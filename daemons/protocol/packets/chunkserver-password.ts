// What a chunkserver answers to the master's challenge when AUTH_CODE is set: proof that it knows the word
// without saying it. Spec: wire-chunkserver.md section 2.3.2.

import { createHash } from "node:crypto";
import { encodeText } from "../byte-text.ts";

/** The digest of `beginWithPassword` for the 32 bytes of a challenge. */
export function passwordDigest(challenge: Uint8Array, authCode: string): Uint8Array {
  const hash = createHash("md5")
    .update(challenge.subarray(0, 16))
    .update(encodeText(authCode))
    .update(challenge.subarray(16));
  return new Uint8Array(hash.digest());
}
