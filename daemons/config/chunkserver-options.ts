// Options of mfschunkserver.cfg. Spec: config-and-cli.md 6.
import { commonOptions, fixed, live } from "./option-row.ts";
import type { OptionRow } from "./option-row.ts";

/** Every option that the chunkserver of 3.0.117 reads. */
export const chunkserverOptions: Readonly<Record<string, OptionRow>> = {
  ...commonOptions("mfschunkserver"),
  HDD_CONF_FILENAME: live("path", "/etc/mfs/mfshdd.cfg"),
  HDD_TEST_SPEED: live("decimal", 1, { min: 0 }),
  HDD_TEST_FREQ: live("uint32", null, { insteadUse: "HDD_TEST_SPEED" }),
  HDD_MIN_TEST_INTERVAL: live("uint32", 86400),
  HDD_FADVISE_MIN_TIME: live("int32", 86400),
  HDD_REBALANCE_UTILIZATION: live("uint32", 20, { max: 100 }),
  HDD_HIGH_SPEED_REBALANCE_LIMIT: live("uint32", 0, { max: 10 }),
  HDD_ERROR_TOLERANCE_COUNT: live("uint32", 2, { min: 1, max: 10 }),
  HDD_ERROR_TOLERANCE_PERIOD: live("uint32", 600, { min: 10, max: 86400 }),
  HDD_RR_CHUNK_COUNT: live("int32", 10000, { min: 1, max: 100000 }),
  HDD_KEEP_DUPLICATES_HOURS: live("int32", 168, { max: 2400 }),
  HDD_LEAVE_SPACE_DEFAULT: live("size", "256MiB"),
  HDD_FSYNC_BEFORE_CLOSE: live("uint8", 0),
  HDD_SPARSIFY_ON_WRITE: live("uint8", 1),
  ALLOW_STARTING_WITH_INVALID_DISKS: fixed("uint8", 0),
  WORKERS_MAX: live("uint32", 250),
  WORKERS_MAX_IDLE: live("uint32", 40),
  LABELS: live("labels", ""),
  BIND_HOST: live("listenHost", "*"),
  MASTER_HOST: live("host", "mfsmaster"),
  MASTER_PORT: live("port", "9420"),
  MASTER_TIMEOUT: live("uint32", 0, { max: 65535 }),
  MASTER_RECONNECTION_DELAY: live("uint32", 5),
  AUTH_CODE: live("text", null),
  CHUNKS_PER_REGISTER_PACKET: live("uint32", 10000, { min: 1000, max: 100000 }),
  CSSERV_LISTEN_HOST: live("listenHost", "*"),
  CSSERV_LISTEN_PORT: live("port", "9422"),
};
