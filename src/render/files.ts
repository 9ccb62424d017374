// The daemons' own files as an inventory asks for them, each judged by our own parser before anyone
// may write it. Spec: config-and-cli.md 3 to 10.
import { diskLine } from "../../daemons/config/hdd-edit.ts";
import { parseDisks } from "../../daemons/config/hdd.ts";
import { parseConfig } from "../../daemons/config/parse-config.ts";
import { parseExports } from "../../daemons/config/exports.ts";
import { parseTopology } from "../../daemons/config/topology.ts";
import type { Problem } from "../../daemons/config/problem.ts";
import { MfsctlError } from "../errors.ts";
import type { DaemonName, Inventory, InventoryHost } from "../inventory/schema.ts";
import { paths } from "../layout.ts";
import { renderTemplate } from "./render.ts";

type Settings = Readonly<Record<string, string | number>>;

/** mfsmaster.cfg, for the host that is or may become the master. */
export function masterConfig(inventory: Inventory, host: InventoryHost): string {
  const at = paths(inventory);
  const base = { EXPORTS_FILENAME: at.exports, TOPOLOGY_FILENAME: at.topology };
  return daemonConfig(inventory, host, "mfsmaster", base);
}

/** mfsmetalogger.cfg; the address is the one that the metalogger connects to. */
export function metaloggerConfig(
  inventory: Inventory,
  host: InventoryHost,
  masterAddress: string,
): string {
  return daemonConfig(inventory, host, "mfsmetalogger", { MASTER_HOST: masterAddress });
}

/** mfschunkserver.cfg; the address is the one that the chunkserver connects to. */
export function chunkserverConfig(
  inventory: Inventory,
  host: InventoryHost,
  masterAddress: string,
): string {
  return daemonConfig(inventory, host, "mfschunkserver", {
    MASTER_HOST: masterAddress,
    HDD_CONF_FILENAME: paths(inventory).disks,
    LABELS: host.labels.join(","),
  });
}

/** mfsexports.cfg. */
export function exportsFile(inventory: Inventory): string {
  const { cluster, exports } = inventory;
  const text = renderTemplate("mfsexports.cfg.ejs", { cluster, lines: exports });
  return judged("mfsexports.cfg", null, text, parseExports(text).problems);
}

/** mfstopology.cfg; without racks it holds only comments. */
export function topologyFile(inventory: Inventory): string {
  const { cluster, topology } = inventory;
  const text = renderTemplate("mfstopology.cfg.ejs", { cluster, lines: topology });
  return judged("mfstopology.cfg", null, text, parseTopology(text).problems);
}

/** mfshdd.cfg with "*" in front of the disks in `marked`, which are named by their path. */
export function hddFile(
  inventory: Inventory,
  host: InventoryHost,
  marked: ReadonlySet<string>,
): string {
  const lines = host.disks.map(({ path, leave_free: leaveFree, limit }) => {
    const line = diskLine({
      path,
      ...(leaveFree === undefined ? {} : { leaveFree }),
      ...(limit === undefined ? {} : { limit }),
    });
    return marked.has(path) ? `*${line}` : line;
  });
  const text = renderTemplate("mfshdd.cfg.ejs", { cluster: inventory.cluster, lines });
  return judged("mfshdd.cfg", host, text, parseDisks(text).problems);
}

function daemonConfig(
  inventory: Inventory,
  host: InventoryHost,
  daemon: DaemonName,
  own: Settings,
): string {
  const base: Settings = {
    WORKING_USER: inventory.user,
    WORKING_GROUP: inventory.group,
    DATA_PATH: paths(inventory).data,
    SYSLOG_IDENT: daemon,
    ...own,
  };
  const wanted = { ...base, ...inventory.settings[daemon], ...host.settings[daemon] };
  const text = renderTemplate(`${daemon}.cfg.ejs`, {
    cluster: inventory.cluster,
    is: wanted,
    others: Object.entries(wanted).filter(([name]) => !Object.hasOwn(base, name)),
  });
  return judged(`${daemon}.cfg`, host, text, parseConfig(daemon, text).problems);
}

/** The text, unless a daemon would drop or misread a line of it. */
function judged(
  file: string,
  host: InventoryHost | null,
  text: string,
  problems: readonly Problem[],
): string {
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return text;
  const lines = text.split("\n");
  const of = host === null ? "" : ` of host "${host.name}"`;
  const count = errors.length === 1 ? "1 wrong line" : `${errors.length} wrong lines`;
  throw new MfsctlError(
    "invalidInventory",
    `Cannot write "${file}"${of}: ${count}, expected none that the daemon drops or misreads`,
    {
      host: host?.name,
      hint: "correct these lines in the inventory",
      details: errors.map(({ line, message }) => {
        const written = lines[line - 1] ?? "";
        return line === 0 ? `${file}: ${message}` : `${file}: "${written}": ${message}`;
      }),
    },
  );
}
