/**
 * The process that the crash test kills: writes to a store without a pause and prints, for each acknowledged write, a line
 * that says what must be found afterwards. Arguments: data directory, number of the first write, durability.
 */
import { openStore, type StoreOptions } from '../../src/store/embedded-store.ts';
import { ServiceRequest, type JsonObject } from '../../src/model/service-call.ts';

const WRITERS = 8;
const [dataDir, firstText, durability] = process.argv.slice(2) as [string, string, 'process' | 'power'];
const options: StoreOptions = { dataDir, durability };
const store = await openStore(options);
let number = Number(firstText);

async function call(operation: string, input: JsonObject): Promise<void> {
  const reply = await store.send(ServiceRequest.fromInput(operation, input));
  if (!reply.ok) throw new Error(reply.body.toString());
}

function thing(p: string, n: number): JsonObject {
  return { p: { S: p }, n: { N: String(n) }, g: { S: `g${n % 5}` }, padding: { S: 'x'.repeat(n % 700) } };
}

async function write(): Promise<void> {
  for (;;) {
    const n = number++;
    if (n % 3 === 0) {
      // Both halves of a pair carry the same number: half a transaction would show.
      const Items = [`left-${n % 40}`, `right-${n % 40}`].map((p) => ({
        Put: { TableName: 'things', Item: thing(p, n) },
      }));
      await call('TransactWriteItems', { TransactItems: Items });
      process.stdout.write(`pair ${n}\n`);
    } else {
      await call('PutItem', { TableName: 'things', Item: thing(`one-${n}`, n) });
      process.stdout.write(`one ${n}\n`);
    }
  }
}

process.stdout.write('ready\n');
await Promise.all(Array.from({ length: WRITERS }, write));
