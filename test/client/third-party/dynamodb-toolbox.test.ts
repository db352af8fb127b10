/** Goal: dynamodb-toolbox runs on our document client, unmodified, and hits. */
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  $add,
  BatchGetCommand,
  BatchGetRequest,
  DeleteItemCommand,
  Entity,
  executeBatchGet,
  executeTransactWrite,
  GetItemCommand,
  item,
  number,
  PutItemCommand,
  PutTransaction,
  QueryCommand,
  set,
  string,
  Table,
  UpdateItemCommand,
  UpdateTransaction,
} from 'dynamodb-toolbox';
import { DynamoDBDocumentClient as OurDocumentClient } from '../../../src/client/lib-dynamodb.ts';
import { createSingleTable, sameOnOurs, type Program } from './same-on-ours.ts';

const program =
  (documents: typeof DynamoDBDocumentClient): Program =>
  async (client) => {
    await createSingleTable(client, 'Toolbox');
    const shop = new Table({
      documentClient: documents.from(client),
      name: 'Toolbox',
      partitionKey: { name: 'pk', type: 'string' },
      sortKey: { name: 'sk', type: 'string' },
      indexes: {
        gsi1: {
          type: 'global',
          partitionKey: { name: 'gsi1pk', type: 'string' },
          sortKey: { name: 'gsi1sk', type: 'string' },
        },
      },
    });
    const orders = new Entity({
      name: 'Order',
      table: shop,
      timestamps: false,
      schema: item({
        customer: string().key().savedAs('pk'),
        order: string().key().savedAs('sk'),
        state: string().savedAs('gsi1pk').default('new'),
        due: string().savedAs('gsi1sk'),
        total: number().default(0),
        labels: set(string()).optional(),
      }),
    });
    const seen: unknown[] = [];

    for (const order of ['1', '2', '3', '4']) {
      await orders
        .build(PutItemCommand)
        .item({ customer: 'c', order, due: order, total: Number(order) })
        .send();
    }
    const read = async () => {
      seen.push((await orders.build(GetItemCommand).key({ customer: 'c', order: '1' }).send()).Item);
      seen.push((await orders.build(GetItemCommand).key({ customer: 'c', order: 'none' }).send()).Item);
      const requests = ['2', '3'].map((order) => orders.build(BatchGetRequest).key({ customer: 'c', order }));
      const { Responses } = await executeBatchGet(shop.build(BatchGetCommand).requests(...requests));
      seen.push(Responses?.[0]);
      const query = shop.build(QueryCommand).entities(orders);
      let after: Record<string, unknown> | undefined;
      do {
        const page = await query
          .query({ partition: 'c' })
          .options({ limit: 3, ...(after !== undefined && { exclusiveStartKey: after }) })
          .send();
        seen.push(page.Items);
        after = page.LastEvaluatedKey;
      } while (after !== undefined);
      seen.push((await query.query({ index: 'gsi1', partition: 'new', range: { gte: '2' } }).send()).Items);
    };
    await read();
    await read();

    const update = orders
      .build(UpdateItemCommand)
      .item({ customer: 'c', order: '1', total: $add(5), labels: new Set(['gift']) })
      .options({ returnValues: 'ALL_NEW' });
    seen.push((await update.send()).Attributes);
    await orders.build(DeleteItemCommand).key({ customer: 'c', order: '4' }).send();
    const refused = orders
      .build(PutItemCommand)
      .item({ customer: 'c', order: '1', due: '1' })
      .options({ condition: { attr: 'order', exists: false } })
      .send();
    seen.push(await refused.catch((error: unknown) => (error as Error).name));
    await read();
    await executeTransactWrite(
      orders.build(PutTransaction).item({ customer: 'c', order: '5', due: '5' }),
      orders.build(UpdateTransaction).item({ customer: 'c', order: '2', state: 'paid' }),
    );
    await read();
    await read();
    return { seen, read };
  };

sameOnOurs('dynamodb-toolbox on our document client', program(OurDocumentClient), { item: 19, query: 4 });
sameOnOurs('dynamodb-toolbox on the library’s document client', program(DynamoDBDocumentClient), {
  item: 19,
  query: 4,
});
