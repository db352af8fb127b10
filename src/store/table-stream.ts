/** Switching a table's stream on and off: the change log's streams, and what DescribeTable says of them. */
import type { JsonObject } from '../model/service-call.ts';
import type { StreamViewType } from '../model/table-schema.ts';
import type { StoreParts } from './store-parts.ts';
import type { Table } from './table.ts';

/**
 * The caller saves the table.
 *
 * @param enablingMs how long the stream shows ENABLING: as long as its table shows that it is being changed. It takes
 *   records from the start.
 */
export function startStream(parts: StoreParts, table: Table, specification: JsonObject, enablingMs: number): void {
  const viewType = specification['StreamViewType'] as StreamViewType;
  const stream = parts.changeLog.begin({
    number: parts.catalog.nextNumber(),
    tableName: table.name,
    tableArn: table.description['TableArn'] as string,
    viewType,
    keySchema: table.description['KeySchema'] as JsonObject[],
    enablingMs,
  });
  table.stream = stream;
  table.redescribe({
    ...table.description,
    StreamSpecification: { StreamEnabled: true, StreamViewType: viewType },
    LatestStreamLabel: stream.row.label,
    LatestStreamArn: stream.arn,
  });
}

/**
 * The label and ARN of the last stream stay in the description, as DynamoDB keeps them. The caller saves the table.
 *
 * @param disablingMs how long the stream shows DISABLING; it takes no more records.
 */
export function stopStream(parts: StoreParts, table: Table, disablingMs: number): void {
  if (table.stream === undefined) return;
  parts.changeLog.end(table.stream, disablingMs);
  table.stream = undefined;
  const { StreamSpecification: _, ...description } = table.description;
  table.redescribe(description);
}
