// mfsctl as its users run it: a child process with its own state folder, and its one JSON document.

import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../../..");

/** How a call ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The document of a call with --json, as far as tests look into it. */
export interface Document {
  readonly ok: boolean;
  readonly result: Readonly<Record<string, unknown>>;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
    readonly node: string | null;
    readonly details: readonly string[];
  };
  readonly runId: string | null;
}

/** A control machine: an inventory and a state folder of its own. */
export class ControlMachine {
  readonly #inventory: string;
  readonly #state: string;

  constructor(options: { inventory: string; state: string }) {
    this.#inventory = options.inventory;
    this.#state = options.state;
  }

  /** Starts a command; \`onLine\` sees each line of its progress. */
  start(
    words: readonly string[],
    onLine: (line: string, child: ChildProcess) => void = () => undefined,
  ) {
    const child = spawn(path.join(root, "bin/mfsctl"), [...words, "-i", this.#inventory], {
      cwd: this.#state,
      env: { ...process.env, CI: "true", HOME: this.#state, XDG_STATE_HOME: this.#state },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line, child);
    });
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
    return { child, ended };
  }

  /** Runs a command to its end. */
  async run(...words: readonly string[]): Promise<Ended> {
    return await this.start(words).ended;
  }

  /** Runs a command with --json and gives its document. */
  async json(
    ...words: readonly string[]
  ): Promise<{ code: number | null; document: Document; stderr: string }> {
    const ended = await this.run(...words, "--json");
    try {
      return {
        code: ended.code,
        document: JSON.parse(ended.stdout) as Document,
        stderr: ended.stderr,
      };
    } catch {
      throw new Error(
        `mfsctl ${words.join(" ")} printed no document:\n${ended.stdout}\n${ended.stderr}`,
      );
    }
  }
}
