// The one place where an argv becomes a line for a POSIX shell.

/** Quotes one word for a POSIX shell. */
export function quote(word: string): string {
  if (word.includes("\0")) throw new TypeError("Cannot quote a word: it holds a NUL byte");
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Quotes a whole argv for a POSIX shell. */
export function quoteArgv(argv: readonly string[]): string {
  return argv.map(quote).join(" ");
}
