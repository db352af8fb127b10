/**
 * Measures the staleness that is promised to be bounded: a sample of the hits is compared with what the store answers to a
 * strong read. A difference that a mutation in flight explains is not counted; any other is a write that the feed has not
 * told yet, and it is counted by how long that takes.
 */
import { sameItem, type Item } from '../model/attribute-value.ts';
import type { JsonObject, ServiceReply, ServiceRequest } from '../model/service-call.ts';
import { planOrPass } from './parameters.ts';
import type { Parts } from './parts.ts';
import { planPage } from './plan-page.ts';
import { planItemRead } from './read-item.ts';
import type { Table } from './table.ts';
import type { OpenTable } from './tables.ts';

/**
 * - `match`: the hit was what the store says.
 * - `explained`: it was not, and a mutation of what was read was under way or was noted while the store was asked.
 * - `under…`: it was not, and the mutation was noted within that time of the hit.
 * - `more`: it was not noted within ten seconds: a hit that the promise does not cover.
 * - `failed`: the store did not answer, so nothing is known.
 */
export type AuditOutcome = 'match' | 'explained' | 'under100Ms' | 'under1S' | 'under10S' | 'more' | 'failed';

/** Audits under way; one more hit of the sample is not looked at, so that a slow store is not asked ever more. */
const UNDER_WAY_MAX = 100;
const LOOK_AGAIN_MS = 10;
const GIVE_UP_MS = 10_000;

/** What of a hit is compared, and whether a mutation of it was noted since. */
interface Sample {
  readonly strongRequest: ServiceRequest;
  isExplained(): boolean;
  isUntouched(): boolean;
}

export class Auditor {
  readonly counts: Record<AuditOutcome, number> = {
    match: 0,
    explained: 0,
    under100Ms: 0,
    under1S: 0,
    under10S: 0,
    more: 0,
    failed: 0,
  };
  readonly #parts: Parts;
  readonly #rate: number;
  #underWay = 0;

  /** @param rate share of the hits that is looked at. */
  constructor(parts: Parts, rate: number) {
    this.#parts = parts;
    this.#rate = rate;
  }

  /** Called with each hit, before its answer goes out. */
  look(table: OpenTable, request: ServiceRequest, reply: ServiceReply): void {
    if (this.#underWay >= UNDER_WAY_MAX || this.#parts.clock.random() >= this.#rate) return;
    const sample = planOrPass(() => sampleOf(table, request));
    if (sample === undefined) return;
    this.#underWay++;
    const served = JSON.parse(reply.body.toString('utf8')) as JsonObject;
    void this.#judge(sample, served).then((outcome) => {
      this.counts[outcome]++;
      this.#underWay--;
    });
  }

  async #judge(sample: Sample, served: JsonObject): Promise<AuditOutcome> {
    const { backing, clock } = this.#parts;
    const hitMs = clock.monotonicMs();
    const wasExplained = sample.isExplained();
    try {
      const reply = await backing.send(sample.strongRequest);
      if (!reply.ok) return 'failed';
      if (sameAnswer(served, reply.output)) return 'match';
    } catch {
      return 'failed';
    }
    if (wasExplained || sample.isExplained() || !sample.isUntouched()) return 'explained';
    return new Promise((resolve) => {
      const lookAgain = () => {
        const staleMs = clock.monotonicMs() - hitMs;
        if (sample.isUntouched() && staleMs < GIVE_UP_MS) clock.after(LOOK_AGAIN_MS, lookAgain);
        else resolve(classOf(staleMs));
      };
      lookAgain();
    });
  }
}

function classOf(staleMs: number): AuditOutcome {
  if (staleMs < 100) return 'under100Ms';
  if (staleMs < 1_000) return 'under1S';
  return staleMs < GIVE_UP_MS ? 'under10S' : 'more';
}

function sampleOf(table: OpenTable, request: ServiceRequest): Sample | undefined {
  const position = table.position();
  const { ReturnConsumedCapacity: _capacity, ...input } = request.input;
  if (request.operation === 'GetItem') {
    const plan = planItemRead(table, request.input);
    return (
      plan && {
        strongRequest: request.withInput({ ...input, ConsistentRead: true }),
        isExplained: () => table.writes.has(plan.keyText),
        isUntouched: () => table.itemLeaseHolds(position, plan.keyText),
      }
    );
  }
  const plan = planPage(request.operation as 'Query' | 'Scan', table, request.input);
  return (
    plan && {
      // A global index has no strong read; what it answers now is the best there is to compare with.
      strongRequest: request.withInput({ ...input, ...(plan.index?.kind !== 'GSI' && { ConsistentRead: true }) }),
      isExplained: () => hasWritesInFlight(table),
      isUntouched: () => table.pageLeaseHolds(position, plan.indexName, plan.footprint),
    }
  );
}

function hasWritesInFlight(table: Table): boolean {
  return table.writes.size > 0;
}

function sameAnswer(served: JsonObject, fresh: JsonObject): boolean {
  const isPage = 'ScannedCount' in fresh;
  if (!isPage) return sameItem(served['Item'] as Item | undefined, fresh['Item'] as Item | undefined);
  const before = (served['Items'] ?? []) as readonly Item[];
  const after = (fresh['Items'] ?? []) as readonly Item[];
  return (
    served['Count'] === fresh['Count'] &&
    served['ScannedCount'] === fresh['ScannedCount'] &&
    sameItem(served['LastEvaluatedKey'] as Item | undefined, fresh['LastEvaluatedKey'] as Item | undefined) &&
    before.length === after.length &&
    before.every((item, place) => sameItem(item, after[place]))
  );
}
