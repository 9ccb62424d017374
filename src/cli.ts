// The process: starts a command and leaves when what it printed is out.

import module from "node:module";
import { fileURLToPath } from "node:url";
import { main } from "./cli/main.ts";

module.enableCompileCache();

await main(process.argv.slice(2), fileURLToPath(new URL("..", import.meta.url)));
// A lost connection may leave sockets that nobody waits for; what was printed leaves first.
process.stdout.write("", () => {
  process.stderr.write("", () => process.exit());
});
