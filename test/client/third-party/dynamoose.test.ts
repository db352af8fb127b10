/** Goal: dynamoose runs on our aggregated client, unmodified, and hits. It creates its table and waits for it by itself. */
import dynamoose from 'dynamoose';
import { sameOnOurs, type Program } from './same-on-ours.ts';

/** What dynamoose puts around an attribute is of no concern: only what was stored is compared. */
const plain = (answer: unknown): unknown => JSON.parse(JSON.stringify(answer ?? null));

const program: Program = async (client) => {
  dynamoose.aws.ddb.set(client);
  const users = dynamoose.model(
    'User',
    new dynamoose.Schema({
      team: { type: String, hashKey: true },
      id: { type: String, rangeKey: true },
      name: { type: String, index: { name: 'byName', type: 'global' } },
      age: Number,
      joined: Date,
      skills: { type: Array, schema: [String] },
    }),
  );
  const table = new dynamoose.Table('Users', [users], {
    initialize: false,
    throughput: 'ON_DEMAND',
    streamOptions: { enabled: true, type: 'NEW_AND_OLD_IMAGES' as never },
    waitForActive: { enabled: true, check: { timeout: 20_000, frequency: 10 } },
  });
  await table.initialize();
  const seen: unknown[] = [];

  await users.create({ team: 't', id: '1', name: 'Ada', age: 36, joined: new Date(0), skills: ['maths', 'poetry'] });
  await users.batchPut(['2', '3', '4'].map((id) => ({ team: 't', id, name: `Number ${id}`, age: Number(id) })));
  const read = async () => {
    // It knows one client at a time.
    dynamoose.aws.ddb.set(client);
    seen.push(plain(await users.get({ team: 't', id: '1' })));
    seen.push(plain(await users.get({ team: 't', id: 'none' })));
    const batch = await users.batchGet(['2', '3', 'none'].map((id) => ({ team: 't', id })));
    seen.push(plain(batch.toSorted((one, other) => String(one['id']).localeCompare(String(other['id'])))));
    let page = await users.query('team').eq('t').limit(2).exec();
    seen.push(plain(page));
    while (page.lastKey !== undefined) {
      page = await users.query('team').eq('t').limit(2).startAt(page.lastKey).exec();
      seen.push(plain(page));
    }
    seen.push(plain(await users.query('name').eq('Ada').using('byName').exec()));
    seen.push((await users.scan('age').gt(2).all().exec()).count);
  };
  await read();
  await read();

  seen.push(plain(await users.update({ team: 't', id: '1' }, { $ADD: { age: 1 }, $SET: { name: 'Ada L.' } })));
  const second = await users.get({ team: 't', id: '2' });
  await Object.assign(second as { save(): Promise<unknown> }, { age: 50 }).save();
  await users.delete({ team: 't', id: '4' });
  const refused = users.create({ team: 't', id: '1', name: 'Somebody else' });
  seen.push(await refused.catch((error: unknown) => (error as Error).name));
  await read();
  await dynamoose.transaction([
    users.transaction.update({ team: 't', id: '2' }, { name: 'Bob' }),
    users.transaction.create({ team: 't', id: '5', name: 'Eve' }),
    users.transaction.delete({ team: 't', id: '3' }),
  ]);
  await read();
  await read();
  return { seen, read };
};

sameOnOurs('dynamoose', program, { item: 25, query: 7 });
