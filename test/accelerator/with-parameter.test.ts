import { expect, test } from 'vitest';
import { withParameter } from '../../src/accelerator/with-parameter.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';

const fromText = (text: string) => ServiceRequest.fromBody('PutItem', Buffer.from(text), 'Api_1');

test.each([
  '{"TableName":"t","Item":{"pk":{"S":"a"}}}',
  ' \r\n\t{ "TableName" : "t", "Item":{"pk":{"S":"{\\"ReturnValues\\":1}"},"größe":{"S":"日本 🎬"}}}\n',
  '{"TableName":"t","ReturnValues":"NONE"}',
  '{"TableName":"t","ReturnValues":"NONE","\\u0052eturnValues":"NONE"}',
  '{"ReturnValues":null,"TableName":"t"}',
  `{"TableName":"t","Item":{"pk":{"S":"${'x'.repeat(70_000)}"}}}`,
])('the call is the same but for the parameter: %.60s', (text) => {
  for (const value of ['ALL_OLD', true]) {
    const changed = withParameter(fromText(text), 'ReturnValues', value);
    expect(JSON.parse(changed.body.toString('utf8'))).toEqual({ ...JSON.parse(text), ReturnValues: value });
    expect(changed.input).toEqual({ ...JSON.parse(text), ReturnValues: value });
    expect(changed.target).toBe('Api_1.PutItem');
  }
});

test('bytes that say nothing of the parameter stay as they came', () => {
  const text = '{ "TableName":"t", "N":{"N":"1.50"} }';
  const changed = withParameter(fromText(text), 'ConsistentRead', true);
  expect(changed.body.toString()).toBe(`{"ConsistentRead":true,${text.slice(1)}`);
});

test('a call that never had bytes keeps what its caller’s store speaks', () => {
  const native = {};
  const request = ServiceRequest.fromInput('PutItem', { TableName: 't' }, { native });
  const changed = withParameter(request, 'ReturnValues', 'ALL_OLD');
  expect(changed.native).toBe(native);
  expect(changed.input).toEqual({ TableName: 't', ReturnValues: 'ALL_OLD' });
});
