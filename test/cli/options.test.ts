/** The option table: where values come from, which win, and what a refusal says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { SlipstreamError } from '../../src/base/errors.ts';
import { envNameOf, optionRows, optionTable } from '../../src/cli/option-table.ts';
import type { CommandName } from '../../src/cli/option-row.ts';
import { printableOptions, readOptions } from '../../src/cli/read-options.ts';
import type { GivenFlags } from '../../src/cli/read-options.ts';
import { storeDefaults } from '../../src/store/embedded-store.ts';
import { runCli } from './cli-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipstream-options-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;

function configFile(content: unknown): string {
  const file = join(folder, `${++files}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

function refusal(command: CommandName, flags: GivenFlags, env: NodeJS.ProcessEnv = {}): string {
  try {
    readOptions(command, flags, env);
  } catch (error) {
    if (error instanceof SlipstreamError && error.code === 'SLIPSTREAM_BAD_OPTION') return error.message;
    throw error;
  }
  throw new Error('it was allowed');
}

describe('a value', () => {
  test('comes from the command line, else the environment, else the config file, else the default', () => {
    const config = configFile({ httpPort: 3, host: 'from-config' });
    const env = { SLIPSTREAM_HTTP_PORT: '2', SLIPSTREAM_CONFIG: config };
    expect(readOptions('serve', { httpPort: '1' }, env).httpPort).toBe(1);
    expect(readOptions('serve', {}, env).httpPort).toBe(2);
    expect(readOptions('serve', { config }, {})).toMatchObject({ httpPort: 3, host: 'from-config', adminPort: 8110 });
    expect(readOptions('serve', {}, { SLIPSTREAM_HTTP_PORT: '' }).httpPort).toBe(8000);
  });

  test('that another command takes is left at its default', () => {
    expect(readOptions('health', {}, { SLIPSTREAM_HTTP_PORT: '2' }).httpPort).toBe(8000);
  });

  test.each([
    ['itemCacheBytes', '1000', 1000],
    ['itemCacheBytes', '256MiB', 268_435_456],
    ['itemCacheBytes', '1.5 GiB', 1_610_612_736],
    ['itemCacheBytes', '2kb', 2000],
    ['itemTtlMs', '0', 0],
    ['itemTtlMs', '1500', 1500],
    ['itemTtlMs', '90s', 90_000],
    ['itemTtlMs', '5m', 300_000],
    ['adminPort', 'off', 'off'],
    ['adminPort', '0', 0],
    ['inMemory', '1', true],
    ['demo', 'false', false],
    ['latency', '20', [20, 0]],
    ['latency', '20,5', [20, 5]],
    ['errorRate', '0.25', 0.25],
    ['replicaLagMs', '2s', 2_000],
    ['cors', 'http://a, http://b', ['http://a', 'http://b']],
    ['ttls', '{"T":{"itemTtlMs":5}}', { T: { itemTtlMs: 5 } }],
    ['backing', 'https://dynamodb.eu-west-1.amazonaws.com', 'https://dynamodb.eu-west-1.amazonaws.com'],
  ] as const)('of %s may be written as %s', (name, text, value) => {
    expect(readOptions('serve', { [name]: text }, {})[name]).toEqual(value);
  });

  test.each([
    ['itemCacheBytes', 'lots'],
    ['itemCacheBytes', '-1'],
    ['itemCacheBytes', '1TiB'],
    ['itemTtlMs', '5 minutes'],
    ['itemTtlMs', '-5'],
    ['httpPort', '65536'],
    ['httpPort', '80a'],
    ['httpPort', ''],
    ['inMemory', 'yes'],
    ['onFeedLoss', 'fail'],
    ['backing', 'dynamodb.eu-west-1.amazonaws.com'],
    ['backing', 'ftp://host'],
    ['ttls', '{"T":{"ttl":5}}'],
    ['ttls', '{'],
    ['host', ''],
    ['latency', '20,5,1'],
    ['latency', '20,'],
    ['latency', '3600001'],
    ['errorRate', '1.5'],
    ['throttleRate', '-1'],
    ['connectionsMax', '0'],
  ] as const)('of %s may not be %s, and the refusal says what may', (name, text) => {
    const row = optionTable[name];
    expect(refusal('serve', { [name]: text })).toBe(`--${row.flag}: '${text}' is not allowed; allowed: ${row.allowed}`);
  });
});

describe('the config file', () => {
  test('may hold what --print-config printed', () => {
    const given = readOptions(
      'serve',
      { itemTtlMs: '7s', cors: 'http://a,http://b', ttls: '{"T":{"queryTtlMs":0}}' },
      {},
    );
    const config = configFile(printableOptions('serve', given));
    expect({ ...readOptions('serve', { config }, {}), config: undefined }).toEqual(given);
  });

  test('is refused with its name when it cannot be read, is no object, or has an unknown option', () => {
    const missing = join(folder, 'missing.json');
    expect(refusal('serve', { config: missing })).toBe(`--config: '${missing}' cannot be read (ENOENT)`);
    for (const content of ['{', '[1]', 'null']) {
      const file = configFile(content);
      expect(refusal('serve', { config: file })).toBe(`--config: '${file}' is not a JSON object`);
    }
    const unknown = configFile({ httpProt: 1 });
    expect(refusal('serve', { config: unknown })).toContain(`'${unknown}' has "httpProt"; allowed: httpPort, `);
    const wrong = configFile({ httpPort: 'x' });
    expect(refusal('serve', { config: wrong })).toContain(`"httpPort" in the config file: 'x' is not allowed`);
  });
});

test('every option has a flag and a variable of its own, and a default that its own limits allow', () => {
  const spellings = optionRows.flatMap(([, row]) => [row.flag, ...row.aliases]);
  expect(new Set(spellings).size).toBe(spellings.length);
  expect(new Set(optionRows.map(([, row]) => envNameOf(row))).size).toBe(optionRows.length);
  for (const [name, row] of optionRows) {
    const { default: value } = row;
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value.join(',') : String(value as string | number | boolean);
    expect([name, row.schema.parse(text)]).toEqual([name, value]);
  }
});

test("the embedded store's options have the store's own defaults", () => {
  for (const name of [
    'durability',
    'createTableMs',
    'updateTableMs',
    'deleteTableMs',
    'streamShards',
    'shardRollMs',
    'replicaLagMs',
    'indexLagMs',
    'lagBytesMax',
  ] as const) {
    expect([name, optionTable[name].default]).toEqual([name, storeDefaults[name]]);
  }
});

// Processes start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

describe('the command line', () => {
  test('--help tells of every option of the command: flag, variable and default', async () => {
    const { code, stdout } = await runCli(['serve', '--help']);
    expect(code).toBe(0);
    const words = stdout.replaceAll(/\s+/g, ' ');
    for (const [, row] of optionRows.filter(([, { commands }]) => commands.includes('serve'))) {
      expect(words).toContain(`--${row.flag}`);
      expect(words).toContain(`env: ${envNameOf(row)}`);
    }
    expect(words).toContain('(env: SLIPSTREAM_HTTP_PORT, default: 8000)');
  });

  test("takes DAX's and DynamoDB Local's spellings, and --print-config shows what came of them", async () => {
    const args = [
      '--record-ttl-millis',
      '1000',
      '--query-ttl-millis=2000',
      '-inMemory',
      '-dbPath',
      'here',
      '--no-demo',
    ];
    const { code, stdout } = await runCli(['serve', ...args, '--print-config'], { SLIPSTREAM_HOST: '::1' });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      itemTtlMs: 1000,
      queryTtlMs: 2000,
      inMemory: true,
      data: 'here',
      demo: false,
      host: '::1',
    });
  });

  test("takes all of DynamoDB Local's flags for a store", async () => {
    const args = '-inMemory -sharedDb -port 0 -cors * -dbPath here -delayTransientStatuses -optimizeDbBeforeStartup';
    const { code, stdout } = await runCli(['store', ...args.split(' '), '-disableTelemetry', '--print-config']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      inMemory: true,
      sharedDb: true,
      httpPort: 0,
      cors: ['*'],
      data: 'here',
      delayTransientStatuses: true,
      optimizeDbBeforeStartup: true,
      disableTelemetry: true,
    });
    expect(await runCli(['store', '-help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('--http-port') });
    const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;
    expect(await runCli(['store', '-version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  test('a switch of the environment can be taken back', async () => {
    const { stdout } = await runCli(['serve', '--no-in-memory', '--print-config'], { SLIPSTREAM_IN_MEMORY: 'true' });
    expect(JSON.parse(stdout)).toMatchObject({ inMemory: false });
  });

  test('version prints the version of the package', async () => {
    const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;
    expect(await runCli(['version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });
});
