// The smallest daemon on daemons/runtime: it answers as mfsmaster, keeps nothing, and does what its own keys say.
// For the tests of the lifecycle, which start it as a process of its own.

import { writeFileSync } from "node:fs";
import { fixed, live } from "../../daemons/config/option-row.ts";
import { runDaemon } from "../../daemons/runtime/daemon.ts";
import { InitFailure } from "../../daemons/runtime/program.ts";

await runDaemon({
  name: "mfsmaster",
  version: "3.0.117-1 ; build: 1341",
  options: { EXAMPLE_FAILS: fixed("text", ""), EXAMPLE_WORD: live("text", "") },
  async boot(context) {
    const failure = context.config.text("EXAMPLE_FAILS");
    if (failure === "init") {
      context.announce("example reason");
      throw new InitFailure("example module");
    }
    if (failure === "bug") throw new Error("example bug");
    if (failure === "death") process.kill(process.pid, "SIGKILL");
    if (failure === "never") await new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1));
    const reloads = context.metrics.counter("example_reloads_total", "Reloads");
    context.announce("example file has been loaded");
    const alive = setInterval(() => undefined, 2 ** 31 - 1);
    return {
      reload(config, changed) {
        reloads.add();
        const word = config.text("EXAMPLE_WORD");
        context.announce(`example word: ${word} (${changed.join(",")})`);
        if (word === "stop") context.requestStop("the example was told to", 3);
      },
      async stop() {
        clearInterval(alive);
        writeFileSync("stopped", `${context.config.text("DATA_PATH")}\n`);
        await Promise.resolve();
      },
      info: () => ["example info"],
    };
  },
  restore(context) {
    context.progress("example restore");
    return Promise.resolve(context.config.text("EXAMPLE_FAILS") === "");
  },
});
