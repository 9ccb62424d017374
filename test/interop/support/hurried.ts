// A daemon whose clock runs faster, for tests that wait for its loops. Peers live in true time and talk to it about
// once a second, while it drops them after ten seconds of its own: so its clock must not run much faster. Without the
// library the loader says so in the daemon's log, and the clock is the true one.

import type { Player } from "../cluster.ts";

/** The loader puts the machine's own folder in the place of `$LIB`. */
const library = "/usr/$LIB/faketime/libfaketime.so.1";
const timesFaster = 5;

/** The same player in a hurry. */
export function hurried(player: Player): Player {
  const command = player === "stock" ? ["mfsmaster"] : player.command;
  return {
    command: ["env", `LD_PRELOAD=${library}`, `FAKETIME=+0 x${timesFaster}`, ...command],
  };
}
