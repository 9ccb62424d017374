// Where log lines go: syslog's socket, standard error, or the journal behind standard error.
// Spec: config-and-cli.md 1 (-f) and 2.1; a daemon never waits for its log.

import { closeSync, fstatSync, writeSync } from "node:fs";
import { limits } from "../base/limits.ts";
import { levels } from "./log.ts";
import type { Level, LogSink } from "./log.ts";
import { openDatagramSocket, sendDatagram } from "./system-calls.ts";

/** Facilities of syslog. */
export const facilities = { user: 1, daemon: 3 } as const;

const standardError = 2;
const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Who writes, and how the process was started. */
export interface LogTarget {
  readonly ident: string;
  readonly foreground: boolean;
  readonly environment: NodeJS.ProcessEnv;
  readonly socketPath?: string;
}

/** True when standard error is the journal's own stream, which needs no second way. */
export function stderrIsJournal(environment: NodeJS.ProcessEnv): boolean {
  const [device, inode] = (environment["JOURNAL_STREAM"] ?? "").split(":");
  if (inode === undefined) return false;
  try {
    const stat = fstatSync(standardError, { bigint: true });
    return String(stat.dev) === device && String(stat.ino) === inode;
  } catch {
    // A closed standard error is no journal.
    return false;
  }
}

/** The sinks of a process: the journal alone, or syslog with a copy for who watches in the foreground. */
export function openSinks(target: LogTarget): readonly LogSink[] {
  const { ident, foreground } = target;
  if (foreground && stderrIsJournal(target.environment)) return [journalSink()];
  const facility = foreground ? facilities.user : facilities.daemon;
  const path = target.socketPath ?? target.environment["MFS_SYSLOG_SOCKET"] ?? "/dev/log";
  const sinks: LogSink[] = [syslogSink({ ident, facility, path })];
  if (foreground) sinks.push(terminalSink(ident));
  return sinks;
}

function journalSink(): LogSink {
  return {
    write: (level, line) => writeStandardError(`<${levels[level]}>${line}\n`),
    close: () => undefined,
  };
}

function terminalSink(ident: string): LogSink {
  return {
    write: (_level, line) => writeStandardError(`${ident}[${process.pid}]: ${line}\n`),
    close: () => undefined,
  };
}

/** Standard error may be a pipe that nobody reads any more: that is no reason to fail. */
export function writeStandardError(text: string): void {
  try {
    writeSync(standardError, text);
  } catch {
    // The reader is gone or the terminal hung up; the log has its other ways.
  }
}

/** Datagrams as the C library's syslog() sends them. Without a listener lines are lost, as with syslog(). */
export function syslogSink(to: { ident: string; facility: number; path: string }): LogSink {
  let fd: number | null = null;
  return {
    write(level: Level, line: string): void {
      const priority = to.facility * 8 + levels[level];
      const head = `<${priority}>${timestamp(new Date())} ${to.ident}[${process.pid}]: `;
      const data = Buffer.from(head + line).subarray(0, limits.logBytes);
      try {
        fd ??= openDatagramSocket();
        sendDatagram(fd, to.path, data);
      } catch {
        // No listener, or its queue is full.
      }
    },
    close(): void {
      if (fd !== null) closeSync(fd);
      fd = null;
    },
  };
}

function timestamp(now: Date): string {
  const clock = [now.getHours(), now.getMinutes(), now.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
  return `${months[now.getMonth()]} ${String(now.getDate()).padStart(2)} ${clock}`;
}
