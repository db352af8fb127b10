/** One row of the table of options. */
import { flag } from './option-values.ts';
import type { ValueKind } from './option-values.ts';

export const commandNames = ['serve', 'store', 'bench', 'warm', 'flush', 'health', 'version'] as const;

export type CommandName = (typeof commandNames)[number];

export interface OptionRow<Value> extends ValueKind<Value> {
  /** Without its dashes. */
  readonly flag: string;
  /** Other spellings, which `--help` does not show. */
  readonly aliases: readonly string[];
  /** How `--help` names the value; undefined for a switch, which has none. */
  readonly placeholder: string | undefined;
  readonly default: Value;
  readonly help: string;
  readonly commands: readonly CommandName[];
}

interface Described<Value, Default> {
  readonly kind: ValueKind<Value>;
  readonly default: Default;
  readonly help: string;
  readonly in: readonly CommandName[];
  readonly placeholder?: string;
  readonly aliases?: readonly string[];
}

export function option<Value>(name: string, row: Described<Value, NoInfer<Value>>): OptionRow<Value>;
export function option<Value>(name: string, row: Described<Value, undefined>): OptionRow<Value | undefined>;
export function option<Value>(name: string, row: Described<Value, Value | undefined>): OptionRow<Value | undefined> {
  return {
    schema: row.kind.schema,
    allowed: row.kind.allowed,
    flag: name,
    aliases: row.aliases ?? [],
    placeholder: row.kind === (flag as unknown) ? undefined : (row.placeholder ?? '<value>'),
    default: row.default,
    help: row.help,
    commands: row.in,
  };
}

/** The commands that take a row. */
export const SERVE: readonly CommandName[] = ['serve'];
export const DOORS: readonly CommandName[] = ['serve', 'store'];
export const DAY_MS = 86_400_000;
