/**
 * Keys of the tables that DAX calls name: without them no key can be read. A description is believed for a while and then
 * looked at again behind the back of the calls; it goes at once when a call shows that it is out of date.
 */
import type { Answer } from '../accelerator/answer.ts';
import type { Clock } from '../base/clock.ts';
import { ServiceReply, ServiceRequest } from '../model/service-call.ts';
import { ServiceError } from '../model/service-error.ts';
import { tableSchemaOf, type TableSchema } from '../model/table-schema.ts';
import type { Dispatch } from './dispatch.ts';

/** A table as it was described; another object when it is described anew. */
export class DescribedTable {
  readonly name: string;
  readonly schema: TableSchema;
  /** The list of this table: shared by all calls that name no other, so that a hit finds it where the last one did. */
  readonly alone: readonly DescribedTable[] = [this];
  /** These two are `DaxTables`' own. False when there is another description, or none. */
  isCurrent = true;
  /** When it was last looked at. */
  atMs: number;

  constructor(name: string, schema: TableSchema, atMs: number) {
    this.name = name;
    this.schema = schema;
    this.atMs = atMs;
  }
}

/** How the store says that a key has another form than the one we know. */
const OTHER_KEY = /does not match the schema|Missing the key|Type mismatch for key|starting key/;

export interface DaxTablesOptions {
  readonly dispatch: Dispatch;
  readonly clock: Clock;
  readonly ttlMs: number;
  readonly tablesMax: number;
}

export class DaxTables {
  readonly #options: DaxTablesOptions;
  readonly #byName = new Map<string, DescribedTable>();
  readonly #asking = new Map<string, Promise<DescribedTable | ServiceReply>>();

  constructor(options: DaxTablesOptions) {
    this.#options = options;
  }

  /** The table if it is known now. */
  get(name: string, nowMs: number): DescribedTable | undefined {
    const described = this.#byName.get(name);
    return described !== undefined && this.isCurrent(described, nowMs) ? described : undefined;
  }

  /** Is this still how the table is described? Says the same as `get`, without a look-up. */
  isCurrent(table: DescribedTable, nowMs: number): boolean {
    if (!table.isCurrent) return false;
    if (nowMs - table.atMs > this.#options.ttlMs) {
      table.atMs = nowMs;
      // What the call itself meets is the caller's to know; this look is nobody's.
      this.open(table.name).catch(() => undefined);
    }
    return true;
  }

  /** The table's description, or what the store answers instead. */
  open(name: string): Promise<DescribedTable | ServiceReply> {
    let asking = this.#asking.get(name);
    if (asking === undefined) {
      asking = this.#describe(name).finally(() => this.#asking.delete(name));
      this.#asking.set(name, asking);
    }
    return asking;
  }

  /** A call on these tables was refused: perhaps a table is not the one that it was. */
  noteRefusal(names: readonly string[], reply: ServiceReply): void {
    const isGone = reply.errorName === 'ResourceNotFoundException';
    if (!isGone && !(reply.errorName === 'ValidationException' && OTHER_KEY.test(String(reply.output['message'])))) {
      return;
    }
    this.forget(names);
  }

  forget(names: readonly string[]): void {
    for (const name of names) this.#drop(name);
  }

  async #describe(name: string): Promise<DescribedTable | ServiceReply> {
    const { dispatch, clock, tablesMax } = this.#options;
    const answer: Answer = await dispatch(ServiceRequest.fromInput('DescribeTable', { TableName: name }), {});
    const { reply } = answer;
    if (!reply.ok) {
      this.#drop(name);
      return reply.errorName === 'ResourceNotFoundException' ? notFound() : reply;
    }
    const described = new DescribedTable(name, tableSchemaOf(reply.output['Table']), clock.monotonicMs());
    this.#drop(name);
    if (this.#byName.size >= tablesMax) this.#drop(this.#byName.keys().next().value as string);
    this.#byName.set(name, described);
    return described;
  }

  #drop(name: string): void {
    const described = this.#byName.get(name);
    if (described === undefined) return;
    described.isCurrent = false;
    this.#byName.delete(name);
  }
}

/** As the calls of the data plane say it; DescribeTable has words of its own. */
function notFound(): ServiceReply {
  return ServiceReply.fromError(new ServiceError('ResourceNotFoundException', 'Requested resource not found'));
}
