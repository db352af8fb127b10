import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/model/service-call.ts';
import { tableSchemaOf } from '../../src/model/table-schema.ts';
import { AttributeLists } from '../../src/wire/dax/attribute-lists.ts';
import { readAuthorization } from '../../src/wire/dax/authorization.ts';
import { CborReader } from '../../src/wire/dax/cbor-reader.ts';
import { CborWriter } from '../../src/wire/dax/cbor-writer.ts';
import { writeEndpoints, writeKeySchema, writeNames } from '../../src/wire/dax/control-replies.ts';
import { writeError, type DaxError } from '../../src/wire/dax/error-reply.ts';
import { FrameScanner, frameDefaults } from '../../src/wire/dax/frame-scanner.ts';
import { ItemCodec } from '../../src/wire/dax/item-codec.ts';
import { methods } from '../../src/wire/dax/methods.ts';
import { PREAMBLE_ITEMS, readPreamble } from '../../src/wire/dax/preamble.ts';
import { callVectors, cancelledReply, conditionFailedReply, endpointsReply, greeting } from './vectors.ts';

const schemas = new Map(
  [
    { TableName: 'Tbl', types: { pk: 'S' } },
    { TableName: 'HRX', types: { h: 'S', r: 'N' } },
  ].map(({ TableName, types }) => [
    TableName,
    tableSchemaOf({
      TableName,
      AttributeDefinitions: Object.entries(types).map(([AttributeName, AttributeType]) => ({
        AttributeName,
        AttributeType,
      })),
      KeySchema: Object.keys(types).map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
      TableStatus: 'ACTIVE',
    }),
  ]),
);

function newCodec(): ItemCodec {
  const lists = new AttributeLists();
  // What the client had defined when its calls were captured.
  for (const names of [['v'], ['g'], ['l', 'n', 'v']]) lists.define(names);
  return new ItemCodec(schemas, lists);
}

function written(write: (writer: CborWriter) => void): string {
  const writer = new CborWriter();
  write(writer);
  return writer.take().toString('hex');
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('captured bytes', () => {
  it.each(callVectors)('of $name are read and written to the byte', ({ request, call, output, reply }) => {
    const bytes = Buffer.from(request, 'hex');
    const reader = new CborReader(bytes);
    expect(reader.smallInteger()).toBe(1);
    const method = methods.get(reader.smallInteger());
    if (method === undefined || method.control !== undefined) throw new Error('no call of the data plane');
    const read = method.read(reader, { userAgent: 'DaxJSV3Client-3.1.0' });
    expect(reader.isAtEnd).toBe(true);
    const codec = newCodec();
    expect([read.operation, plain(read.inputOf(codec))]).toEqual(call);
    if (output === undefined) return;
    const answer = written((writer) => {
      writer.arrayHead(0);
      read.writeReply(writer, output as JsonObject, codec);
    });
    expect(answer).toBe(reply);
  });

  it('of a greeting tell who calls', () => {
    const bytes = Buffer.from(greeting, 'hex');
    const scanner = new FrameScanner({ bytesMax: 1_000, ...frameDefaults });
    scanner.begin();
    scanner.expect(PREAMBLE_ITEMS);
    expect(scanner.scan(bytes)).toBe(true);
    expect(readPreamble(new CborReader(bytes))).toEqual({ userAgent: 'DaxJSV3Client-3.1.0' });
    const reader = new CborReader(bytes, scanner.end);
    expect([reader.smallInteger(), reader.smallInteger()]).toEqual([1, 1489122155]);
    expect(readAuthorization(reader)).toEqual({
      accessKeyId: 'AKIDFAKE',
      signature: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      stringToSign: expect.stringMatching(/^AWS4-HMAC-SHA256\n20261122T064151Z\n20261122\/us-east-1\/dax\//) as string,
      sessionToken: undefined,
    });
    expect(reader.text()).toBe('DaxJSV3Client-3.1.0');
    expect([reader.smallInteger(), reader.smallInteger()]).toEqual([1, 455855874]);
  });

  it('of the nodes, of keys and of names are written', () => {
    const node = {
      nodeId: 1,
      hostname: 'localhost',
      address: Uint8Array.from([127, 0, 0, 1]),
      port: 34607,
      zone: 'local-1a',
      leaderSessionId: 42,
    };
    const success = (write: (writer: CborWriter) => void) =>
      written((writer) => {
        writer.arrayHead(0);
        write(writer);
      });
    const keyOf = (table: string) => schemas.get(table)!.key;
    expect(success((writer) => writeEndpoints(writer, [node]))).toBe(endpointsReply);
    expect(success((writer) => writeKeySchema(writer, keyOf('Tbl')))).toBe('80a162706b6153');
    expect(success((writer) => writeKeySchema(writer, keyOf('HRX')))).toBe('80a2616861536172614e');
    expect(success((writer) => writeNames(writer, ['l', 'n', 'v']))).toBe('8083616c616e6176');
    const lists = new AttributeLists();
    expect(success((writer) => writer.integer(lists.define(['v']).id))).toBe('801b000f3706970e6948');
    expect(success((writer) => writer.integer(lists.define(['g']).id))).toBe('801b001165c414e0af97');
  });

  it('of errors are written', () => {
    const failed: DaxError = {
      status: 400,
      name: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
      requestId: textAt(conditionFailedReply, 0x24),
    };
    expect(written((writer) => writeError(writer, failed, undefined))).toBe(conditionFailedReply);
    const cancelled: DaxError = {
      status: 400,
      name: 'TransactionCanceledException',
      message: 'Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed]',
      requestId: textAt(cancelledReply, 0x24),
      reasons: [
        {
          Code: 'ConditionalCheckFailed',
          Message: 'The conditional request failed',
          Item: { pk: { S: 'q' }, v: { N: '1' } },
        },
      ],
    };
    expect(written((writer) => writeError(writer, cancelled, newCodec(), ['Tbl']))).toBe(cancelledReply);
  });
});

/** The first text of that length in captured bytes: the request id, which was drawn. */
function textAt(hex: string, length: number): string {
  const bytes = Buffer.from(hex, 'hex');
  const at = bytes.indexOf(Buffer.from([0x78, length])) + 2;
  return bytes.toString('latin1', at, at + length);
}
