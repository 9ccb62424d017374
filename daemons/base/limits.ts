// Limits of queues, buffers and retries that belong to no single daemon, each with its reason.

export const limits = {
  /** A text that is logged more often in one window is counted instead of written. */
  logRepeats: 10,
  logRepeatWindowMs: 60_000,
  /** Different texts that are watched for repetition; the oldest is forgotten. */
  logRepeatTexts: 512,
  /** A datagram of syslog; longer texts are cut. */
  logBytes: 2048,
  /** People and scrapers are few; more connections to the admin port are closed. */
  adminConnections: 32,
  /** A request to the admin port is a line and a few headers. */
  adminHeaderBytes: 8192,
  adminRequestMs: 10_000,
  /** Label sets of one metric: more is a mistake, and would eat memory. */
  metricSeries: 10_000,
} as const satisfies Record<string, number>;
