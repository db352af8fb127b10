/** Who may call, by which way, and how a door goes and comes again without a client that waits for ever. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { authoriseSigned, authoriseSignedConnections } from '../../src/proxy/authorise.ts';
import type { SignedCallers } from '../../src/proxy/authorise.ts';
import { addressBytes, resolveAdvertised } from '../../src/proxy/dax-advertise.ts';
import { openStore } from '../../src/store/embedded-store.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';
import { CborReader } from '../../src/wire/dax/cbor-reader.ts';
import {
  atEnd,
  closeAll,
  credentials,
  openDax,
  openProxy,
  openRig,
  openV1,
  tables,
  temporaryFolder,
  type Rig,
} from './dax-rig.ts';
import { endpointsRequest, hello, RawClient } from './raw-client.ts';

afterEach(closeAll);

const Key = { pk: { S: 'a' } };
const get = { TableName: 'hash', Key };

describe('callers that must be signed', () => {
  const callers: SignedCallers = { credentialsOf: (id) => (id === credentials.accessKeyId ? credentials : undefined) };
  const signed = { authorise: authoriseSigned(callers), authoriseConnection: authoriseSignedConnections(callers) };

  it('are let in with the right credentials, by versions 3 and 1', async () => {
    const rig = await openRig(signed);
    expect(await openDax({ endpoint: rig.dax }).getItem(get)).toEqual({});
    expect(await openV1({ endpoint: rig.dax }).getItem(get).promise()).toEqual({});
  });

  it.each([
    ['a key that nobody knows', { ...credentials, accessKeyId: 'AKIDNOBODY' }, 'UnrecognizedClientException'],
    ['a wrong secret', { ...credentials, secretAccessKey: 'another' }, 'InvalidSignatureException'],
    ['a token that does not belong there', { ...credentials, sessionToken: 'token' }, 'UnrecognizedClientException'],
  ])('are told what is wrong with %s, at once', async (_what, wrong, code) => {
    const rig = await openRig(signed);
    const client = openDax({ endpoint: rig.dax, credentials: wrong });
    await expect(client.getItem(get)).rejects.toMatchObject({ code, statusCode: 400 });
  });

  it('are asked for a signature when they send none, and may ask for the nodes all the same', async () => {
    const rig = await openRig(signed);
    const client = await RawClient.connect(rig.dax);
    atEnd(() => client.close());
    client.send(hello, endpointsRequest);
    expect((await client.receive(2)).toString('hex')).toBe('8081');
    client.send(Buffer.from('013a2c43e27e4468617368', 'hex'));
    client.socket.end();
    expect((await client.ended()).toString('latin1')).toContain('MissingAuthenticationTokenException');
  });

  it('authenticate again when their signature is too old, and notice nothing', async () => {
    const clock = new VirtualClock({ startMs: Date.now() });
    const rig = await openRig({
      authoriseConnection: authoriseSignedConnections(callers),
      daxLimits: { authorizationMs: 1 },
      clock,
    });
    const client = openDax({ endpoint: rig.dax });
    expect(await client.getItem(get)).toEqual({});
    await clock.advance(100);
    expect(await client.getItem(get)).toEqual({});
  });

  it('are not let in by one door because the other forgot to ask', async () => {
    await expect(openRig({ authorise: signed.authorise })).rejects.toMatchObject({ code: 'SLIPSTREAM_BAD_OPTION' });
  });
});

describe('over TLS', () => {
  function selfSigned(): { readonly cert: Buffer; readonly key: Buffer; readonly path: string } {
    const folder = temporaryFolder();
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', [...args, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    return { cert: readFileSync(cert), key: readFileSync(key), path: cert };
  }

  it('the same protocol is spoken, and the nodes are told with the port of TLS', async () => {
    const { cert, key } = selfSigned();
    const rig = await openRig({ daxTls: { cert, key } });
    const { port } = new URL(rig.daxs as string);
    const socket = connectTls({ host: '127.0.0.1', port: Number(port), ca: cert });
    atEnd(() => socket.destroy());
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    socket.write(Buffer.concat([hello, endpointsRequest]));
    const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    expect(endpointOf(answer)).toMatchObject({ address: '7f000001', port: Number(port) });
  });

  it('the unmodified client reads and writes where it trusts the certificate', async () => {
    const { cert, key, path } = selfSigned();
    const rig = await openRig({ daxTls: { cert, key } });
    // The client takes no certificate of its own: a process is told of one by NODE_EXTRA_CA_CERTS when it starts.
    const script = `
      const { Dax } = require('@amazon-dax-sdk/client-dax');
      const client = new Dax({ endpoint: '${rig.daxs}', region: 'us-east-1', credentials: ${JSON.stringify(credentials)} });
      client.putItem({ TableName: 'hash', Item: { pk: { S: 'over TLS' } } })
        .then(() => client.getItem({ TableName: 'hash', Key: { pk: { S: 'over TLS' } } }))
        .then((answer) => { process.stdout.write(JSON.stringify(answer)); process.exit(0); })
        .catch((error) => { process.stderr.write(String(error.stack)); process.exit(1); });`;
    const child = spawn(process.execPath, ['-e', script], { env: { ...process.env, NODE_EXTRA_CA_CERTS: path } });
    const output = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, out: output.out, err: code === 0 ? '' : output.err }).toEqual({
      code: 0,
      out: '{"Item":{"pk":{"S":"over TLS"}}}',
      err: '',
    });
  });

  it('a certificate that is none is told with the options to change', async () => {
    await expect(openRig({ daxTls: { cert: 'no PEM', key: 'no PEM' } })).rejects.toMatchObject({
      code: 'SLIPSTREAM_BAD_OPTION',
      message: expect.stringContaining('--dax-tls-cert') as string,
    });
  });
});

/** The one node of an answer to `endpoints`. */
function endpointOf(answer: Buffer): Record<string, unknown> {
  const reader = new CborReader(answer);
  reader.arrayOf(0);
  reader.arrayOf(1);
  const node: Record<string, unknown> = {};
  reader.eachEntry(() => {
    const field = reader.smallInteger();
    if (field === 1) node['hostname'] = reader.text();
    else if (field === 2) node['address'] = reader.bytes().toString('hex');
    else if (field === 3) node['port'] = reader.smallInteger();
    else if (field === 5) node['zone'] = reader.text();
    else node[String(field)] = reader.smallInteger();
  });
  return node;
}

describe('the address that clients are told', () => {
  it('is the one that they came in by, or what --dax-advertise says', async () => {
    const ask = async (rig: Pick<Rig, 'dax'>) => {
      const client = await RawClient.connect(rig.dax);
      client.send(hello, endpointsRequest);
      client.socket.end();
      return endpointOf(await client.ended());
    };
    const plain = await openRig({ region: 'eu-west-1' });
    const own = Number(new URL(plain.dax).port);
    expect(await ask(plain)).toMatchObject({
      hostname: '127.0.0.1',
      address: '7f000001',
      port: own,
      zone: 'eu-west-1a',
    });
    const advertising = await openRig({ daxAdvertise: '10.1.2.3:9999' });
    expect(await ask(advertising)).toMatchObject({ hostname: '10.1.2.3', address: '0a010203', port: 9999 });
  });

  it.each([
    ['localhost:8111', { hostname: 'localhost', port: 8111 }],
    ['[2001:db8::1]:8111', { hostname: '2001:db8::1', port: 8111 }],
    ['2001:db8::1', { hostname: '2001:db8::1', port: undefined }],
  ])('may be %s', async (text, told) => {
    expect(await resolveAdvertised(text)).toMatchObject(told);
  });

  it.each(['', 'host:0', 'host:70000', 'host:port'])('may not be %j', async (text) => {
    await expect(resolveAdvertised(text)).rejects.toMatchObject({ code: 'SLIPSTREAM_BAD_OPTION' });
  });

  it.each([
    ['127.0.0.1', '7f000001'],
    ['::ffff:10.0.0.1', '0a000001'],
    ['::1', '00000000000000000000000000000001'],
    ['2001:db8::ff00:42:8329', '20010db8000000000000ff0000428329'],
    ['fe80::1%lo', 'fe800000000000000000000000000001'],
  ])('%s has the bytes %s', (address, hex) => {
    expect(Buffer.from(addressBytes(address)).toString('hex')).toBe(hex);
  });
});

describe('a restart', () => {
  it('hangs no client and loses no write that was acknowledged', { timeout: 60_000 }, async () => {
    const store = await openStore({ inMemory: true });
    atEnd(() => store.close());
    for (const table of tables) await store.send(ServiceRequest.fromInput('CreateTable', table));
    const daxListFile = join(temporaryFolder(), 'lists');
    const first = await openProxy(store, { daxListFile });
    const client = openDax({ endpoint: first.dax, maxRetries: 5 });
    // This one has connections that stand idle all the time.
    const idle = openDax({ endpoint: first.dax });
    const askIdly = () => Promise.all(Array.from({ length: 4 }, () => idle.getItem(get)));
    await askIdly();
    const acknowledged = new Map<string, number>();
    let isOver = false;
    const callers = Array.from({ length: 8 }, async (_, caller) => {
      for (let turn = 0; !isOver; turn++) {
        const pk = `caller ${caller}`;
        try {
          await client.putItem({ TableName: 'hash', Item: { pk: { S: pk }, turn: { N: String(turn) } } });
          acknowledged.set(pk, turn);
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    });
    const until = async (holds: () => boolean) => {
      while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await until(() => acknowledged.size === 8);
    await first.proxy.close();
    await first.accelerator.close();
    const second = await openProxy(store, { daxListFile, daxPort: Number(new URL(first.dax).port) });
    const before = new Map(acknowledged);
    await until(() => [...acknowledged].every(([pk, turn]) => turn > (before.get(pk) as number) + 3));
    isOver = true;
    // Every caller comes to its end: none waits on a connection that is dead.
    await Promise.all(callers);
    expect(await askIdly()).toHaveLength(4);
    const fresh = openDax({ endpoint: second.dax });
    for (const [pk, turn] of acknowledged) {
      const { Item } = await fresh.getItem({ TableName: 'hash', Key: { pk: { S: pk } } });
      expect(Number(Item?.['turn']?.N)).toBeGreaterThanOrEqual(turn);
    }
  });
});

describe('attribute lists', () => {
  it('that a client defined are known after a restart, and have the same numbers without a file', async () => {
    const daxListFile = join(temporaryFolder(), 'lists');
    const define = Buffer.from('013a495927bb816176', 'hex');
    const name = Buffer.from('011a27f9bd711b000f3706970e6948', 'hex');
    const ask = async (rig: Pick<Rig, 'dax'>, request: Buffer, length: number) => {
      const client = await RawClient.connect(rig.dax);
      client.send(hello, request);
      const answer = await client.receive(length);
      client.close();
      return answer.toString('hex');
    };
    const first = await openRig({ daxListFile });
    expect(await ask(first, define, 10)).toBe('801b000f3706970e6948');
    await first.proxy.close();
    expect(await ask(await openRig({ daxListFile }), name, 4)).toBe('80816176');
    const without = await openRig();
    expect(await ask(without, name, 2)).not.toBe('8081');
    expect(await ask(without, define, 10)).toBe('801b000f3706970e6948');
  });
});
