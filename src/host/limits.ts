// The limits of the hands: every queue, buffer and wait of src/host is bounded here, with its reason.

/** Channels open at one time on one connection: sshd's MaxSessions is 10, two are left to others. */
export const channelsMax = 8;

/** How often a channel that sshd refused is asked for again, doubling the pause: about five seconds in all. */
export const openRetries = { countMax: 9, firstMs: 10 } as const;

/** Logins under way at one time: sshd drops unauthenticated connections from the tenth on (MaxStartups 10:30:100). */
export const startsMax = 8;

/** Hops between this machine and a host, which also ends a loop of ProxyJump lines. */
export const hopsMax = 8;

/** What one program may answer on stdout and stderr together; more is a mistake, not a fact. */
export const outputBytesMax = 64 * 1024 * 1024;

/** Linux refuses a single argument of 128 KiB, and sshd hands the whole line to the shell as one. */
export const lineBytesMax = 128 * 1024 - 1;

/** A dead peer is noticed after interval times count: 45 seconds. */
export const keepalive = { intervalMs: 15_000, count: 3 } as const;

/** How long a command may take that names no `timeoutMs`. */
export const commandTimeoutMs = 120_000;

/** How long a login may take when `--ssh-timeout` is not given. */
export const sshTimeoutMs = 10_000;

/** How long the fence waits for its lock; the guarded section is a few file operations. */
export const fenceLockSeconds = 30;

/** How long a peer may take to close its side after we closed ours. */
export const goodbyeMs = 1000;
