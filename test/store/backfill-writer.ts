/**
 * The process that dies in the middle of a backfill: adds an index, prints how UpdateTable describes it, and is killed. Arguments: data
 * directory, the input of UpdateTable.
 */
import { writeSync } from 'node:fs';
import type { JsonObject } from '../../src/model/service-call.ts';
import { openStore } from '../../src/store/embedded-store.ts';
import { call } from './store-calls.ts';

const [dataDir, input] = process.argv.slice(2) as [string, string];
const store = await openStore({ dataDir });
const { TableDescription } = await call(store, 'UpdateTable', JSON.parse(input) as JsonObject);
writeSync(process.stdout.fd, `${JSON.stringify(TableDescription.GlobalSecondaryIndexes)}\n`);
// By its own hand and at once: a backfill that outran a kill from outside would leave nothing to resume.
process.kill(process.pid, 'SIGKILL');
