// The link between metalogger and master (port 9419): every change as it is made, and the stored image
// and logs in pieces. Spec: metalogger.md sections 1 and 2.

import { encodeText } from "../byte-text.ts";
import { byLength, byTag, struct } from "../layout.ts";
import { packet, packetOf, packetTable } from "../packet.ts";
import type { Body, PacketTable } from "../packet.ts";
import { version32 } from "../version.ts";
import { rest, u16, u32, u53, u64, u8 } from "../wire.ts";
import type { Field } from "../wire.ts";
import { BadCommandSize, ConfigValue, GetConfig, GetVersion } from "./any.ts";
import { Nop, UnknownCommand, Version } from "./any.ts";

/** Longest body that either side of 3.0.117 accepts. */
export const metaloggerBodyBytesMax = 1_500_000;

/** A text with its closing NUL; the value has it not. At most a line of the change log. */
const terminatedText: Field<Uint8Array> = {
  ...rest,
  min: 1,
  max: metaloggerBodyBytesMax,
  schema: {
    kind: "samples",
    values: ["", "1|ACCESS(1)", "7|€"].map(encodeText),
  },
  read(reader) {
    const text = reader.bytes(reader.left - 1);
    if (reader.unsigned(1) === 0) return text;
    throw reader.error("badValue", "the text does not end in NUL, expected it to");
  },
  write(writer, text) {
    writer.bytes(text);
    writer.unsigned(1, 0);
  },
};

/** First packet of a metalogger; it has no answer. */
export const RegisterMetalogger = packetOf(
  "ANTOMA_REGISTER",
  50,
  byTag(
    u8,
    { fresh: 1, resume: 2 },
    {
      fresh: { version: version32, timeoutSeconds: u16 },
      /** `wanted` is the number of the first change that it lacks. */
      resume: { version: version32, timeoutSeconds: u16, wanted: u64 },
    },
  ),
);
export type RegisterMetalogger = Body<typeof RegisterMetalogger>;

/** One change, or the word that the logs turn over (once an hour). */
export const ChangePushed = packetOf(
  "MATOAN_METACHANGES_LOG",
  51,
  byTag(
    u8,
    { change: 0xff, rotate: 0x55 },
    {
      /** The line without its number, as it stands in the change log. */
      change: { version: u64, text: terminatedText },
      rotate: {},
    },
  ),
  { maxBody: metaloggerBodyBytesMax },
);
export type ChangePushed = Body<typeof ChangePushed>;

/**
 * What can be downloaded. Asking for the image also opens both logs, which are kept for the questions
 * that follow.
 */
export const downloadFiles = { image: 1, sessions: 2, newestLog: 11, olderLog: 12 } as const;

/** Asks for a file: one of `downloadFiles`. */
export const StartDownload = packet("ANTOMA_DOWNLOAD_START", 60, { file: u8 });
export type StartDownload = Body<typeof StartDownload>;

/** The file's size at this moment, or that there is none. A log that does not exist has size 0. */
export const StartDownloadAnswer = packetOf(
  "MATOAN_DOWNLOAD_INFO",
  61,
  byLength({ failure: { code: u8 }, opened: { sizeBytes: u53 } }),
);
export type StartDownloadAnswer = Body<typeof StartDownloadAnswer>;

/** Asks for a piece of the open file; 3.0.117 asks for 1,000,000 bytes at a time. */
export const DownloadPiece = packet("ANTOMA_DOWNLOAD_REQUEST", 62, { offset: u53, length: u32 });
export type DownloadPiece = Body<typeof DownloadPiece>;

const pieceOnWire = struct({ offset: u53, length: u32, crc: u32, data: rest });

/** The length on the wire is that of the data: it is checked, and absent from the value. */
const piece: Field<{ readonly offset: number; readonly crc: number; readonly data: Uint8Array }> = {
  ...pieceOnWire,
  schema: {
    kind: "struct",
    fields: { offset: u53.schema, crc: u32.schema, data: rest.schema },
  },
  read(reader) {
    const { offset, length, crc, data } = pieceOnWire.read(reader);
    if (length === data.length) return { offset, crc, data };
    throw reader.error("badLength", `${data.length} bytes of data, expected ${length}`);
  },
  write(writer, { offset, crc, data }) {
    pieceOnWire.write(writer, { offset, length: data.length, crc, data });
  },
  describe: ({ offset, crc, data }) => `{offset=${offset}, crc=${crc}, ${data.length} bytes}`,
};

/** A piece of the open file; `crc` is the CRC-32 of the data. */
export const DownloadPieceAnswer = packetOf("MATOAN_DOWNLOAD_DATA", 63, piece, {
  maxBody: metaloggerBodyBytesMax,
});
export type DownloadPieceAnswer = Body<typeof DownloadPieceAnswer>;

/** The file may be closed; it has no answer. */
export const EndDownload = packet("ANTOMA_DOWNLOAD_END", 64, {});

/** What a metalogger may send a master. */
export const fromMetalogger: PacketTable = packetTable([
  Nop,
  UnknownCommand,
  BadCommandSize,
  GetVersion,
  GetConfig,
  RegisterMetalogger,
  StartDownload,
  DownloadPiece,
  EndDownload,
]);

/** What a master may send a metalogger. */
export const toMetalogger: PacketTable = packetTable([
  Nop,
  UnknownCommand,
  BadCommandSize,
  Version,
  ConfigValue,
  ChangePushed,
  StartDownloadAnswer,
  DownloadPieceAnswer,
]);
