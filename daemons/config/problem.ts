// What every parser of a configuration file reports: a located finding about one line.
// Severity "error" means that the daemon would drop or misread what is written.

/** One finding. Line 0 stands for the file as a whole; name is the option, path or address. */
export interface Problem {
  readonly line: number;
  readonly name: string | null;
  readonly message: string;
  readonly severity: "error" | "warning";
}

/** Collects the findings of one file in the order in which they are met. */
export class Problems {
  readonly #list: Problem[] = [];

  /** The daemon would refuse, drop or misread this. */
  error(line: number, name: string | null, message: string): void {
    this.#list.push({ line, name, message, severity: "error" });
  }

  /** The daemon does what is meant, or the slip costs nothing. */
  warn(line: number, name: string | null, message: string): void {
    this.#list.push({ line, name, message, severity: "warning" });
  }

  /** All findings, ordered by line. */
  list(): readonly Problem[] {
    return this.#list.toSorted((one, other) => one.line - other.line);
  }
}

/** True when a file with these findings must not replace anything. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}
