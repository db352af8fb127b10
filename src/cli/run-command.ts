/** From the words of the command line to one command's run; what fails ends in one line on stderr and an exit code. */
import { Command, CommanderError, Option } from 'commander';
import { SlipstreamError } from '../base/errors.ts';
import { exitCodeOf, FAILED, OK } from './exit-code.ts';
import { envNameOf, optionRows } from './option-table.ts';
import type { OptionName, Options } from './option-table.ts';
import type { CommandName, OptionRow } from './option-row.ts';
import { printableOptions, readOptions } from './read-options.ts';
import type { GivenFlags } from './read-options.ts';
import { packageVersion } from './version.ts';

type Run = (options: Options, words: readonly string[]) => Promise<number>;

interface CommandRow {
  readonly summary: string;
  /** The words it takes beside options, as `commander` spells them. */
  readonly words?: string;
  readonly run: Run;
}

/** Each command loads what it needs when it runs: a probe by `health` must not load a database. */
const commandTable: Readonly<Record<CommandName, CommandRow>> = {
  serve: {
    summary: 'the accelerator in front of a backing store',
    run: async (options) => (await import('./serve.ts')).serve(options),
  },
  store: {
    summary: "the embedded store alone: DynamoDB's API on this machine",
    run: async (options) => (await import('./store.ts')).serveStore(options),
  },
  bench: {
    summary: 'measures what a hit saves, here',
    words: '[arguments...]',
    run: async (_, words) => (await import('./bench.ts')).bench(words),
  },
  warm: {
    summary: "fills a running proxy's item cache",
    words: '[tables...]',
    run: async (options, tables) => (await import('./warm.ts')).warm(options, tables),
  },
  flush: {
    summary: "empties a running proxy's caches",
    words: '[table]',
    run: async (options, [table]) => (await import('./ask-admin.ts')).flush(options, table),
  },
  health: {
    summary: 'exits 0 when a running proxy is ready, 1 when not',
    run: async (options) => (await import('./ask-admin.ts')).health(options),
  },
  version: {
    summary: 'prints the version',
    run: () => {
      process.stdout.write(`${packageVersion()}\n`);
      return Promise.resolve(OK);
    },
  },
};

/** Resolves with the exit code. */
export async function runCommand(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  let code = OK;
  const program = new Command('slipstream')
    .description('An open accelerator for DynamoDB')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  for (const [name, row] of Object.entries(commandTable) as [CommandName, CommandRow][]) {
    addCommand(program, name, row, async (flags, words) => {
      const options = readOptions(name, flags, env);
      if (flags.printConfig === true) process.stdout.write(`${printableOptions(name, options)}\n`);
      else code = await row.run(options, words);
    });
  }
  try {
    await program.parseAsync(localSpellings(args), { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, program);
  }
}

type CommandFlags = GivenFlags & { readonly printConfig?: boolean };

function addCommand(
  program: Command,
  name: CommandName,
  { summary, words }: CommandRow,
  run: (flags: CommandFlags, words: readonly string[]) => Promise<void>,
): void {
  const command = program.command(name).description(summary).allowExcessArguments(false);
  if (words !== undefined) command.argument(words);
  if (name === 'bench') command.allowUnknownOption().helpOption(false);
  const rows = optionRows.filter(([, row]) => row.commands.includes(name));
  for (const [, row] of rows) addOption(command, row);
  if (rows.some(([option]) => option === 'config')) {
    command.option('--print-config', 'Print the options as they are in effect, as a config file, and end');
  }
  command.action(async (...given: unknown[]) => {
    // commander gives the words, then the flags, then the command.
    const flags = command.opts<Record<string, string | boolean>>();
    const ownWords = given
      .slice(0, -2)
      .flat()
      .filter((word) => word !== undefined) as string[];
    await run({ ...flagsByName(rows, flags), ...(flags['printConfig'] === true && { printConfig: true }) }, ownWords);
  });
}

function addOption(command: Command, row: OptionRow<unknown>): void {
  const value = row.placeholder === undefined ? '' : ` ${row.placeholder}`;
  const about = [`env: ${envNameOf(row)}`];
  const shown = shownDefault(row);
  if (shown !== undefined) about.push(`default: ${shown}`);
  command.addOption(new Option(`--${row.flag}${value}`, `${row.help} (${about.join(', ')})`));
  // Beside a switch its opposite, to overrule the environment or the config file.
  if (row.placeholder === undefined) command.addOption(new Option(`--no-${row.flag}`).hideHelp());
  for (const alias of row.aliases) command.addOption(new Option(`--${alias}${value}`).hideHelp());
}

function shownDefault(row: OptionRow<unknown>): string | undefined {
  const value = row.default;
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function flagsByName(
  rows: readonly (readonly [OptionName, OptionRow<unknown>])[],
  flags: Readonly<Record<string, string | boolean>>,
): GivenFlags {
  const named: Partial<Record<OptionName, string | boolean>> = {};
  for (const [name, row] of rows) {
    for (const spelling of [...row.aliases, row.flag]) {
      const given = flags[camelCase(spelling)];
      if (given !== undefined) named[name] = given;
    }
  }
  return named;
}

function camelCase(flag: string): string {
  return flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** DynamoDB Local's own flags, such as `-inMemory`: one dash, words joined by capitals. Others are left to be refused. */
function localSpellings(args: readonly string[]): string[] {
  const known = new Set(['help', 'version', ...optionRows.flatMap(([, row]) => [row.flag, ...row.aliases])]);
  return args.map((arg) => {
    if (!/^-[a-z]+[A-Za-z]+$/.test(arg)) return arg;
    const flag = arg.slice(1).replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return known.has(flag) ? `--${flag}` : arg;
  });
}

function explain(error: unknown, program: Command): number {
  if (error instanceof CommanderError) {
    // `--help` and `--version` end by an exception as well.
    if (error.exitCode === 0) return OK;
    if (error.code === 'commander.help') {
      process.stderr.write(program.helpInformation());
      return exitCodeOf(new SlipstreamError('SLIPSTREAM_BAD_OPTION', 'no command'));
    }
    process.stderr.write(`slipstream: ${error.message.replace(/^error: /, '').replaceAll('\n', ' ')}\n`);
    return exitCodeOf(new SlipstreamError('SLIPSTREAM_BAD_OPTION', error.message));
  }
  const code = exitCodeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`slipstream: ${message}\n`);
  // What we did not foresee is a bug, and its place is worth a stack.
  if (code === FAILED && error instanceof Error && !(error instanceof SlipstreamError)) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
  return code;
}
