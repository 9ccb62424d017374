// Who this master is and what its configuration says. Spec: wire-admin.md sections 4.1 to 4.3.

import {
  ConfigValue,
  GetConfig,
  GetVersion,
  ModuleInfo,
  ModuleInfoAnswer,
  Version,
} from "../../../protocol/packets/any.ts";
import { spokenVersion } from "../../../protocol/version.ts";
import { monitorRequest } from "./request.ts";

/** As the Debian package of the version that we speak says it; scripts compare it. */
const versionText = "3.0.117-1";
const masterModule = 1;

/** GET_VERSION, numbered or not. */
export const getVersion = monitorRequest(GetVersion, Version, (_core, asked) => ({
  ...asked,
  version: spokenVersion,
  text: versionText,
}));

/** GET_CONFIG: what the file says, not the value in force. */
export const getConfig = monitorRequest(GetConfig, ConfigValue, (core, { messageId, name }) => ({
  messageId,
  value: core.config.option(name),
}));

/** MODULE_INFO, numbered or not; a master follows nobody. */
export const moduleInfo = monitorRequest(ModuleInfo, ModuleInfoAnswer, (core, asked) => ({
  ...asked,
  moduleType: masterModule,
  version: spokenVersion,
  moduleId: 0,
  metaId: core.world.metaId,
  leaderIp: 0,
  leaderPort: 0,
}));
