// The Debian packages of the stock MooseFS 3.0.117, with the programs by which they are known.

/** What a cluster of stock programs needs on this machine. */
export const stockPackages = {
  "moosefs-master": ["mfsmaster", "mfsmetadump"],
  "moosefs-chunkserver": ["mfschunkserver"],
  "moosefs-metalogger": ["mfsmetalogger"],
  "moosefs-client": ["mfsmount", "mfsgetgoal"],
  fuse3: ["fusermount3"],
  "moosefs-cli": ["mfscli"],
} as const satisfies Record<string, readonly string[]>;

/** What makes clocks run faster for a test; without it the test takes longer. */
export const clockPackages = ["faketime"] as const;
