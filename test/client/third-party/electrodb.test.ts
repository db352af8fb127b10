/** Goal: ElectroDB runs on our client, unmodified, and hits. It makes a document client of the unswapped library itself. */
import { Entity, Service } from 'electrodb';
import { createSingleTable, sameOnOurs, type Program } from './same-on-ours.ts';

const table = 'Electro';

const schema = {
  model: { entity: 'task', version: '1', service: 'board' },
  attributes: {
    project: { type: 'string', required: true },
    task: { type: 'string', required: true },
    status: { type: ['open', 'done'] as const, required: true, default: 'open' },
    points: { type: 'number', default: 0 },
    tags: { type: 'set', items: 'string' },
  },
  indexes: {
    tasks: { pk: { field: 'pk', composite: ['project'] }, sk: { field: 'sk', composite: ['task'] } },
    byStatus: {
      index: 'gsi1',
      pk: { field: 'gsi1pk', composite: ['status'] },
      sk: { field: 'gsi1sk', composite: ['project', 'task'] },
    },
  },
} as const;

const program: Program = async (client) => {
  await createSingleTable(client, table);
  const tasks = new Entity(schema, { client, table });
  const board = new Service({ tasks }, { client, table });
  const seen: unknown[] = [];

  seen.push(await tasks.put({ project: 'p', task: '1', points: 3, tags: ['a', 'b'] }).go());
  seen.push(await tasks.put(['2', '3', '4', '5'].map((task) => ({ project: 'p', task, points: Number(task) }))).go());
  const read = async () => {
    seen.push((await tasks.get({ project: 'p', task: '1' }).go()).data);
    seen.push((await tasks.get(['2', '3', 'none'].map((task) => ({ project: 'p', task }))).go()).data.toSorted(byTask));
    let cursor: string | null = null;
    do {
      const page: { data: unknown; cursor: string | null } = await tasks.query
        .tasks({ project: 'p' })
        .where(({ points }, { gt }) => gt(points, 2))
        .go({ limit: 2, cursor });
      seen.push(page.data);
      cursor = page.cursor;
    } while (cursor !== null);
    seen.push((await tasks.query.byStatus({ status: 'open' }).go({ pages: 'all' })).data);
  };
  await read();
  await read();

  seen.push(
    await tasks
      .update({ project: 'p', task: '1' })
      .add({ points: 10 })
      .delete({ tags: ['a'] })
      .go(),
  );
  seen.push(await tasks.patch({ project: 'p', task: '2' }).set({ status: 'done' }).go({ response: 'all_new' }));
  await read();
  const refused = tasks.create({ project: 'p', task: '1' }).go();
  seen.push(await refused.catch((error: unknown) => (error as Error).message));

  const transfer = board.transaction.write(({ tasks: each }) => [
    each.update({ project: 'p', task: '3' }).set({ status: 'done' }).commit(),
    each.create({ project: 'p', task: '6' }).commit(),
    each.remove({ project: 'p', task: '5' }).commit(),
  ]);
  seen.push(await transfer.go());
  await read();
  await read();
  return { seen, read };
};

const byTask = (one: { task: string }, other: { task: string }) => one.task.localeCompare(other.task);

sameOnOurs('ElectroDB', program, { item: 19, query: 9 });
