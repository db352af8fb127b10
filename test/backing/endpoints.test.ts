import { describe, expect, test } from 'vitest';
import { endpointsOf } from '../../src/backing/endpoints.ts';

describe('what an address says', () => {
  test.each([
    ['https://dynamodb.eu-west-1.amazonaws.com', 'eu-west-1', 'https://streams.dynamodb.eu-west-1.amazonaws.com/'],
    [
      'https://dynamodb.cn-north-1.amazonaws.com.cn',
      'cn-north-1',
      'https://streams.dynamodb.cn-north-1.amazonaws.com.cn/',
    ],
    [
      'https://123456789012.ddb.us-gov-west-1.amazonaws.com',
      'us-gov-west-1',
      'https://streams.dynamodb.us-gov-west-1.amazonaws.com/',
    ],
  ])('%s is of region %s and has its Streams at %s', (url, region, streams) => {
    const endpoints = endpointsOf({ url }, {});
    expect(endpoints).toMatchObject({ region, aws: true });
    expect(endpoints.streams.href).toBe(streams);
  });

  test('a private endpoint of a VPC tells its region, not its Streams', () => {
    const url = 'https://vpce-1.dynamodb.ap-southeast-2.vpce.amazonaws.com/';
    const endpoints = endpointsOf({ url }, {});
    expect(endpoints).toMatchObject({ region: 'ap-southeast-2', aws: true });
    expect(endpoints.streams.href).toBe(url);
    expect(endpointsOf({ url, streamsUrl: 'https://streams.test' }, {}).streams.href).toBe('https://streams.test/');
  });

  test('any other host has its Streams at the same address and its region from the environment', () => {
    const url = 'http://127.0.0.1:8000/';
    expect(endpointsOf({ url }, { AWS_REGION: 'eu-north-1' })).toMatchObject({ region: 'eu-north-1', aws: false });
    expect(endpointsOf({ url }, {})).toMatchObject({ region: 'us-east-1' });
    expect(endpointsOf({ url, region: 'sa-east-1' }, { AWS_REGION: 'eu-north-1' }).region).toBe('sa-east-1');
    expect(endpointsOf({ url }, {}).streams.href).toBe(url);
  });

  test('an address that is none is refused', () => {
    for (const url of ['127.0.0.1:8000', 'localhost', '', 'ftp://store.test']) {
      expect(() => endpointsOf({ url }, {})).toThrow(expect.objectContaining({ code: 'SLIPSTREAM_BAD_OPTION' }));
    }
  });
});
