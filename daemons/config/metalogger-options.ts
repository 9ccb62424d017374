// Options of mfsmetalogger.cfg. Spec: config-and-cli.md 7, metalogger.md 4.
import { commonOptions, live } from "./option-row.ts";
import type { OptionRow } from "./option-row.ts";

/** Every option that the metalogger of 3.0.117 reads. */
export const metaloggerOptions: Readonly<Record<string, OptionRow>> = {
  ...commonOptions("mfsmetalogger"),
  BACK_LOGS: live("uint32", 50, { min: 5, max: 10000 }),
  BACK_META_KEEP_PREVIOUS: live("uint32", 3, { max: 99 }),
  META_DOWNLOAD_FREQ: live("uint32", 24, { min: 1 }),
  MASTER_RECONNECTION_DELAY: live("uint32", 5),
  BIND_HOST: live("listenHost", "*"),
  MASTER_HOST: live("host", "mfsmaster"),
  MASTER_PORT: live("port", "9419"),
  MASTER_TIMEOUT: live("uint32", 10, { min: 10, max: 65535 }),
};
