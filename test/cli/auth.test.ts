/** `--auth sigv4`: who is let in, at which doors, and what is said of a file that cannot be used. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, test } from 'vitest';
import { readAuth } from '../../src/cli/auth-options.ts';
import { CliProcess, TempFolder } from './cli-process.ts';

const folder = new TempFolder();
afterAll(() => folder[Symbol.dispose]());

const lasting = { accessKeyId: 'AKIDLASTING', secretAccessKey: 'one' };
const temporary = { accessKeyId: 'ASIATEMPORARY', secretAccessKey: 'two', sessionToken: 'token' };

function fileOf(content: unknown): string {
  const file = join(folder.path, `${Math.random()}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

describe.each([
  ['serve', ['serve', '--in-memory', '--no-demo', '--admin-port', 'off', '--dax-port', 'off', '--dax-tls-port', 'off']],
  ['store', ['store', '--in-memory']],
] as const)('%s --auth sigv4', (_, command) => {
  test('lets in who signs with a key of the file for the region, and nobody else', async () => {
    await using running = new CliProcess([
      ...command,
      ...[
        '--http-port',
        '0',
        '--region',
        'eu-west-1',
        '--auth',
        'sigv4',
        '--credentials',
        fileOf([lasting, temporary]),
      ],
    ]);
    const { http } = await running.ready();
    const listTables = async (credentials: object, region = 'eu-west-1') => {
      const client = new DynamoDBClient({
        endpoint: http as string,
        region,
        credentials: { ...lasting, ...credentials },
        maxAttempts: 1,
      });
      try {
        return (await client.send(new ListTablesCommand())).TableNames;
      } catch (error) {
        return (error as Error).name;
      } finally {
        client.destroy();
      }
    };
    expect(await listTables({})).toEqual([]);
    expect(await listTables(temporary)).toEqual([]);
    expect(await listTables({ ...temporary, sessionToken: 'another' })).toBe('UnrecognizedClientException');
    expect(await listTables({ ...temporary, sessionToken: undefined })).toBe('UnrecognizedClientException');
    expect(await listTables({ accessKeyId: 'AKIDUNKNOWN' })).toBe('UnrecognizedClientException');
    expect(await listTables({ secretAccessKey: 'guess' })).toBe('InvalidSignatureException');
    expect(await listTables({}, 'us-west-2')).toBe('InvalidSignatureException');
  });
});

describe('what cannot be meant is refused', () => {
  test.each([
    ['no file', { auth: 'sigv4', credentials: undefined }, '--auth sigv4: --credentials has to name a JSON file'],
    ['a file and nobody asked', { auth: 'none', credentials: 'keys.json' }, 'give --auth sigv4 as well'],
    [
      'a file that is not there',
      { auth: 'sigv4', credentials: '/nowhere/keys.json' },
      "'/nowhere/keys.json' cannot be read (ENOENT)",
    ],
  ] as const)('%s', (_, options, message) => {
    expect(() => readAuth(options)).toThrow(message);
  });

  test.each([
    ['no JSON', 'secret-text', 'has not the form'],
    ['no list', lasting, 'has not the form'],
    ['an empty list', [], 'has not the form'],
    ['no secret', [{ accessKeyId: 'A' }], 'at 0.secretAccessKey'],
    ['a member that nobody reads', [lasting, { ...lasting, secret: 'secret-text' }], 'has not the form'],
    ['one key twice', [lasting, { ...lasting, secretAccessKey: 'secret-text' }], 'two entries for AKIDLASTING'],
  ])('a file with %s, and no secret of it is shown', (_, content, message) => {
    const read = () => readAuth({ auth: 'sigv4', credentials: fileOf(content) });
    expect(read).toThrow(message);
    expect(read).not.toThrow('secret-text');
  });
});
