// Registration of a chunkserver on the master's port 9420: who it is, what it holds, and the master's
// answers. The forms of chunkservers before 2.0 are not spoken. Spec: wire-chunkserver.md section 2.3.

import { ipv4 } from "../address.ts";
import { byTag } from "../layout.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { version32 } from "../version.ts";
import { bytes, secret, u16, u32, u53, u64, u8 } from "../wire.ts";
import type { Field } from "../wire.ts";
import { chunkEntries, chunkListBytesMax } from "./chunkserver-chunk-list.ts";

/** Room on disks. Zero before the disks were scanned. */
export const spaceFields = {
  usedBytes: u53,
  totalBytes: u53,
  chunks: u32,
  /** Disks that are marked for removal; not part of the three numbers above. */
  removalUsedBytes: u53,
  removalTotalBytes: u53,
  removalChunks: u32,
} as const;

const identityFields = {
  version: version32,
  /** Where the data port listens; 0 = the address that this connection comes from. */
  ip: ipv4,
  port: u16,
  /** 0 = the master decides. */
  timeoutSeconds: u16,
} as const;

const beginFields = {
  ...identityFields,
  /** The id that a master once gave it; 0 = none yet. */
  chunkserverId: u16,
  ...spaceFields,
} as const;

/** A leading type that means several layouts: its body length tells which. */
function tagWithLength(type: number): Field<number> {
  return {
    ...u8,
    read(reader) {
      const tag = reader.unsigned(1);
      return tag === type ? lengthTag(tag, reader.left) : tag;
    },
    write: (writer, tag) => writer.unsigned(1, tag & 0xff),
  };
}

function lengthTag(type: number, length: number): number {
  return type + length * 0x100;
}

/**
 * One step of a registration. `beginWithPassword` follows a challenge; `beginPlain` is the fallback after
 * connections that failed early; `disconnect` is the farewell of an orderly stop.
 */
export const RegisterChunkserver = packetOf(
  "CSTOMA_REGISTER",
  100,
  byTag(
    tagWithLength(60),
    {
      begin: lengthTag(60, 54),
      beginWithPassword: lengthTag(60, 70),
      beginPlain: 50,
      chunks: 61,
      end: 62,
      disconnect: 63,
    },
    {
      begin: beginFields,
      /** The digest is the MD5 of 16 bytes of the challenge, AUTH_CODE, and its other 16 bytes. */
      beginWithPassword: { digest: secret(bytes(16)), ...beginFields },
      beginPlain: identityFields,
      chunks: { entries: chunkEntries },
      end: {},
      disconnect: {},
    },
  ),
  { maxBody: 1 + chunkListBytesMax },
);
export type RegisterChunkserver = Body<typeof RegisterChunkserver>;

/**
 * The master's answers. Nothing may be sent to a chunkserver before the first of them. `accepted` answers
 * `begin`, `acceptedPlain` answers `beginPlain`; `nextPart` asks for more chunks after each part.
 */
export const RegisterChunkserverAnswer = packetOf(
  "MATOCS_MASTER_ACK",
  104,
  byTag(
    tagWithLength(0),
    {
      nextPart: lengthTag(0, 0),
      acceptedPlain: lengthTag(0, 4),
      accepted: lengthTag(0, 16),
      challenge: 3,
    },
    {
      nextPart: {},
      acceptedPlain: { version: version32 },
      accepted: {
        version: version32,
        /** Seconds of silence after which either side closes. */
        timeoutSeconds: u16,
        chunkserverId: u16,
        /** Another one than its own ends the chunkserver's process. */
        metaId: u64,
      },
      challenge: { random: bytes(32) },
    },
  ),
);
export type RegisterChunkserverAnswer = Body<typeof RegisterChunkserverAnswer>;

/** Bit 0 = label A ... bit 25 = label Z. Follows the acceptance, and every change. */
export const ChunkserverLabels = packet("CSTOMA_LABELS", 109, { labelMask: u32 });
export type ChunkserverLabels = Body<typeof ChunkserverLabels>;
