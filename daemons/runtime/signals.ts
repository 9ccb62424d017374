// Signals as a queue of wishes, so that none is lost while the daemon loads. Spec: config-and-cli.md 2.3.

/** What a signal asks for. */
export type Wish = "stop" | "reload" | "info";

const ignored = ["SIGQUIT", "SIGPIPE", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGUSR2"] as const;
const noted = ["SIGALRM", "SIGVTALRM"] as const;

/** Collects wishes from the moment of its birth; a wish that waits already is not queued twice. */
export class Signals {
  readonly #waiting = new Set<Wish>();
  #wake: (() => void) | null = null;

  constructor(foreground: boolean, onStray: () => void) {
    process.on("SIGTERM", () => this.add("stop"));
    process.on("SIGHUP", () => this.add("reload"));
    process.on("SIGUSR1", () => this.add("info"));
    process.on("SIGINT", () => {
      if (foreground) this.add("stop");
    });
    for (const name of ignored) process.on(name, () => undefined);
    for (const name of noted) process.on(name, onStray);
  }

  add(wish: Wish): void {
    this.#waiting.add(wish);
    this.#wake?.();
  }

  /** The next wish; a stop comes before all others. */
  async next(): Promise<Wish> {
    for (;;) {
      const wish = this.#waiting.has("stop") ? "stop" : [...this.#waiting][0];
      if (wish !== undefined) {
        this.#waiting.delete(wish);
        return wish;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
