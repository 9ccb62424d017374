// docs/exit-codes.md, made from the table in src/errors.ts: what each code means, and what a pipeline should do.

import { exitCodes, type ErrorCode } from "../errors.ts";

/** What stands behind each error code, and what to do. */
const meanings = {
  internal: ["A fault of mfsctl", "Run again with -v and report what it prints"],
  usage: ["The command line is wrong", "Correct it; `mfsctl COMMAND --help`"],
  invalidInventory: [
    "The inventory is wrong",
    "Correct the lines that were named; `mfsctl validate`",
  ],
  checkFailed: ["A check failed before any change", "Do what its hint says; `mfsctl check`"],
  unhealthy: ["The cluster is not healthy, or that cannot be known", "`mfsctl status`"],
  someHostsFailed: ["A step failed on some hosts", "Mend them; `mfsctl resume`"],
  unreachable: [
    "A host does not answer, or too few do",
    "Bring it back, or leave it out with `--node '!NAME'`",
  ],
  authFailed: ["A host refuses the login", "Check the user and the key; `mfsctl check`"],
  hostKey: [
    "A host's key is unknown, changed or revoked",
    "Compare the fingerprint; `mfsctl host trust`",
  ],
  locked: ["Another mfsctl is at work", "Wait with `--lock-wait`; `mfsctl lock status`"],
  refused: ["A safety gate refused; nothing was changed by this step", "Do what its hint says"],
  timedOut: ["A wait took too long, or the run waits for a person", "`mfsctl resume`"],
  declined: [
    "A question was answered with no, or nobody could answer it",
    "Give the flag that its hint names",
  ],
  changesPending: ["`plan --detailed-exitcode`: deploy would change something", "`mfsctl deploy`"],
  interrupted: ["Ctrl-C: the steps in hand were finished and the lock freed", "`mfsctl resume`"],
  terminated: ["SIGTERM: the same", "`mfsctl resume`"],
} as const satisfies Record<ErrorCode, readonly [string, string]>;

/** The page, as docs/exit-codes.md holds it. */
export function exitCodesMarkdown(): string {
  const rows = Object.entries(exitCodes).map(([code, exit]) => {
    const [meaning, todo] = meanings[code as ErrorCode];
    return [String(exit), `\`${code}\``, meaning, todo];
  });
  const header = ["exit code", "`error.code`", "meaning", "what to do"];
  const all = [header, ["0", "none", "Done, or already so; the cluster is healthy", ""], ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], fill = " "): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(" | ")} |`;
  return [
    "# Exit codes",
    "",
    "Every command ends with one of these. With `--json` the document's `error.code` names the row. This page is made by",
    "`mfsctl docs exit-codes` from `src/errors.ts`.",
    "",
    line(header),
    line(
      header.map(() => ""),
      "-",
    ),
    ...all.slice(1).map((row) => line(row)),
    "",
  ].join("\n");
}
