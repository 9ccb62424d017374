// Why a host that lets us in answers no questions: nearly always because sudo refuses. Asked only after a batch failed.

import { MfsctlError } from "../errors.ts";
import type { CallOptions, Host } from "../host/host.ts";
import type { Inventory } from "../inventory/schema.ts";

/** The error to show for a batch that failed: sudo's refusal where it is one, else the error itself. */
export async function explainFailedBatch(
  host: Host,
  inventory: Inventory,
  error: unknown,
  options: CallOptions,
): Promise<unknown> {
  if (!(error instanceof MfsctlError) || error.code !== "unreachable") return error;
  try {
    // Behind sudo this asks for root and nothing else; a host without sudo runs it as it is.
    const { code, stderr } = await host.exec({ argv: ["true"] }, options);
    if (code === 0) return error;
    return rootError(host.name, inventory, code === 127, stderr.toString("utf8"));
  } catch (again) {
    if (again instanceof MfsctlError) return again;
    throw again;
  }
}

function rootError(
  host: string,
  inventory: Inventory,
  missing: boolean,
  words: string,
): MfsctlError {
  const user = inventory.hosts[host]?.ssh.user ?? inventory.ssh.user;
  const [what, line] = missing
    ? ["sudo is not installed", "apt-get install sudo (or dnf install sudo)"]
    : [
        "sudo refuses",
        `echo '${user} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/mfsctl && chmod 0440 /etc/sudoers.d/mfsctl`,
      ];
  return new MfsctlError(
    "checkFailed",
    `Cannot become root on "${host}" as "${user}": ${what}, expected sudo without a password`,
    {
      host,
      hint: `as root on ${host}: ${line}`,
      details: words.split("\n").filter(Boolean).slice(-3),
    },
  );
}
