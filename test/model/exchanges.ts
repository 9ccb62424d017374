// Every kind of request that the model test sends.

import type { Exchange } from "./exchange.ts";
import { forAttributes } from "./exchanges-attributes.ts";
import { forData } from "./exchanges-data.ts";
import { forMetaMounts, forTools } from "./exchanges-tools.ts";
import { forTree } from "./exchanges-tree.ts";

/** All kinds of requests. */
export const exchanges: readonly Exchange[] = [
  ...forTree,
  ...forAttributes,
  ...forData,
  ...forTools,
  ...forMetaMounts,
];
