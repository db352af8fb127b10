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

interface Described {
  readonly schema: TableSchema;
  atMs: number;
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
  readonly #byName = new Map<string, Described>();
  readonly #asking = new Map<string, Promise<TableSchema | ServiceReply>>();

  constructor(options: DaxTablesOptions) {
    this.#options = options;
  }

  /** The table if it is known now. */
  get(name: string): TableSchema | undefined {
    const described = this.#byName.get(name);
    if (described === undefined) return undefined;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - described.atMs > this.#options.ttlMs) {
      described.atMs = nowMs;
      // What the call itself meets is the caller's to know; this look is nobody's.
      this.open(name).catch(() => undefined);
    }
    return described.schema;
  }

  /** The table's description, or what the store answers instead. */
  open(name: string): Promise<TableSchema | ServiceReply> {
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
    for (const name of names) this.#byName.delete(name);
  }

  async #describe(name: string): Promise<TableSchema | ServiceReply> {
    const { dispatch, clock, tablesMax } = this.#options;
    const answer: Answer = await dispatch(ServiceRequest.fromInput('DescribeTable', { TableName: name }), {});
    const { reply } = answer;
    if (!reply.ok) {
      this.#byName.delete(name);
      return reply.errorName === 'ResourceNotFoundException' ? notFound() : reply;
    }
    const schema = tableSchemaOf(reply.output['Table']);
    if (this.#byName.size >= tablesMax) this.#byName.delete(this.#byName.keys().next().value as string);
    this.#byName.set(name, { schema, atMs: clock.monotonicMs() });
    return schema;
  }
}

/** As the calls of the data plane say it; DescribeTable has words of its own. */
function notFound(): ServiceReply {
  return ServiceReply.fromError(new ServiceError('ResourceNotFoundException', 'Requested resource not found'));
}
