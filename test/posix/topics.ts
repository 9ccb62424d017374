// The topics of the suite, in the order they run.

import type { Topic } from "./suite.ts";
import { attributes } from "./topics/attributes.ts";
import { data } from "./topics/data.ts";
import { directories } from "./topics/directories.ts";
import { linking } from "./topics/linking.ts";
import { listing } from "./topics/listing.ts";
import { locks } from "./topics/locks.ts";
import { names } from "./topics/names.ts";
import { opening } from "./topics/opening.ts";
import { permissions } from "./topics/permissions.ts";
import { renaming } from "./topics/renaming.ts";
import { special } from "./topics/special.ts";
import { symlinks } from "./topics/symlinks.ts";
import { times } from "./topics/times.ts";
import { truncating } from "./topics/truncating.ts";
import { xattrs } from "./topics/xattrs.ts";

/** All topics. */
export const topics: readonly Topic[] = [
  opening,
  data,
  truncating,
  linking,
  symlinks,
  directories,
  listing,
  renaming,
  attributes,
  times,
  permissions,
  special,
  xattrs,
  locks,
  names,
];
