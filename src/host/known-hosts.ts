// Strict host keys: which keys are known for a name, and what a key that a server shows is worth.
// `ssh-keygen -F` does the look-up (hashed names, patterns, [host]:port); pinned keys win over all files.

import { execa } from "execa";
import { createHash } from "node:crypto";
import { access } from "node:fs/promises";

import { MfsctlError } from "../errors.ts";
import type { SshTarget } from "./ssh-config.ts";

/** One key that stands somewhere for a host. */
export interface KnownKey {
  readonly marker: "plain" | "revoked" | "authority";
  /** The type as in known_hosts (`ssh-ed25519`); unknown for a pinned fingerprint. */
  readonly type: string | undefined;
  /** `SHA256:` and base64 without padding, as ssh prints it. */
  readonly fingerprint: string;
  /** Where it stands: `file:line` or `the inventory`. */
  readonly place: string;
}

/** What a key is worth. */
export type Verdict =
  | { readonly kind: "trusted"; readonly by: KnownKey }
  | { readonly kind: "revoked"; readonly by: KnownKey }
  | { readonly kind: "changed"; readonly known: readonly KnownKey[] }
  | { readonly kind: "unknown"; readonly authorities: readonly KnownKey[] };

/** The host key algorithms we speak, strongest first, and the key type that each one proves. No SHA-1. */
const hostKeyAlgorithms = [
  { algorithm: "ssh-ed25519", type: "ssh-ed25519" },
  { algorithm: "ecdsa-sha2-nistp256", type: "ecdsa-sha2-nistp256" },
  { algorithm: "ecdsa-sha2-nistp384", type: "ecdsa-sha2-nistp384" },
  { algorithm: "ecdsa-sha2-nistp521", type: "ecdsa-sha2-nistp521" },
  { algorithm: "rsa-sha2-512", type: "ssh-rsa" },
  { algorithm: "rsa-sha2-256", type: "ssh-rsa" },
] as const;

export type HostKeyAlgorithm = (typeof hostKeyAlgorithms)[number]["algorithm"];

/** All keys that stand for a target: the pinned ones, or else those of its known_hosts files. */
export async function knownKeys(target: SshTarget): Promise<readonly KnownKey[]> {
  if (target.hostKeys.length > 0) return target.hostKeys.map((pin) => pinned(target.name, pin));
  const found = await Promise.all(
    target.knownHostsFiles.map((file) => lookUp(target.knownName, file)),
  );
  return found.flat();
}

/** Judges the key that a server shows. Certificates are not spoken, so an authority vouches for nothing. */
export function judge(known: readonly KnownKey[], fingerprintSeen: string): Verdict {
  const same = known.filter((key) => key.fingerprint === fingerprintSeen);
  const revoked = same.find((key) => key.marker === "revoked");
  if (revoked !== undefined) return { kind: "revoked", by: revoked };
  const trusted = same.find((key) => key.marker === "plain");
  if (trusted !== undefined) return { kind: "trusted", by: trusted };
  const plain = known.filter((key) => key.marker === "plain");
  if (plain.length > 0) return { kind: "changed", known: plain };
  return { kind: "unknown", authorities: known.filter((key) => key.marker === "authority") };
}

/** The algorithms to offer: those of known keys first, so that the server shows a key we can judge. */
export function preferredAlgorithms(known: readonly KnownKey[]): HostKeyAlgorithm[] {
  const types = new Set(known.filter((key) => key.marker === "plain").map((key) => key.type));
  const rank = (type: string): number => (types.has(type) ? 0 : 1);
  return hostKeyAlgorithms
    .toSorted((left, right) => rank(left.type) - rank(right.type))
    .map((row) => row.algorithm);
}

/** `SHA256:...` of a key in wire form, as `ssh-keygen -l` prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The type that stands at the front of a key in wire form. */
export function keyType(key: Buffer): string {
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString("latin1");
}

/** The error for a key that may not be trusted; undefined for one that may. */
export function hostKeyError(
  target: SshTarget,
  key: Buffer,
  verdict: Verdict,
): MfsctlError | undefined {
  const { name } = target;
  const seen = `${keyType(key)} ${fingerprint(key)}`;
  const cannot = `Cannot trust the host key of '${name}' (${target.knownName}): ${seen}`;
  const trust = `mfsctl host trust ${name}`;
  switch (verdict.kind) {
    case "trusted":
      return undefined;
    case "revoked":
      return new MfsctlError(
        "hostKey",
        `${cannot} is revoked at '${verdict.by.place}', expected another key`,
        { host: name, hint: `Give the host a new key, then: ${trust}` },
      );
    case "changed":
      return new MfsctlError(
        "hostKey",
        `${cannot}, expected ${verdict.known.map(show).join(" or ")}`,
        {
          host: name,
          hint: `Only if the host was installed anew: ${trust}`,
        },
      );
    case "unknown":
      return new MfsctlError("hostKey", `${cannot} is not known, expected a known key`, {
        host: name,
        hint: trust,
        details: verdict.authorities.map(
          ({ place }) => `'${place}' is a @cert-authority line, certificates are not supported`,
        ),
      });
    default:
      return verdict satisfies never;
  }
}

async function lookUp(name: string, file: string): Promise<readonly KnownKey[]> {
  try {
    await access(file);
  } catch {
    return []; // A known_hosts file that cannot be read knows nobody.
  }
  const answer = await execa("ssh-keygen", ["-F", name, "-f", file], { reject: false });
  const known: KnownKey[] = [];
  let lineNumber = "?";
  for (const line of answer.stdout.split("\n")) {
    const heading = /^# Host .* found: line (\d+)/.exec(line);
    if (heading?.[1] === undefined) known.push(...parseLine(line, `${file}:${lineNumber}`));
    else lineNumber = heading[1];
  }
  return known;
}

function parseLine(line: string, place: string): readonly KnownKey[] {
  const fields = line.trim().split(/\s+/);
  const word = fields[0]?.startsWith("@") === true ? fields.shift() : undefined;
  const [, type, base64] = fields;
  if (type === undefined || base64 === undefined) return [];
  // An unknown marker vouches for nothing.
  const marker = word === undefined ? "plain" : word === "@revoked" ? "revoked" : "authority";
  return [{ marker, type, fingerprint: fingerprint(Buffer.from(base64, "base64")), place }];
}

function pinned(host: string, pin: string): KnownKey {
  const place = "the inventory";
  const [first = "", second] = pin.trim().split(/\s+/);
  if (/^SHA256:[A-Za-z0-9+/]{43}$/.test(first)) {
    return { marker: "plain", type: undefined, fingerprint: first, place };
  }
  const key = Buffer.from(second ?? "", "base64");
  if (key.length > 4 && key.readUInt32BE(0) === first.length && keyType(key) === first) {
    return { marker: "plain", type: first, fingerprint: fingerprint(key), place };
  }
  throw new MfsctlError(
    "invalidInventory",
    `Cannot read the pinned host key of '${host}': it is '${pin}', expected 'ssh-ed25519 AAAA...' or 'SHA256:...'`,
    { host },
  );
}

function show(key: KnownKey): string {
  return `${key.type === undefined ? "" : `${key.type} `}${key.fingerprint} of '${key.place}'`;
}
