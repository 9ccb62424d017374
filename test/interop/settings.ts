// The configuration files of a cluster under test. Whoever plays a role, ours or the stock program, reads the
// same files. Spec: config-and-cli.md sections 3 to 10.

/** Settings of one configuration file; numbers as text. */
export type Settings = Readonly<Record<string, string>>;

/** Ports as the specification has them; the addresses differ. */
export const ports = { metaloggers: 9419, chunkservers: 9420, clients: 9421, data: 9422 } as const;

const ofEveryDaemon: Settings = {
  WORKING_USER: "root",
  WORKING_GROUP: "root",
  NICE_LEVEL: "0",
  DISABLE_OOM_KILLER: "0",
};

export interface Place {
  /** Folder of the configuration files, with a slash at the end. */
  readonly etc: string;
  readonly dataDir: string;
  readonly address: string;
}

/** Settings of mfsmaster.cfg before a test's own. */
export function masterSettings(place: Place): Settings {
  return {
    ...ofEveryDaemon,
    DATA_PATH: place.dataDir,
    EXPORTS_FILENAME: `${place.etc}mfsexports.cfg`,
    TOPOLOGY_FILENAME: `${place.etc}mfstopology.cfg`,
    MATOML_LISTEN_HOST: place.address,
    MATOCS_LISTEN_HOST: place.address,
    MATOCL_LISTEN_HOST: place.address,
  };
}

/** Settings of mfschunkserver.cfg before a test's own; the address is the server's identity. */
export function chunkserverSettings(place: Place, master: string, labels: string): Settings {
  return {
    ...ofEveryDaemon,
    DATA_PATH: place.dataDir,
    HDD_CONF_FILENAME: `${place.etc}mfshdd.cfg`,
    HDD_LEAVE_SPACE_DEFAULT: "64MiB",
    MASTER_HOST: master,
    MASTER_RECONNECTION_DELAY: "1",
    BIND_HOST: place.address,
    CSSERV_LISTEN_HOST: place.address,
    ...(labels === "" ? {} : { LABELS: labels }),
  };
}

/** Settings of mfsmetalogger.cfg before a test's own. */
export function metaloggerSettings(place: Place, master: string): Settings {
  return {
    ...ofEveryDaemon,
    DATA_PATH: place.dataDir,
    MASTER_HOST: master,
    MASTER_RECONNECTION_DELAY: "1",
    BIND_HOST: place.address,
  };
}

/** The text of a configuration file. */
export function settingsText(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("");
}

/** One folder for chunks, as mfshdd.cfg has it. */
export interface DiskLine {
  readonly path: string;
  /** To be emptied. */
  readonly isMarked: boolean;
  /** At most this much is used: `2GiB`. */
  readonly size?: string;
}

/** The text of mfshdd.cfg. */
export function disksText(disks: readonly DiskLine[]): string {
  return disks
    .map(({ path, isMarked, size }) => `${isMarked ? "*" : ""}${path}${size ? ` ${size}` : ""}\n`)
    .join("");
}
