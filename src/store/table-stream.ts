/** Switching a table's stream on and off: the change log's streams, and what DescribeTable says of them. */
import type { JsonObject } from '../model/service-call.ts';
import type { StreamViewType } from '../model/table-schema.ts';
import type { StoreParts } from './store-parts.ts';
import type { Table } from './table.ts';

/** The caller saves the table. */
export function startStream(parts: StoreParts, table: Table, specification: JsonObject): void {
  const viewType = specification['StreamViewType'] as StreamViewType;
  const stream = parts.changeLog.begin({
    number: parts.catalog.nextNumber(),
    tableName: table.name,
    tableArn: table.description['TableArn'] as string,
    viewType,
    keySchema: table.description['KeySchema'] as JsonObject[],
  });
  table.stream = stream;
  table.redescribe({
    ...table.description,
    StreamSpecification: { StreamEnabled: true, StreamViewType: viewType },
    LatestStreamLabel: stream.label,
    LatestStreamArn: stream.arn,
  });
}

/** The label and ARN of the last stream stay in the description, as DynamoDB keeps them. The caller saves the table. */
export function stopStream(parts: StoreParts, table: Table): void {
  if (table.stream === undefined) return;
  parts.changeLog.end(table.stream);
  table.stream = undefined;
  const { StreamSpecification: _, ...description } = table.description;
  table.redescribe(description);
}
