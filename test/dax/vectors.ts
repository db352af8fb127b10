/** Bytes that were captured between the unmodified version 3 client and a prototype of this door, in hexadecimal. */

export interface CallVector {
  readonly name: string;
  readonly request: string;
  /** What the request asks of DynamoDB. */
  readonly call: readonly [operation: string, input: object];
  /** What DynamoDB answers, and how that is sent; absent where the answer was an error. */
  readonly output?: object;
  readonly reply?: string;
}

/** `Tbl` has the partition key `pk`, `HRX` has `h` and the number `r`. */
export const callVectors: readonly CallVector[] = [
  {
    name: 'putItem',
    request: '013a7d8e7e564354626c4161521b000f3706970e6948fb3ff8000000000000bfff',
    call: ['PutItem', { TableName: 'Tbl', Item: { pk: { S: 'a' }, v: { N: '1.5' } } }],
    output: {},
    reply: '80a0',
  },
  {
    name: 'getItem',
    request: '011a0fb0cc6a4354626c4161bfff',
    call: ['GetItem', { TableName: 'Tbl', Key: { pk: { S: 'a' } } }],
    output: { Item: { pk: { S: 'a' }, v: { N: '1.5' } } },
    reply: '80a1004d1b000f3706970e6948c482200f',
  },
  {
    name: 'getItem of an item that is not there',
    request: '011a0fb0cc6a4354626c4162bfff',
    call: ['GetItem', { TableName: 'Tbl', Key: { pk: { S: 'b' } } }],
    output: {},
    reply: '80a0',
  },
  {
    name: 'getItem with the projection v, m.#x[2].y',
    request: '011a0fb0cc6a4354626c4161bf030102f50054820182821261768512616d626578d90cfc026179ff',
    call: [
      'GetItem',
      {
        TableName: 'Tbl',
        Key: { pk: { S: 'a' } },
        ConsistentRead: true,
        ReturnConsumedCapacity: 'TOTAL',
        // Of the path through a list, all of the list.
        ProjectionExpression: '#0,#1.#2',
        ExpressionAttributeNames: { '#0': 'v', '#1': 'm', '#2': 'ex' },
      },
    ],
    output: { Item: { v: { N: '1.5' } }, ConsumedCapacity: { TableName: 'Tbl', CapacityUnits: 0.5 } },
    reply: '80a200a100c482200f01506354626cfb3fe0000000000000f6f6f6',
  },
  {
    name: 'putItem with a condition',
    request:
      '013a7d8e7e564354626c41614101bf04582f83018307820c821262706b830683068300821261768211008208830082126176' +
      '821101830182126176821101820707ff',
    call: [
      'PutItem',
      {
        TableName: 'Tbl',
        Item: { pk: { S: 'a' } },
        ConditionExpression: 'attribute_not_exists(#0) OR #1=:0 AND NOT #1=:0 AND #1<>:0',
        ExpressionAttributeNames: { '#0': 'pk', '#1': 'v' },
        ExpressionAttributeValues: { ':0': { N: '7' } },
      },
    ],
  },
  {
    name: 'putItem with a number as sort key',
    request: '013a7d8e7e56434852584661703ed77fe04b1b001165c414e0af976147bfff',
    call: ['PutItem', { TableName: 'HRX', Item: { h: { S: 'p' }, r: { N: '-15e-1' }, g: { S: 'G' } } }],
    output: {},
    reply: '80a0',
  },
  {
    name: 'query',
    request: '013a3781c2ae43485258581e830183068300821261688211008409821261728211018211028361702105bf02000e000d01ff',
    call: [
      'Query',
      {
        TableName: 'HRX',
        KeyConditionExpression: '#0=:0 AND #1 BETWEEN :1 AND :2',
        ExpressionAttributeNames: { '#0': 'h', '#1': 'r' },
        ExpressionAttributeValues: { ':0': { S: 'p' }, ':1': { N: '-2' }, ':2': { N: '5' } },
        ScanIndexForward: false,
        Limit: 1,
      },
    ],
    output: {
      Items: [{ h: { S: 'p' }, r: { N: '-1.5' }, g: { S: 'G' } }],
      Count: 1,
      ScannedCount: 1,
      LastEvaluatedKey: { h: { S: 'p' }, r: { N: '-1.5' } },
    },
    reply: '80a40781824661703ed77fe04b1b001165c414e0af97614708010a01094661703ed77fe0',
  },
  {
    name: 'query of an index, which goes on',
    request: '013a3781c2ae434852584e8301830082126167821100816147bf0b436773690d01094dbf6167614761722861686170ffff',
    call: [
      'Query',
      {
        TableName: 'HRX',
        IndexName: 'gsi',
        KeyConditionExpression: '#0=:0',
        ExpressionAttributeNames: { '#0': 'g' },
        ExpressionAttributeValues: { ':0': { S: 'G' } },
        Limit: 1,
        ExclusiveStartKey: { g: { S: 'G' }, r: { N: '-9' }, h: { S: 'p' } },
      },
    ],
    output: {
      Items: [{ h: { S: 'p' }, r: { N: '-1.5' }, g: { S: 'G' } }],
      Count: 1,
      ScannedCount: 1,
      LastEvaluatedKey: { g: { S: 'G' }, r: { N: '-1.5' }, h: { S: 'p' } },
    },
    reply: '80a40781824661703ed77fe04b1b001165c414e0af97614708010a010950bf616761476172c482202e61686170ff',
  },
  {
    name: 'updateItem with UPDATED_NEW',
    request:
      '011a54f89c0f4354626c4161bf070508584983018583138212617683181983178212617682110082110183138212616c8318' +
      '1882110282110282168212617183148212616e82110183158212617382110384000180d90cf9816178ff',
    call: [
      'UpdateItem',
      {
        TableName: 'Tbl',
        Key: { pk: { S: 'a' } },
        ReturnValues: 'UPDATED_NEW',
        UpdateExpression: 'SET #0=if_not_exists(#0,:0)+:1,#1=list_append(:2,:2) REMOVE #2 ADD #3 :1 DELETE #4 :3',
        ExpressionAttributeNames: { '#0': 'v', '#1': 'l', '#2': 'q', '#3': 'n', '#4': 's' },
        ExpressionAttributeValues: { ':0': { N: '0' }, ':1': { N: '1' }, ':2': { L: [] }, ':3': { SS: ['x'] } },
      },
    ],
    output: { Attributes: { l: { L: [] }, n: { N: '1' }, v: { N: '2.5' } } },
    reply: '80a102541b0006a8c0ae011d7ca30080010102c482201819',
  },
  {
    name: 'batchGetItem',
    request: '013a29985cdba16354626c83f4f6814161bf0300ff',
    call: ['BatchGetItem', { RequestItems: { Tbl: { Keys: [{ pk: { S: 'a' } }] } }, ReturnConsumedCapacity: 'NONE' }],
    output: {
      Responses: { Tbl: [{ pk: { S: 'a' }, l: { L: [] }, n: { N: '1' }, v: { N: '2.5' } }] },
      UnprocessedKeys: {},
    },
    reply: '8082a16354626c824161501b0006a8c0ae011d7c8001c482201819a080',
  },
  {
    name: 'batchWriteItem',
    request: '011a06ed585fa16354626c84417a4a1b000f3706970e6948014179f6bfff',
    call: [
      'BatchWriteItem',
      {
        RequestItems: {
          Tbl: [
            { PutRequest: { Item: { pk: { S: 'z' }, v: { N: '1' } } } },
            { DeleteRequest: { Key: { pk: { S: 'y' } } } },
          ],
        },
      },
    ],
    output: { UnprocessedItems: {} },
    reply: '80a080a0',
  },
  {
    name: 'transactGetItems',
    request: '011a6f3d49db824354626c4354626c824161446e6f706582f6f6bf0300ff',
    call: [
      'TransactGetItems',
      {
        TransactItems: [
          { Get: { TableName: 'Tbl', Key: { pk: { S: 'a' } } } },
          { Get: { TableName: 'Tbl', Key: { pk: { S: 'nope' } } } },
        ],
        ReturnConsumedCapacity: 'NONE',
      },
    ],
    output: { Responses: [{ Item: { pk: { S: 'a' }, l: { L: [] }, n: { N: '1' }, v: { N: '2.5' } } }, {}] },
    reply: '808282501b0006a8c0ae011d7c8001c482201819f680',
  },
  {
    name: 'transactWriteItems',
    request:
      '013a4524c56982020c824354626c4354626c8241714161824a1b000f3706970e694801f6f682010182f64a8301820b821262' +
      '706b8082f6f6bf1363746f6bff',
    call: [
      'TransactWriteItems',
      {
        TransactItems: [
          { Put: { TableName: 'Tbl', Item: { pk: { S: 'q' }, v: { N: '1' } } } },
          {
            ConditionCheck: {
              TableName: 'Tbl',
              Key: { pk: { S: 'a' } },
              ConditionExpression: 'attribute_exists(#0)',
              ExpressionAttributeNames: { '#0': 'pk' },
            },
          },
        ],
        ClientRequestToken: 'tok',
      },
    ],
    output: {},
    reply: '80838080a0',
  },
  {
    name: 'transactWriteItems that shows the old item',
    request:
      '013a4524c5698102814354626c814171814a1b000f3706970e694801f68102814a8301820c821262706b8081f6bf1363746f' + '6bff',
    call: [
      'TransactWriteItems',
      {
        TransactItems: [
          {
            Put: {
              TableName: 'Tbl',
              Item: { pk: { S: 'q' }, v: { N: '1' } },
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
              ConditionExpression: 'attribute_not_exists(#0)',
              ExpressionAttributeNames: { '#0': 'pk' },
            },
          },
        ],
        ClientRequestToken: 'tok',
      },
    ],
  },
  {
    name: 'scan of a segment',
    request:
      '013a6fc8309b4354626cbf110210010f010d010a583c8301830683068306830a821261768282110082110183038210821262' +
      '706b821102830f821262706b821103830d8212617682110485010201617a614eff',
    call: [
      'Scan',
      {
        TableName: 'Tbl',
        FilterExpression: '#0 IN (:0,:1) AND size(#1)>=:0 AND contains(#1,:2) AND attribute_type(#0,:3)',
        ExpressionAttributeNames: { '#0': 'v', '#1': 'pk' },
        ExpressionAttributeValues: { ':0': { N: '1' }, ':1': { N: '2' }, ':2': { S: 'z' }, ':3': { S: 'N' } },
        Limit: 1,
        Segment: 1,
        Select: 'ALL_ATTRIBUTES',
        TotalSegments: 2,
      },
    ],
    output: { Items: [], Count: 0, ScannedCount: 1, LastEvaluatedKey: { pk: { S: 'a' } } },
    reply: '80a4078008000a01094161',
  },
];

/** First message, authorizeConnection and endpoints, as one client sends them together. */
export const greeting =
  '674a37796e6535470050f725897ddc38df3d7b051b260b217e4ea169557365724167656e74734461784a535633436c69656e' +
  '742d332e312e3000011a58c2336b68414b494446414b45784061616561363366386634623733623431336536313538366437' +
  '6336323462373337643639353365303935386665626137303034646262353036343736343432345886415753342d484d4143' +
  '2d5348413235360a3230323631313232543036343135315a0a32303236313132322f75732d656173742d312f6461782f6177' +
  '73345f726571756573740a353935626134323934666337643161376633656535393964356439363132613866616638613761' +
  '38376536373465366336626163663461646636346466666261f6734461784a535633436c69656e742d332e312e30011a1b2b' +
  'cf02';

export const endpointsReply = '8081a7000101696c6f63616c686f737402447f0000010319872f040105686c6f63616c2d316106182a';

export const conditionFailedReply =
  '8504182518261827182b781e54686520636f6e646974696f6e616c2072657175657374206661696c65648378246265653061' +
  '6336642d353937642d346563662d396431382d623235653234386233376132781f436f6e646974696f6e616c436865636b46' +
  '61696c6564457863657074696f6e190190';

export const cancelledReply =
  '8504182518261827183a78665472616e73616374696f6e2063616e63656c6c65642c20706c65617365207265666572206361' +
  '6e63656c6c6174696f6e20726561736f6e7320666f7220737065636966696320726561736f6e73205b436f6e646974696f6e' +
  '616c436865636b4661696c65645d84782433643865616564652d663136372d346533342d613237662d666539663037383166' +
  '373135781c5472616e73616374696f6e43616e63656c6564457863657074696f6e1901908376436f6e646974696f6e616c43' +
  '6865636b4661696c6564781e54686520636f6e646974696f6e616c2072657175657374206661696c65644a1b000f3706970e' +
  '694801';
