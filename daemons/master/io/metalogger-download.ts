// What one metalogger downloads: the stored image and the two newest logs, opened at one moment so that they
// belong together. Reading does not hold up the service. Spec: metalogger.md 2.3 to 2.6.

import { closeSync, fstatSync, openSync, read } from "node:fs";
import path from "node:path";
import { crc32 } from "node:zlib";
import type { Packet } from "../../protocol/packet.ts";
import {
  DownloadPieceAnswer,
  downloadFiles,
  StartDownloadAnswer,
} from "../../protocol/packets/metalogger.ts";
import type { DownloadPiece } from "../../protocol/packets/metalogger.ts";
import { imageNames } from "./save-image.ts";

/** Where answers go. */
export interface DownloadAnswers {
  send<T>(packet: Packet<T>, body: T): void;
  close(reason: string): void;
}

/** What reading needs. */
export interface DownloadContext {
  readonly dataPath: string;
  readonly flushLog: () => void;
  readonly peers: { run(inputs: () => void): void };
}

/** A body of 1,500,000 bytes is the longest that the other side takes. */
const pieceBytesMax = 1_400_000;
const failure = 0xff;
const noFile = -1;

/** Files of one connection. Requests are answered in their order, one at a time. */
export class Download {
  readonly #context: DownloadContext;
  readonly #answers: DownloadAnswers;
  /** The file that pieces come from, and the logs that were opened with the image. */
  #file = noFile;
  #newestLog = noFile;
  #olderLog = noFile;
  readonly #waiting: (() => void)[] = [];
  #isReading = false;
  #isEnded = false;

  constructor(context: DownloadContext, answers: DownloadAnswers) {
    this.#context = context;
    this.#answers = answers;
  }

  /** Opens a file. */
  start(file: number): void {
    this.#inOrder(() => this.#start(file));
  }

  /** Sends a piece of it. */
  piece(asked: DownloadPiece): void {
    this.#inOrder(() => this.#read(asked));
  }

  /** Closes the file; the logs stay for the next questions. */
  endFile(): void {
    this.#inOrder(() => {
      closeIfOpen(this.#file);
      this.#file = noFile;
    });
  }

  /** The connection is gone: a reading that still goes on closes the files when it is done. */
  end(): void {
    this.#isEnded = true;
    this.#waiting.length = 0;
    if (!this.#isReading) this.#closeAll();
  }

  #inOrder(step: () => void): void {
    if (this.#isReading) this.#waiting.push(step);
    else step();
  }

  #start(file: number): void {
    switch (file) {
      case downloadFiles.image:
        return this.#startImage();
      case downloadFiles.sessions:
        this.#closeAll();
        this.#file = this.#open("sessions.mfs");
        return this.#tellSize(false);
      case downloadFiles.newestLog:
        closeIfOpen(this.#file);
        this.#file = this.#newestLog;
        this.#newestLog = noFile;
        return this.#tellSize(true);
      case downloadFiles.olderLog:
        closeIfOpen(this.#file);
        this.#file = this.#olderLog;
        this.#olderLog = noFile;
        return this.#tellSize(true);
      default:
        return this.#answers.close(`it asks for file ${file}`);
    }
  }

  /** All lines up to now have to be in the log: those that come are pushed. */
  #startImage(): void {
    this.#closeAll();
    this.#context.flushLog();
    this.#file = this.#open(imageNames.last);
    this.#newestLog = this.#open("changelog.0.mfs");
    this.#olderLog = this.#open("changelog.1.mfs");
    this.#tellSize(false);
  }

  #tellSize(isLog: boolean): void {
    if (this.#file === noFile && !isLog) {
      this.#answers.send(StartDownloadAnswer, { variant: "failure", code: failure });
      return;
    }
    const sizeBytes = this.#file === noFile ? 0 : fstatSync(this.#file).size;
    this.#answers.send(StartDownloadAnswer, { variant: "opened", sizeBytes });
  }

  #read({ offset, length }: DownloadPiece): void {
    if (this.#file === noFile || length > pieceBytesMax) {
      const why = this.#file === noFile ? "it asks for a piece of no file" : "it asks for too much";
      return this.#answers.close(why);
    }
    this.#isReading = true;
    const data = Buffer.alloc(length);
    read(this.#file, data, 0, length, offset, (error, size) => {
      this.#isReading = false;
      if (this.#isEnded) return this.#closeAll();
      this.#context.peers.run(() => {
        if (error !== null || size < length) {
          return this.#answers.close(`${length} bytes at ${offset} cannot be read`);
        }
        this.#answers.send(DownloadPieceAnswer, { offset, crc: crc32(data), data });
        return this.#goOn();
      });
    });
  }

  #goOn(): void {
    while (!this.#isReading) {
      const step = this.#waiting.shift();
      if (step === undefined) return;
      step();
    }
  }

  #open(name: string): number {
    try {
      return openSync(path.join(this.#context.dataPath, name), "r");
    } catch {
      // Whoever asks hears that there is none.
      return noFile;
    }
  }

  #closeAll(): void {
    for (const file of [this.#file, this.#newestLog, this.#olderLog]) closeIfOpen(file);
    this.#file = noFile;
    this.#newestLog = noFile;
    this.#olderLog = noFile;
  }
}

function closeIfOpen(file: number): void {
  if (file !== noFile) closeSync(file);
}
