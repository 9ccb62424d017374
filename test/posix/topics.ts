// The topics of the suite, in the order they run.

import type { Topic } from "./suite.ts";
import { opening } from "./topics/opening.ts";

/** All topics. */
export const topics: readonly Topic[] = [opening];
