/** `slipstream` as a process: its contract with scripts, service managers and operators. */
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { callApi, CliProcess, runCli, TempFolder, type ReadyLine } from './cli-process.ts';

const IN_MEMORY = ['serve', '--in-memory', '--http-port', '0', '--admin-port', '0'];

const TABLE = {
  TableName: 'Things',
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
};
const KEY = { TableName: 'Things', Key: { id: { S: '1' } } };
const ITEM = { id: { S: '1' }, price: { N: '5' } };

/** An address where nothing listens: it was free a moment ago. */
async function deadAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

// Processes start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

describe('serve', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('prints one ready line, serves, and ends with 0 at %s', async (signal) => {
    await using running = new CliProcess(IN_MEMORY);
    const line = await running.ready();
    expect(Object.keys(line)).toEqual(['ready', 'http', 'admin', 'pid']);
    expect(line).toMatchObject({ ready: true, http: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string });
    const http = line.http as string;
    expect((await callApi(http, 'CreateTable', TABLE)).status).toBe(200);
    expect((await callApi(http, 'PutItem', { TableName: 'Things', Item: ITEM })).status).toBe(200);
    await callApi(http, 'GetItem', KEY);
    expect(await callApi(http, 'GetItem', KEY)).toEqual({ status: 200, cache: 'hit', output: { Item: ITEM } });
    expect((await fetch(`${line.admin}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${line.admin}/metrics`)).text()).toContain(
      'slipstream_requests_total{operation="GetItem",outcome="hit"}',
    );
    running.kill(signal);
    const { code, stdout, stderr } = await running.exit();
    expect(code).toBe(0);
    expect(stdout).toBe(`${JSON.stringify(line)}\n`);
    expect(stderr).toContain(`export AWS_ENDPOINT_URL_DYNAMODB=${http}`);
  });

  test('leaves out of the ready line what is switched off', async () => {
    await using running = new CliProcess(['serve', '--in-memory', '--http-port', '0', '--admin-port', 'off']);
    expect(Object.keys(await running.ready())).toEqual(['ready', 'http', 'pid']);
  });

  test('answers the calls in flight after SIGTERM, and then ends', async () => {
    const waiting: ServerResponse[] = [];
    const store = createServer((request, response) => {
      request.resume();
      const held = request.headers['x-amz-target'] === 'DynamoDB_20120810.DescribeLimits';
      if (held) waiting.push(response);
      else response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(store, 'listening');
    const { port } = store.address() as AddressInfo;
    try {
      const args = ['serve', '--backing', `http://127.0.0.1:${port}`, '--http-port', '0', '--admin-port', 'off'];
      await using running = new CliProcess(args);
      const { http } = await running.ready();
      const call = callApi(http as string, 'DescribeLimits', {});
      while (waiting.length === 0) await once(store, 'request');
      running.kill('SIGTERM');
      await running.told('draining');
      await expect(callApi(http as string, 'ListTables', {})).rejects.toThrow('fetch failed');
      waiting[0]?.end('{"late":true}');
      expect((await call).output).toEqual({ late: true });
      expect((await running.exit()).code).toBe(0);
    } finally {
      store.closeAllConnections();
      store.close();
    }
  });

  test('keeps its data over a restart, in .slipstream of the folder where it runs', async () => {
    using folder = new TempFolder();
    const args = ['serve', '--no-demo', '--http-port', '0', '--admin-port', 'off'];
    {
      await using first = new CliProcess(args, {}, folder.path);
      const { http } = await first.ready();
      await callApi(http as string, 'CreateTable', TABLE);
      await callApi(http as string, 'PutItem', { TableName: 'Things', Item: ITEM });
      first.kill('SIGTERM');
      expect((await first.exit()).code).toBe(0);
    }
    await using second = new CliProcess([...args, '--data', '.slipstream'], {}, folder.path);
    const { http } = await second.ready();
    expect((await callApi(http as string, 'GetItem', KEY)).output).toEqual({ Item: ITEM });
  });

  test('takes no backing store from AWS_ENDPOINT_URL, which leads to itself', async () => {
    const dead = 'http://127.0.0.1:9';
    const env = { AWS_ENDPOINT_URL: dead, AWS_ENDPOINT_URL_DYNAMODB: dead };
    await using running = new CliProcess(IN_MEMORY, env);
    const { http } = await running.ready();
    expect(await callApi(http as string, 'ListTables', {})).toMatchObject({ status: 200, output: { TableNames: [] } });
  });

  test('health, flush and warm ask a proxy that runs', async () => {
    await using running = new CliProcess(IN_MEMORY);
    const { http, admin } = await running.ready();
    await callApi(http as string, 'CreateTable', TABLE);
    await callApi(http as string, 'PutItem', { TableName: 'Things', Item: ITEM });
    await callApi(http as string, 'GetItem', KEY);
    const health = await runCli(['health', '--admin-url', admin as string]);
    expect([health.code, JSON.parse(health.stdout)]).toMatchObject([0, { ready: true }]);
    const flush = await runCli(['flush', 'Things'], { SLIPSTREAM_ADMIN_URL: admin as string });
    expect([flush.code, JSON.parse(flush.stdout)]).toMatchObject([0, { flushed: 'Things', entries: 1 }]);
    const warm = await runCli(['warm', '--endpoint', http as string]);
    expect([warm.code, warm.stdout, warm.stderr]).toEqual([0, 'Things: 1 items\n', '']);
    expect((await callApi(http as string, 'GetItem', KEY)).cache).toBe('hit');
  });
});

describe('store', () => {
  test("speaks DynamoDB's API without a cache, also by DynamoDB Local's flags", async () => {
    await using running = new CliProcess(['store', '-inMemory', '-sharedDb', '-port', '0']);
    const line = await running.ready();
    expect(Object.keys(line)).toEqual(['ready', 'http', 'pid']);
    expect((await callApi(line.http as string, 'CreateTable', TABLE)).status).toBe(200);
    await callApi(line.http as string, 'PutItem', { TableName: 'Things', Item: ITEM });
    expect(await callApi(line.http as string, 'GetItem', KEY)).toEqual({
      status: 200,
      cache: null,
      output: { Item: ITEM },
    });
    running.kill('SIGTERM');
    const { code, stdout } = await running.exit();
    expect([code, stdout]).toEqual([0, `${JSON.stringify(line)}\n`]);
  });
});

describe('a store that is told to', () => {
  const create = (line: ReadyLine) => callApi(line.http as string, 'CreateTable', TABLE);
  const put = (line: ReadyLine) => callApi(line.http as string, 'PutItem', { TableName: 'Things', Item: ITEM });

  test('lags answers eventually consistent reads from the past, and tells the seed of it', async () => {
    await using running = new CliProcess(['store', '--in-memory', '--http-port', '0', '--replica-lag', '1h']);
    const line = await running.ready();
    await running.told('"seed":');
    await create(line);
    await put(line);
    expect(await callApi(line.http as string, 'GetItem', KEY)).toEqual({ status: 200, cache: null, output: {} });
    const strong = await callApi(line.http as string, 'GetItem', { ...KEY, ConsistentRead: true });
    expect(strong.output).toEqual({ Item: ITEM });
  });

  test('fails and is slow does so, and its tables can be made all the same', async () => {
    const flags = ['--error-rate', '1', '--latency', '20,10', '--seed', '7'];
    await using running = new CliProcess(['store', '--in-memory', '--http-port', '0', ...flags]);
    const line = await running.ready();
    expect((await create(line)).status).toBe(200);
    expect([500, 503]).toContain((await put(line)).status);
    running.kill('SIGTERM');
    expect((await running.exit()).code).toBe(0);
  });

  test('lags for longer than the accelerator in front of it remembers changes says so', async () => {
    await using running = new CliProcess([...IN_MEMORY, '--no-demo', '--index-lag', '10s']);
    await running.told('--mutation-log has to be longer than the lags');
  });

  test('throttles does so behind an accelerator too', async () => {
    const ports = ['--http-port', '0', '--admin-port', 'off'];
    await using running = new CliProcess(['serve', '--in-memory', '--no-demo', ...ports, '--throttle', '1']);
    const line = await running.ready();
    await create(line);
    // One a second: twenty at once would have to take twenty seconds to pass.
    const answers = await Promise.all(Array.from({ length: 20 }, () => put(line)));
    expect(answers.map(({ status }) => status)).toContain(200);
    const refused = answers.find(({ status }) => status === 400);
    expect(refused?.output['__type']).toContain('#ProvisionedThroughputExceededException');
  });
});

describe('a refusal is one line on stderr and an exit code:', () => {
  const oneLine = (stderr: string) => expect(stderr.trimEnd().split('\n')).toHaveLength(1);

  test('a port that is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const port = String((taken.address() as AddressInfo).port);
    try {
      const { code, stdout, stderr } = await runCli([
        'serve',
        '--in-memory',
        '--http-port',
        port,
        '--admin-port',
        'off',
      ]);
      expect([code, stdout]).toEqual([3, '']);
      expect(stderr).toContain(`--http-port ${port}: another process listens on 127.0.0.1:${port}`);
      oneLine(stderr);
    } finally {
      taken.close();
    }
  });

  test('an option with a value that is not allowed, by flag and by variable', async () => {
    const flag = await runCli(['serve', '--http-port', '70000']);
    expect([flag.code, flag.stdout]).toEqual([2, '']);
    expect(flag.stderr).toBe(
      "slipstream: --http-port: '70000' is not allowed; allowed: 0 (a free port) to 65535, or off\n",
    );
    const variable = await runCli(['serve'], { SLIPSTREAM_ON_FEED_LOSS: 'panic' });
    expect(variable.code).toBe(2);
    expect(variable.stderr).toBe("slipstream: SLIPSTREAM_ON_FEED_LOSS: 'panic' is not allowed; allowed: pass, ttl\n");
  });

  test('an option or a command that there is not', async () => {
    const option = await runCli(['serve', '--http-prot', '1']);
    expect([option.code, option.stderr]).toEqual([2, expect.stringContaining("'--http-prot'")]);
    oneLine(option.stderr);
    const command = await runCli(['server']);
    expect([command.code, command.stderr]).toEqual([2, expect.stringContaining("'server'")]);
    oneLine(command.stderr);
  });

  test("a flag in DynamoDB Local's spelling that there is not, and a fault of a store that is not ours", async () => {
    const flag = await runCli(['store', '-inMemroy']);
    expect([flag.code, flag.stderr]).toEqual([2, "slipstream: unknown option '-inMemroy'\n"]);
    const fault = await runCli(['serve', '--backing', 'http://127.0.0.1:1', '--index-lag', '1s']);
    expect([fault.code, fault.stderr]).toEqual([
      2,
      'slipstream: --index-lag: only the embedded store does that; --backing is http://127.0.0.1:1\n',
    ]);
  });

  test('a backing store that cannot be reached', async () => {
    const url = await deadAddress();
    const { code, stdout, stderr } = await runCli([
      'serve',
      '--backing',
      url,
      '--http-port',
      '0',
      '--admin-port',
      'off',
    ]);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain(`--backing ${url}`);
    oneLine(stderr);
  });

  test('a backing store that is the proxy itself', async () => {
    const { code, stderr } = await runCli(['serve', '--backing', 'http://localhost:18000', '--http-port', '18000']);
    expect(code).toBe(2);
    expect(stderr).toContain("--backing http://localhost:18000 is this proxy's own address");
    oneLine(stderr);
  });

  test('a data directory that another process holds', async () => {
    using folder = new TempFolder();
    const args = ['store', '--data', folder.path, '--http-port', '0'];
    await using first = new CliProcess(args);
    await first.ready();
    const { code, stdout, stderr } = await runCli(args);
    expect([code, stdout]).toEqual([5, '']);
    expect(stderr).toContain(folder.path);
    oneLine(stderr);
  });

  test('no proxy to ask', async () => {
    const url = await deadAddress();
    const { code, stderr } = await runCli(['health', '--admin-url', url]);
    expect(code).toBe(1);
    expect(stderr).toContain(`no proxy answers at ${url}`);
    oneLine(stderr);
  });
});
