/**
 * PartiQL. A SELECT passes through. A statement that writes drops what it may touch: the key is somewhere in its text, so
 * everything of its table becomes unreachable when it was applied or may have been (I5, I11).
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
 */
import type { JsonObject, ServiceReply, ServiceRequest } from '../model/service-call.ts';
import type { Answer, ExecuteOptions } from './answer.ts';
import { answered } from './ask-store.ts';
import { isRefusal } from './own-write.ts';
import { planOrPass } from './parameters.ts';
import type { Parts } from './parts.ts';

const SELECT = /^\s*(?:SELECT|EXISTS)\b/i;
const WRITTEN_TABLE = /^\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:"([^"]+)"|([A-Za-z0-9_.-]+))/i;

export async function writeStatement(parts: Parts, request: ServiceRequest, options: ExecuteOptions): Promise<Answer> {
  const texts = planOrPass(() => statementsOf(request)) ?? [];
  let reply: ServiceReply | undefined;
  try {
    reply = await parts.backing.send(request, { signal: options.signal });
  } finally {
    // A refused batch may have applied some of its statements only where it says so one by one, in a 200.
    if (reply === undefined || !isRefusal(reply)) for (const text of texts) dropTouched(parts, text);
  }
  return answered(reply, 'pass');
}

function statementsOf({ operation, input }: ServiceRequest): string[] {
  switch (operation) {
    case 'ExecuteStatement':
      return [input['Statement'] as string];
    case 'BatchExecuteStatement':
      return (input['Statements'] as JsonObject[]).map((statement) => statement['Statement'] as string);
    default:
      return (input['TransactStatements'] as JsonObject[]).map((statement) => statement['Statement'] as string);
  }
}

function dropTouched(parts: Parts, text: string): void {
  if (SELECT.test(text)) return;
  const match = WRITTEN_TABLE.exec(text);
  const name = match?.[1] ?? match?.[2];
  const nowMs = parts.clock.monotonicMs();
  const touched = name === undefined ? parts.tables.all() : [parts.tables.peek(name)];
  for (const table of touched) table?.reset(nowMs);
  parts.drops.write++;
}
