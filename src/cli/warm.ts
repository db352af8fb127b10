/** `slipstream warm`: fills a running proxy's item cache, by reading the tables through its HTTP door. */
import { createRemoteStore } from '../backing/remote-store.ts';
import type { BackingStore } from '../backing/backing-store.ts';
import { systemClock } from '../base/clock.ts';
import { warmTable } from '../client/warm.ts';
import { ServiceRequest } from '../model/service-call.ts';
import type { JsonObject } from '../model/service-call.ts';
import { FAILED, OK } from './exit-code.ts';
import type { Options } from './option-table.ts';

/** All tables when none is named. */
export async function warm(options: Options, tables: readonly string[]): Promise<number> {
  // The door takes any credentials; a proxy of another kind than `--auth none` would need the caller's own.
  const proxy = createRemoteStore({ url: options.endpoint, region: options.region });
  try {
    const names = tables.length > 0 ? tables : await allTables(proxy);
    for (const name of names) {
      const { items } = await warmTable((operation, input) => ask(proxy, operation, input), name, {
        clock: systemClock,
      });
      process.stdout.write(`${name}: ${items} items\n`);
    }
    return OK;
  } catch (error) {
    process.stderr.write(`slipstream warm: ${error instanceof Error ? error.message : String(error)}\n`);
    return FAILED;
  } finally {
    await proxy.close();
  }
}

async function allTables(proxy: BackingStore): Promise<string[]> {
  const names: string[] = [];
  let after: unknown;
  do {
    const page = await ask(proxy, 'ListTables', after === undefined ? {} : { ExclusiveStartTableName: after });
    names.push(...(page['TableNames'] as string[]));
    after = page['LastEvaluatedTableName'];
  } while (after !== undefined);
  return names;
}

async function ask(proxy: BackingStore, operation: string, input: JsonObject): Promise<JsonObject> {
  const reply = await proxy.send(ServiceRequest.fromInput(operation, input));
  if (!reply.ok) throw new Error(`${operation} was refused: ${reply.body.toString('utf8')}`);
  return reply.output;
}
