// Packets that every daemon understands: keep-alive, version, configuration values, module identity.
// Spec: wire-admin.md sections 2 and 4, wire-client-master-1.md section 1.8.

import { ipv4 } from "../address.ts";
import { byLength } from "../layout.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { rest, restText, secret, str8, u16, u32, u64, u8 } from "../wire.ts";
import { version32 } from "../version.ts";

/** A NOP may have any length; those we send carry a zero message id. Receivers skip it unseen. */
export const Nop = packet("ANTOAN_NOP", 0, { padding: rest }, { maxBody: 1024 });
export type Nop = Body<typeof Nop>;

/** Never sent by 3.0.117; ignored whatever it holds. */
export const UnknownCommand = packet(
  "ANTOAN_UNKNOWN_COMMAND",
  1,
  { ignored: rest },
  { maxBody: 1024 },
);
export type UnknownCommand = Body<typeof UnknownCommand>;

/** Never sent by 3.0.117; ignored whatever it holds. */
export const BadCommandSize = packet(
  "ANTOAN_BAD_COMMAND_SIZE",
  2,
  { ignored: rest },
  { maxBody: 1024 },
);
export type BadCommandSize = Body<typeof BadCommandSize>;

/** Asks a daemon for its version. The answer starts with the message id when there is one. */
export const GetVersion = packetOf(
  "ANTOAN_GET_VERSION",
  10,
  byLength({ plain: {}, numbered: { messageId: u32 } }),
);
export type GetVersion = Body<typeof GetVersion>;

/** Only the request tells which variant it is: name it when decoding, `plain` is assumed. */
export const Version = packetOf(
  "ANTOAN_VERSION",
  11,
  byLength({
    plain: { version: version32, text: restText },
    numbered: { messageId: u32, version: version32, text: restText },
  }),
  { maxBody: 4096 },
);
export type Version = Body<typeof Version>;

/** Asks for one option of the daemon's configuration file. */
export const GetConfig = packet("ANTOAN_GET_CONFIG", 80, { messageId: u32, name: str8 });
export type GetConfig = Body<typeof GetConfig>;

/** The raw text of that option, empty when the file does not define it. May be a password. */
export const ConfigValue = packet("ANTOAN_CONFIG_VALUE", 81, {
  messageId: u32,
  value: secret(str8),
});
export type ConfigValue = Body<typeof ConfigValue>;

/** Asks a daemon who it is. A chunkserver accepts only the plain form. */
export const ModuleInfo = packetOf(
  "CLTOAN_MODULE_INFO",
  530,
  byLength({ plain: {}, numbered: { messageId: u32 } }),
);
export type ModuleInfo = Body<typeof ModuleInfo>;

const moduleFields = {
  /** 1 master, 2 chunkserver. */
  moduleType: u8,
  version: version32,
  /** The chunkserver's id; 0 for a master. */
  moduleId: u16,
  metaId: u64,
  leaderIp: ipv4,
  leaderPort: u16,
} as const;

export const ModuleInfoAnswer = packetOf(
  "ANTOCL_MODULE_INFO",
  531,
  byLength({ plain: moduleFields, numbered: { messageId: u32, ...moduleFields } }),
);
export type ModuleInfoAnswer = Body<typeof ModuleInfoAnswer>;

/** Every row of this file, for tables and for tests that walk them. */
export const anyPackets = [
  Nop,
  UnknownCommand,
  BadCommandSize,
  GetVersion,
  Version,
  GetConfig,
  ConfigValue,
  ModuleInfo,
  ModuleInfoAnswer,
] as const;
