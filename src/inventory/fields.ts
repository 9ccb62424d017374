// The kinds of values an inventory holds: each is a Zod schema and the words that say what it accepts.
// The words serve error messages ("is X, expected WORDS") and the generated documentation alike.
// Sizes follow config-and-cli.md, section 10.1.

import { z } from "zod";

const ipv4Byte = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const ipv4 = `${ipv4Byte}(?:\\.${ipv4Byte}){3}`;
// The last label of a host name is never all digits, so a mistyped IPv4 address is no host name.
const hostLabel = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const lastLabel = "(?![0-9]+$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const hostName = `(?:${hostLabel}\\.)*${lastLabel}`;
// A daemon cuts a value at the first byte outside ASCII, and reads at most 998 bytes of a line.
const printable = "[\\x20-\\x7e]";

/** A text that matches a pattern; `expects` completes "is X, expected ...". */
function text(pattern: RegExp, expects: string) {
  return z.string({ error: expects }).regex(pattern, { error: expects }).meta({ expects });
}

/** A whole number within limits. */
export function wholeNumber(min: number, max: number) {
  const expects = `a whole number from ${min} to ${max}`;
  return z
    .int({ error: expects })
    .min(min, { error: expects })
    .max(max, { error: expects })
    .meta({ expects });
}

/** One of a few words. */
export function choice<const T extends readonly [string, ...string[]]>(words: T) {
  const expects = words.map((word) => JSON.stringify(word)).join(" or ");
  return z.enum(words, { error: expects }).meta({ expects });
}

export const clusterName = text(
  /^[a-z][a-z0-9-]{0,30}$/,
  "1 to 31 lower-case letters, digits and hyphens, a letter first",
);

export const nodeName = text(
  /^[a-z][a-z0-9.-]{0,62}$/,
  "1 to 63 lower-case letters, digits, dots and hyphens, a letter first",
);

export const accountName = text(
  /^[a-z_][a-z0-9_-]{0,31}$/,
  "a Unix account name of 1 to 32 lower-case letters, digits, _ and -",
);

export const loginName = text(
  /^[A-Za-z_][A-Za-z0-9._-]{0,31}$/,
  "a login name of 1 to 32 letters, digits, dots, _ and -",
);

export const address = text(
  new RegExp(`^(?:${ipv4}|(?=.{1,253}$)${hostName})$`),
  "an IPv4 address or a host name",
);

export const hostNameOnly = text(new RegExp(`^(?=.{1,253}$)${hostName}$`), "a host name");

export const addressWithPrefix = text(
  new RegExp(`^${ipv4}/(?:[1-9]|[12][0-9]|3[0-2])$`),
  'an IPv4 address with its prefix length, such as "10.0.0.100/24"',
);

export const interfaceName = text(
  /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,15}$/,
  "a network interface of 1 to 15 letters, digits, dots, _ and -",
);

// Blanks, quotes, "%" and ":" mean something to mfshdd.cfg, fstab, units or mfsmount, so no path holds them.
const segment = "(?!\\.{1,2}(?:/|$))[A-Za-z0-9._@+-]+";

export const absolutePath = text(
  new RegExp(`^(?=.{2,512}$)(?:/${segment})+$`),
  'an absolute path without "//", "." or ".." and not "/", of letters, digits and . _ @ + -',
);

export const subfolder = text(
  new RegExp(`^(?=.{1,512}$)(?:/|(?:/${segment})+)$`),
  'a folder of the cluster, "/" or an absolute path of letters, digits and . _ @ + -',
);

export const localFile = text(/^[^\p{Cc}]{1,1024}$/u, "a file on the control machine");

export const oneLine = text(
  new RegExp(`^(?=.*[^ ])${printable}{1,990}$`),
  "one line of 1 to 990 printable ASCII characters",
);

export const jumpHost = text(
  new RegExp(
    `^(?:[A-Za-z_][A-Za-z0-9._-]*@)?(?:${ipv4}|${hostName.replaceAll("$", "(?=:|$)")})(?::[0-9]{1,5})?$`,
  ),
  "[USER@]HOST[:PORT]",
);

export const label = text(/^[A-Z]$/, "one letter from A to Z");

export const mountOption = text(
  /^(?!mfs(?:master|subfolder)(?:=|$))[A-Za-z_][A-Za-z0-9_]*(?:=[\x21-\x2b\x2d-\x7e]+)?$/,
  "one mfsmount option, NAME or NAME=VALUE without blanks or commas, other than mfsmaster and mfssubfolder",
);

const unit = "(?:[kMGTPE]|[KMGTPE]i)B?";
const sizeWords = 'a size such as "4GiB", "500G" or 1073741824';

/** A size in the form mfshdd.cfg reads; a plain number of bytes becomes its text. */
export const size = z.union([
  text(new RegExp(`^(?:[0-9]{1,16}(?:\\.[0-9]{0,6})?|\\.[0-9]{1,6})(?:${unit})?$`), sizeWords),
  z.int({ error: sizeWords }).min(0, { error: sizeWords }).transform(String),
]);

export const hostKey = text(
  /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/]+={0,2}$/,
  'a public host key of two words, such as "ssh-ed25519 AAAAC3..."',
).refine(isHostKey, {
  error: "a public host key whose base64 text holds the same key type and is not cut short",
});

export const settingName = text(
  /^[A-Z][A-Z0-9_]{0,62}$/,
  "the name of a daemon's setting, in upper case",
);

const settingWords =
  "a number, or a text of at most 900 printable ASCII characters (in quotes if needed)";

/** The value of a daemon's setting. Numbers must survive the way through YAML unchanged. */
export const settingValue = z.union([
  text(new RegExp(`^${printable}{0,900}$`), settingWords),
  z
    .number({ error: settingWords })
    .refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
      error: settingWords,
    })
    .meta({ expects: settingWords }),
]);

/** True when the base64 part of a key line names the same type and its fields fill it exactly (RFC 4253, 6.6). */
export function isHostKey(line: string): boolean {
  const [type = "", body = ""] = line.split(" ");
  const bytes = Buffer.from(body, "base64");
  if (bytes.toString("base64").replace(/=+$/, "") !== body.replace(/=+$/, "")) return false;
  const fields: Buffer[] = [];
  let offset = 0;
  while (offset + 4 <= bytes.length) {
    const end = offset + 4 + bytes.readUInt32BE(offset);
    if (end > bytes.length) return false;
    fields.push(bytes.subarray(offset + 4, end));
    offset = end;
  }
  return offset === bytes.length && fields.length >= 2 && fields[0]?.toString("latin1") === type;
}
