// One row of an option table: type, default, range, reload. Spec: config-and-cli.md 4 to 7.

/** How the daemon reads the text of a value. */
export type OptionKind =
  | "uint8"
  | "uint16"
  | "uint32"
  | "int32"
  | "decimal"
  | "umask"
  | "text"
  | "path"
  | "user"
  | "group"
  | "host"
  | "listenHost"
  | "address"
  | "port"
  | "size"
  | "reserve"
  | "rates"
  | "labels";

/** Everything that is known about one option. */
export interface OptionRow {
  readonly kind: OptionKind;
  /** Null: not defined unless the file defines it. */
  readonly default: string | number | null;
  readonly reloadable: boolean;
  readonly min?: number;
  readonly max?: number;
  /** What the daemon does outside of the range: a number is the value taken instead. */
  readonly beyond?: "clamped" | "kept" | "refused" | number;
  /** The name that should be used instead of this old one. */
  readonly insteadUse?: string;
  /** Known to older versions, ignored silently by 3.0.117. */
  readonly obsolete?: true;
}

type Extra = Omit<OptionRow, "kind" | "default" | "reloadable">;

/** An option that a reload puts into effect. */
export function live(kind: OptionKind, value: OptionRow["default"], extra: Extra = {}): OptionRow {
  return { kind, default: value, reloadable: true, ...extra };
}

/** An option that is read at start only. */
export function fixed(kind: OptionKind, value: OptionRow["default"], extra: Extra = {}): OptionRow {
  return { kind, default: value, reloadable: false, ...extra };
}

/** The options common to the three daemons (spec 4); none is reloadable. */
export function commonOptions(program: string): {
  readonly [name in CommonOption]: OptionRow;
} {
  return {
    WORKING_USER: fixed("user", "mfs"),
    WORKING_GROUP: fixed("group", "mfs"),
    SYSLOG_IDENT: fixed("text", program),
    LOCK_MEMORY: fixed("int32", 0),
    LIMIT_GLIBC_MALLOC_ARENAS: fixed("uint8", 4),
    DISABLE_OOM_KILLER: fixed("uint8", 1),
    NICE_LEVEL: fixed("int32", -19),
    FILE_UMASK: fixed("umask", 0o27),
    DATA_PATH: fixed("path", "/var/lib/mfs"),
  };
}

type CommonOption =
  | "WORKING_USER"
  | "WORKING_GROUP"
  | "SYSLOG_IDENT"
  | "LOCK_MEMORY"
  | "LIMIT_GLIBC_MALLOC_ARENAS"
  | "DISABLE_OOM_KILLER"
  | "NICE_LEVEL"
  | "FILE_UMASK"
  | "DATA_PATH";
