// The longest bodies that we accept where a layout has no end of its own, each with its reason.

export const limits = {
  /** The longest body that a 3.0.117 master accepts; no request of ours comes near. */
  requestBytes: 50_000_000,
  /** A chunkserver's limit for a request. */
  chunkserverRequestBytes: 100_000,
  /** 65,535 chunkserver ids, 69 bytes each. */
  chunkserverListBytes: 65_535 * 69,
  /** Metaloggers are a handful; 8 bytes each. */
  metaloggerListBytes: 65_536,
  /** About 100,000 sessions with their texts. */
  sessionListBytes: 50_000_000,
  /** An exports file of some 100,000 lines. */
  exportsBytes: 10_000_000,
  /** 255 classes of at most 323 + 27 labels of 18 bytes times three sets. */
  storageClassesBytes: 1_048_576,
  /** Lists of files, chunks and paths: whatever a master can send in one body. */
  fileListBytes: 50_000_000,
  /** At most 100 copies of 14 bytes behind 59 bytes; some room for masters that list more. */
  locationBytes: 4096,
  /** 65,536 trash times (hours in 16 bits) of files and as many of directories, 8 bytes each. */
  trashTimesBytes: 2 * 65_536 * 8 + 12,
  /** 65,535 named users and as many groups, 6 bytes each. */
  aclBytes: 2 * 65_535 * 6 + 64,
  /** A list or value of at most 65,536 bytes; peers may answer more than they would take. */
  extendedAttributeBytes: 1_048_576,
  /** A master refuses listings of 0xFFFF0000 bytes and more; 12 bytes stand in front. */
  directoryBytes: 0xffff_0000 + 12,
  /** 4,096 values of 8 bytes, or an image of a few screens. */
  chartBytes: 1_048_576,
  /** Disks of one chunkserver, about 500 bytes each. */
  diskListBytes: 1_048_576,
} as const satisfies Record<string, number>;
