// The proof that a client knows the password of an export. Spec: wire-client-master-1.md section 3.1.
// MD5 is what the protocol has: the password never travels, yet nothing here withstands an attacker of today.
import { createHash, timingSafeEqual } from "node:crypto";

const challengeHalf = 16;

/** What the exports keep of a password. */
export function digestOf(password: Uint8Array): Uint8Array {
  return createHash("md5").update(password).digest();
}

/** What a client answers to a challenge of 32 bytes. */
export function proofOf(digest: Uint8Array, challenge: Uint8Array): Uint8Array {
  return createHash("md5")
    .update(challenge.subarray(0, challengeHalf))
    .update(digest)
    .update(challenge.subarray(challengeHalf))
    .digest();
}

/** Whether a client answered its challenge rightly. */
export function isProof(
  digest: Uint8Array,
  given: { readonly challenge: Uint8Array | null; readonly passcode: Uint8Array | null },
): boolean {
  const { challenge, passcode } = given;
  if (challenge === null || passcode === null) return false;
  const expected = proofOf(digest, challenge);
  return passcode.length === expected.length && timingSafeEqual(passcode, expected);
}
