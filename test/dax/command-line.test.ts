import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CliProcess } from '../cli/cli-process.ts';
import { closeAll, openDax, temporaryFolder } from './dax-rig.ts';

afterEach(closeAll);

const ports = ['--http-port', 'off', '--admin-port', 'off', '--dax-port', '0'];

describe('slipstream serve', () => {
  it('opens the DAX door, tells where, and answers its client', async () => {
    await using running = new CliProcess(['serve', '--in-memory', '--no-demo', ...ports]);
    const { dax } = await running.ready();
    expect(dax).toMatch(/^dax:\/\/127\.0\.0\.1:\d+$/);
    const client = openDax({ endpoint: dax as string });
    await expect(client.getItem({ TableName: 'absent', Key: { pk: { S: 'a' } } })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });

  it('asks DAX clients for signatures too, when it asks anybody', async () => {
    const file = join(temporaryFolder(), 'credentials.json');
    writeFileSync(file, JSON.stringify([{ accessKeyId: 'AKIDKNOWN', secretAccessKey: 'known' }]));
    const auth = ['--auth', 'sigv4', '--credentials', file];
    await using running = new CliProcess(['serve', '--in-memory', '--no-demo', ...ports, ...auth]);
    const { dax } = await running.ready();
    const stranger = openDax({ endpoint: dax as string });
    await expect(stranger.getItem({ TableName: 'absent', Key: { pk: { S: 'a' } } })).rejects.toMatchObject({
      code: 'UnrecognizedClientException',
    });
    const known = openDax({
      endpoint: dax as string,
      credentials: { accessKeyId: 'AKIDKNOWN', secretAccessKey: 'known' },
    });
    await expect(known.getItem({ TableName: 'absent', Key: { pk: { S: 'a' } } })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });

  it.each([
    [['--dax-tls-cert', '/nowhere/cert.pem'], '--dax-tls-cert and --dax-tls-key belong together: give both'],
    [['--dax-tls-cert', '/nowhere/cert.pem', '--dax-tls-key', '/nowhere/key.pem'], '--dax-tls-cert /nowhere/cert.pem'],
    [['--dax-advertise', 'host:port'], '--dax-advertise host:port: give a host, or host:port'],
  ])('does not begin with %j, and says why', async (flags, why) => {
    await using running = new CliProcess(['serve', '--in-memory', '--no-demo', ...ports, ...flags]);
    const { code, stderr, stdout } = await running.exit();
    expect(code).not.toBe(0);
    expect(stderr).toContain(why);
    expect(stdout).toBe('');
  });
});
