/**
 * DescribeLimits and DescribeEndpoints: what a caller may ask of the account and of the service as a whole. The limits are
 * DynamoDB's default quotas; the store itself has none of throughput.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeLimits.html
 */
import { ServiceReply } from '../model/service-call.ts';
import type { StoreParts } from './store-parts.ts';

const LIMITS = {
  AccountMaxReadCapacityUnits: 80_000,
  AccountMaxWriteCapacityUnits: 80_000,
  TableMaxReadCapacityUnits: 40_000,
  TableMaxWriteCapacityUnits: 40_000,
} as const;

const CACHE_PERIOD_MINUTES = 1440;

export function describeLimits(): ServiceReply {
  return ServiceReply.fromOutput(LIMITS);
}

export function describeEndpoints({ endpoint }: StoreParts): ServiceReply {
  return ServiceReply.fromOutput({ Endpoints: [{ Address: endpoint, CachePeriodInMinutes: CACHE_PERIOD_MINUTES }] });
}
