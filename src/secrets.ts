// Passwords in texts that mfsctl writes or runs: which words hold one, and the same text without it for whatever is
// shown, planned or kept. Spec: config-and-cli.md 4 (exports) and 12 (mount options).

/** `password=` and `md5pass=` of exports, `mfspassword=` and `mfsmd5pass=` of mounts. */
const optionSecret = /\b((?:mfs)?(?:password|md5pass)=)[^,\s]+/g;
/** A key of the daemons' files that holds a shared secret; in a difference a sign stands before it. */
const keySecret = /^([+ -]?\s*AUTH_CODE\s*=\s*)\S.*$/gm;

/** True where a text holds a secret. */
export function holdsSecret(text: string): boolean {
  return redact(text) !== text;
}

/** The text with every secret replaced. */
export function redact(text: string): string {
  return text.replaceAll(optionSecret, "$1***").replaceAll(keySecret, "$1***");
}
