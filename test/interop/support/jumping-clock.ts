// Loaded into a daemon of ours before its own modules: both of its clocks go ahead by what a file says, read anew at
// each SIGUSR2. So a test need not wait for hours. `JumpingMaster` is the test's side of it.

import { readFileSync } from "node:fs";

const file = process.env["JUMPING_CLOCK_FILE"] ?? "";
const wallMs = Date.now.bind(Date);
const runningMs = performance.now.bind(performance);
let aheadMs = 0;

Date.now = () => wallMs() + aheadMs;
performance.now = () => runningMs() + aheadMs;
process.on("SIGUSR2", () => (aheadMs = Number(readFileSync(file, "utf8"))));
