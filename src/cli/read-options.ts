/**
 * Reads a command's options: the command line wins over the environment, that over the config file, that over the default.
 * A refusal names the option, where it was given, the value and what is allowed.
 */
import { readFileSync } from 'node:fs';
import { SlipstreamError } from '../base/errors.ts';
import { envNameOf, optionRows } from './option-table.ts';
import type { OptionName, Options } from './option-table.ts';
import type { CommandName, OptionRow } from './option-row.ts';

/** Texts by option, as the command line gave them; a switch is `true` or `false`. */
export type GivenFlags = Partial<Readonly<Record<OptionName, string | boolean>>>;

/** @throws {SlipstreamError} SLIPSTREAM_BAD_OPTION */
export function readOptions(command: CommandName, flags: GivenFlags, env: NodeJS.ProcessEnv): Options {
  const rows = optionRows.filter(([, row]) => row.commands.includes(command));
  const configRow = rows.find(([name]) => name === 'config')?.[1];
  const configFile = configRow === undefined ? undefined : (flags.config ?? env[envNameOf(configRow)]);
  const config = typeof configFile === 'string' ? readConfig(configFile, command) : {};
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const [name, row] of optionRows) {
    values[name] = row.commands.includes(command) ? valueOf(name, row, flags, env, config) : row.default;
  }
  return values as Options;
}

function valueOf(
  name: OptionName,
  row: OptionRow<unknown>,
  flags: GivenFlags,
  env: NodeJS.ProcessEnv,
  config: Readonly<Record<string, unknown>>,
): unknown {
  const flag = flags[name];
  if (flag !== undefined) return parse(row, String(flag), `--${row.flag}`);
  const envName = envNameOf(row);
  const fromEnv = env[envName];
  // A variable that is set to nothing counts as not set, as Compose files and Kubernetes manifests leave them.
  if (fromEnv !== undefined && fromEnv !== '') return parse(row, fromEnv, envName);
  const fromConfig = config[name];
  if (fromConfig !== undefined) return parse(row, textOf(fromConfig), `"${name}" in the config file`);
  return row.default;
}

function parse(row: OptionRow<unknown>, given: string, where: string): unknown {
  const parsed = row.schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw badOption(`${where}: '${given}' is not allowed; allowed: ${row.allowed}`);
}

/** The config file's value as the command line would spell it. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function readConfig(file: string, command: CommandName): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw badOption(`--config: '${file}' cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  const config = parseConfig(text, file);
  const known = optionRows.filter(([name, row]) => name !== 'config' && row.commands.includes(command));
  const names: readonly string[] = known.map(([name]) => name);
  for (const name of Object.keys(config)) {
    if (!names.includes(name)) throw badOption(`--config: '${file}' has "${name}"; allowed: ${names.join(', ')}`);
  }
  return config;
}

function parseConfig(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    const parsed = JSON.parse(text) as unknown;
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch {
    // Told below, as for JSON that is no object.
  }
  throw badOption(`--config: '${file}' is not a JSON object`);
}

/** The values of a command's options, as a config file that gives the same ones. */
export function printableOptions(command: CommandName, options: Options): string {
  const rows = optionRows.filter(([name, row]) => name !== 'config' && row.commands.includes(command));
  return JSON.stringify(Object.fromEntries(rows.map(([name]) => [name, options[name]])), undefined, 2);
}

export function badOption(message: string): SlipstreamError {
  return new SlipstreamError('SLIPSTREAM_BAD_OPTION', message);
}
